/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the disks: their files, formats and filesystems, and the devices that they become. */
#include "config.h"
#include "lib/check/rules.h"

#include "lib/check/unlock.h"
#include "lib/check/offers.h"
#include "lib/domain/model/vdev.h"
#include "lib/import/chain/follow.h"

/* The kernel cuts a partition off at the disk's end, and refuses a filesystem that is larger than
 * what holds it; what has no filesystem there may still boot. */
static void
check_size (DomuimgMachine *self, DomuimgImage *image, const DomuimgVolume *volume,
            const char *name)
{
  guint64 size = domuimg_image_get_size (image);
  guint64 end = volume->offset + volume->length;
  guint64 there = volume->offset < size ? MIN (end, size) - volume->offset : 0;

  if (volume->lv != NULL || volume->inside != NULL || volume->fs_size <= there)
    return;
  domuimg_finding_advise (
      domuimg_machine_report (self, "image-truncated", name,
                              "%s: the filesystem of %s has %" G_GUINT64_FORMAT
                              " bytes, and only %" G_GUINT64_FORMAT " are there",
                              domuimg_image_get_path (image), name, volume->fs_size, there),
      "get the rest of the image: what is cut off is lost");
}

static void
check_volumes (DomuimgMachine *self, guint number, DomuimgDomainDisk *disk, DomuimgImage *image)
{
  g_autofree char *name = domuimg_vdev_linux_name (domuimg_domain_disk_get_vdev (disk));
  g_autoptr (GError) error = NULL;
  GPtrArray *volumes = domuimg_image_list_volumes (image, &error);

  if (volumes == NULL)
    {
      domuimg_machine_report (self, "image-unreadable", domuimg_image_get_path (image), "%s", error->message);
      return;
    }
  domuimg_check_unlock (self, name, image, volumes);
  domuimg_devices_add_volumes (self->devices, name, number, image, volumes);
  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);
      g_autofree char *own = domuimg_device_name_volume (name, volume);

      check_size (self, image, volume, own);
    }
}

static void
check_problems (DomuimgMachine *self, DomuimgImage *image)
{
  GPtrArray *problems = domuimg_image_get_problems (image);

  for (guint i = 0; i < problems->len; i++)
    domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "image-truncated",
                               domuimg_image_get_path (image), "%s",
                               (const char *) g_ptr_array_index (problems, i));
}

/* Format=raw hands the guest the bytes of the file, headers and all; any other format that the
 * file is not stops the backend. */
static gboolean
check_format (DomuimgMachine *self, DomuimgDomainDisk *disk, DomuimgImage *image)
{
  const char *said = domuimg_domain_disk_get_format (disk) ?: "raw";
  const char *found = domuimg_image_get_format (image);

  if (g_str_equal (said, found) || *said == '\0')
    return TRUE;
  domuimg_offer_disk_format (
      domuimg_machine_report (self, "config-format", said,
                              "%s is in the format %s, and the disk %s is configured as %s",
                              domuimg_image_get_path (image), found,
                              domuimg_domain_disk_get_vdev (disk), said),
      domuimg_domain_disk_get_vdev (disk), found);
  return FALSE;
}

/* It is no error of whoever has just made a guest beside: a drive may have no medium. */
static void
report_unopened (DomuimgMachine *self, DomuimgDomainDisk *disk, const GError *error)
{
  const char *target = domuimg_domain_disk_get_target (disk);

  if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    domuimg_finding_advise (domuimg_machine_report (self, "config-missing-file", target,
                                                    "the disk %s: %s does not exist",
                                                    domuimg_domain_disk_get_vdev (disk), target),
                            "put the image there, or correct the path in the configuration");
  else
    domuimg_machine_report (self, "image-unreadable", target, "%s", error->message);
}

/* (nullable) What the disk was made to lie over. */
static const char *
find_backing (DomuimgMachine *self, const char *target)
{
  GPtrArray *disks = self->manifest != NULL ? self->manifest->disks : NULL;

  for (guint i = 0; disks != NULL && i < disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (disks, i);

      if (g_strcmp0 (disk->path, target) == 0)
        return disk->base != NULL ? disk->base->path : disk->backing;
    }
  return NULL;
}

static DomuimgImage *
open_image (DomuimgMachine *self, const char *target, GError **error)
{
  g_autoptr (DomuimgImage) image
      = domuimg_image_open (domuimg_machine_where (self, target), NULL, error);

  if (image == NULL
      || !domuimg_image_follow (image, find_backing (self, target), self->allow_backing, error))
    return NULL;
  return g_steal_pointer (&image);
}

static void
check_disk (DomuimgMachine *self, guint number, DomuimgDomainDisk *disk)
{
  const char *target = domuimg_domain_disk_get_target (disk);
  g_autoptr (GError) error = NULL;
  DomuimgImage *image;
  guint findings;

  if (domuimg_domain_disk_get_cdrom (disk) && (target == NULL || *target == '\0'))
    return;
  if (target == NULL || *target != '/')
    {
      domuimg_machine_report (self, "image-unreadable", target,
                              "the disk %s is not a file or device of this host, so it was not"
                              " checked",
                              domuimg_domain_disk_get_vdev (disk));
      return;
    }
  image = open_image (self, target, &error);
  if (image == NULL)
    {
      report_unopened (self, disk, error);
      return;
    }
  g_ptr_array_add (self->opened, image);
  g_ptr_array_add (self->images, image);
  /* What the guest would make of it then is of no interest. */
  if (!check_format (self, disk, image) || domuimg_domain_disk_get_cdrom (disk))
    return;
  findings = domuimg_report_get_findings (self->report)->len;
  check_volumes (self, number, disk, image);
  /* A filesystem that is cut off explains the rest. */
  if (domuimg_report_get_findings (self->report)->len == findings)
    check_problems (self, image);
}

/* A disk that is open already, with what is on it. */
static void
check_made (DomuimgMachine *self, guint number)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->disk == number && device->image != NULL && device->volume != NULL)
        check_size (self, device->image, device->volume, device->name);
    }
}

void
domuimg_check_images (DomuimgMachine *self)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);

  for (guint i = 0; i < disks->len; i++)
    if (domuimg_machine_has_devices (self, i))
      check_made (self, i);
    else
      check_disk (self, i, g_ptr_array_index (disks, i));
  domuimg_check_unused_keys (self);
}
