/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drives of a machine that is converted beside its disks, and disks that its system may not see. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/build/plan-import.h"
#include "lib/domain/model/vdev.h"

/* QEMU emulates these IDE disks, or so many on AHCI; others are for guests with Xen's drivers. */
#define IDE_MAX 4
#define AHCI_MAX 6

void
domuimg_build_note_loss (DomuimgBuildState *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->losses, g_strdup_vprintf (format, args));
  g_ptr_array_add (self->warnings, g_strdup (g_ptr_array_index (self->losses, self->losses->len - 1)));
  va_end (args);
}

static gboolean
has_ahci (const DomuimgBuildState *self)
{
  return g_strcmp0 (domuimg_import_get_bus (self->plan->import, 0), "sata") == 0;
}

/* A Linux or BSD has Xen's drivers, or a check says that it has not. */
static void
note_unseen_disks (DomuimgBuildState *self)
{
  guint most = has_ahci (self) ? AHCI_MAX : IDE_MAX;
  g_autoptr (GString) names = g_string_new (NULL);

  if (self->system == DOMUIMG_SYSTEM_LINUX || self->system == DOMUIMG_SYSTEM_BSD)
    return;
  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      guint number, partition;
      const char *vdev = domuimg_plan_get_disk (self->plan, i)->vdev;

      if (domuimg_vdev_parse (vdev, &number, &partition) && number >= most)
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", vdev);
    }
  if (names->len > 0)
    domuimg_build_note_loss (self, "Xen emulates %u disks, and others (%s) are seen only by a guest"
                             " with Xen's PV drivers: install those before they are needed", most,
                             names->str);
}

static gboolean
is_taken (DomuimgBuildState *self, guint slot)
{
  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      guint number, partition;

      if (!has_ahci (self)
          && domuimg_vdev_parse (domuimg_plan_get_disk (self->plan, i)->vdev, &number, &partition)
          && number == slot)
        return TRUE;
    }
  return FALSE;
}

/* The place of a CD-ROM drive on the second IDE channel first, where BIOSes have one; NULL where
 * none is free. */
static const char *
take_slot (DomuimgBuildState *self, guint *used)
{
  static const struct {
    guint slot;
    const char *vdev;
  } slots[] = { { 2, "hdc" }, { 3, "hdd" }, { 1, "hdb" } };

  for (guint i = 0; i < G_N_ELEMENTS (slots); i++)
    if ((*used & 1u << i) == 0 && !is_taken (self, slots[i].slot))
      {
        *used |= 1u << i;
        return slots[i].vdev;
      }
  return NULL;
}

static void
note_drive (DomuimgBuildState *self, const DomuimgHardwareDisk *drive, const char *why)
{
  domuimg_build_note_loss (self, "a CD-ROM drive (%s) is left out: %s",
                           drive->path != NULL ? drive->path : "empty", why);
}

static void
add_drive (DomuimgBuildState *self, const DomuimgHardwareDisk *drive, const char *vdev)
{
  g_autoptr (DomuimgDomainDisk) disk = domuimg_domain_disk_new (NULL, vdev);

  domuimg_domain_disk_set_cdrom (disk, TRUE);
  domuimg_domain_disk_set_readonly (disk, TRUE);
  domuimg_domain_add_disk (self->domain, disk);
  if (drive->path != NULL)
    domuimg_build_note_loss (self, "the CD-ROM drive %s is empty, since %s is not copied with the"
                             " machine; xl cd-insert %s %s FILE puts it in", vdev, drive->path,
                             self->plan->name, vdev);
}

/* Drives stay, empty: a guest would not start without the file of one that was in it. */
static void
add_drives (DomuimgBuildState *self, const DomuimgHardware *hardware, guint *used)
{
  for (guint i = 0; i < hardware->disks->len; i++)
    {
      const DomuimgHardwareDisk *drive = g_ptr_array_index (hardware->disks, i);
      const char *vdev;

      if (!drive->is_cdrom)
        continue;
      if (self->type != DOMUIMG_GUEST_TYPE_HVM)
        {
          note_drive (self, drive, "PV and PVH guests have none");
          continue;
        }
      vdev = self->plan->archive_path == NULL ? take_slot (self, used) : NULL;
      if (vdev != NULL)
        add_drive (self, drive, vdev);
      else
        note_drive (self, drive, self->plan->archive_path == NULL
                                     ? "its disks take all places on the IDE bus"
                                     : "an XVA has hard disks only");
    }
}

/* Linux sees any disk of Xen's, and no CD-ROM drive of PV and PVH guests, who have none; what has no
 * drivers of Xen's sees drives. */
static void
add_seed (DomuimgBuildState *self, guint *used)
{
  g_autoptr (DomuimgDomainDisk) disk = NULL;
  const char *slot = NULL;

  if (self->type == DOMUIMG_GUEST_TYPE_HVM && self->system != DOMUIMG_SYSTEM_LINUX
      && self->plan->import != NULL)
    slot = take_slot (self, used);
  self->seed_vdev = slot != NULL ? slot : self->plan->seed_vdev;
  disk = domuimg_domain_disk_new (self->plan->seed_path, self->seed_vdev);
  domuimg_domain_disk_set_cdrom (disk, slot != NULL);
  domuimg_domain_disk_set_readonly (disk, TRUE);
  domuimg_domain_add_disk (self->domain, disk);
}

void
domuimg_build_add_devices (DomuimgBuildState *self)
{
  const DomuimgHardware *hardware = domuimg_plan_get_hardware (self->plan);
  guint used = 0;

  if (self->has_seed)
    add_seed (self, &used);
  if (self->plan->import == NULL)
    return;
  if (self->type == DOMUIMG_GUEST_TYPE_HVM)
    note_unseen_disks (self);
  if (hardware != NULL)
    add_drives (self, hardware, &used);
}
