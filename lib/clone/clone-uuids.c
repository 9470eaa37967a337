/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives the filesystems and partitions of a clone UUIDs of their own, where that was asked for. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include "lib/domain/model/identity.h"
#include "lib/fs/uuid.h"
#include "lib/guest/identity.h"
#include "lib/image/table-uuids.h"

#define FILESYSTEMS "filesystem-uuid"
#define PARTITIONS "partition-uuid"

void
domuimg_clone_uuid_free (DomuimgCloneUuid *self)
{
  g_free (self->uuid);
  g_free (self->partuuid);
  g_free (self);
}

static gboolean
is_settable (const DomuimgVolume *volume)
{
  return volume->lv == NULL && volume->inside == NULL && domuimg_fs_has_settable_uuid (volume->fs);
}

/* (nullable) What stays as it is goes to @notes. */
static char *
make_uuid (const DomuimgCloneDisk *disk, const DomuimgVolume *volume, GPtrArray *notes)
{
  if (volume->uuid == NULL)
    return NULL;
  if (is_settable (volume))
    return domuimg_uuid_new_random ();
  g_ptr_array_add (notes, g_strdup_printf ("%s: its %s keeps the UUID %s: only those of ext filesystems and swap in"
                                           " plain disks and partitions can be changed",
                                           domuimg_image_get_path (disk->image),
                                           volume->fs != NULL ? volume->fs : "content", volume->uuid));
  return NULL;
}

static void
plan_disk (GPtrArray *uuids, GPtrArray *notes, const DomuimgCloneDisk *disk, guint number, GPtrArray *volumes,
           guint64 cleaners)
{
  g_autofree char *own = domuimg_uuid_new_random ();

  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);
      DomuimgCloneUuid *one = g_new0 (DomuimgCloneUuid, 1);
      g_autofree char *other = domuimg_uuid_new_random ();

      one->disk = number;
      one->volume = volume;
      if (domuimg_cleaners_has (cleaners, FILESYSTEMS))
        one->uuid = make_uuid (disk, volume, notes);
      if (domuimg_cleaners_has (cleaners, PARTITIONS) && volume->partuuid != NULL)
        one->partuuid = domuimg_table_fit_uuid (volume->partuuid, other, own);
      g_ptr_array_add (uuids, one);
    }
}

/* GRUB on the guest's own disk has the UUID of its root inside. */
static gboolean
check_loader (const DomuimgCloneDisk *disk, gboolean starts_itself, GPtrArray *notes, GError **error)
{
  const char *path = domuimg_image_get_path (disk->image);
  gboolean has = FALSE, esp = FALSE;

  if (!domuimg_image_has_boot_code (disk->image, &has, error)
      || !domuimg_image_has_esp (disk->image, &esp, error))
    return FALSE;
  if (!has && !esp)
    return TRUE;
  if (starts_itself)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: the boot loader on it may look for its root by the UUID, and would not find a new one;"
                         " leave %s out",
                         path, FILESYSTEMS);
  g_ptr_array_add (notes, g_strdup_printf ("%s: the boot loader on it may look for the old UUID; before it is started"
                                           " by a BIOS or UEFI, install that again in the guest (grub-install)",
                                           path));
  return TRUE;
}

/* Whether nothing but the first disk says what to boot. */
static gboolean
starts_itself (const DomuimgCloneSource *source)
{
  return source->domain != NULL && domuimg_domain_get_guest_type (source->domain) == DOMUIMG_GUEST_TYPE_HVM
         && domuimg_domain_get_kernel (source->domain) == NULL;
}

GPtrArray *
domuimg_clone_source_plan_uuids (const DomuimgCloneSource *self, guint64 cleaners, GPtrArray *notes, GError **error)
{
  g_autoptr (GPtrArray) uuids
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_clone_uuid_free);
  gboolean renews = domuimg_cleaners_has (cleaners, FILESYSTEMS);

  /* Where no system was found, nobody can tell what names them. */
  if ((!renews && !domuimg_cleaners_has (cleaners, PARTITIONS)) || self->mounts->len == 0)
    return g_steal_pointer (&uuids);
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgCloneDisk *disk = g_ptr_array_index (self->disks, i);
      GPtrArray *volumes = domuimg_image_list_volumes (disk->image, error);

      if (volumes == NULL || (i == 0 && renews && !check_loader (disk, starts_itself (self), notes, error)))
        return NULL;
      plan_disk (uuids, notes, disk, i, volumes, cleaners);
    }
  return g_steal_pointer (&uuids);
}

static gboolean
set_in_table (const GPtrArray *uuids, guint disk, DomuimgRegion *bytes, GError **error)
{
  g_autoptr (GHashTable) renamed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *own = domuimg_uuid_new_random ();

  for (guint i = 0; i < uuids->len; i++)
    {
      const DomuimgCloneUuid *one = g_ptr_array_index (uuids, i);

      if (one->disk == disk && one->partuuid != NULL)
        g_hash_table_insert (renamed, one->volume->partuuid, one->partuuid);
    }
  return domuimg_table_set_uuids (bytes, own, renamed, error);
}

gboolean
domuimg_clone_uuids_set (const GPtrArray *uuids, guint disk, DomuimgRegion *bytes, GError **error)
{
  for (guint i = 0; i < uuids->len; i++)
    {
      const DomuimgCloneUuid *one = g_ptr_array_index (uuids, i);
      g_autoptr (DomuimgRegion) part = NULL;

      if (one->disk != disk || one->uuid == NULL)
        continue;
      part = domuimg_region_new_part (bytes, one->volume->offset, one->volume->length);
      if (!domuimg_fs_set_uuid (part, one->volume->fs, one->uuid, error))
        return FALSE;
    }
  return set_in_table (uuids, disk, bytes, error);
}

void
domuimg_clone_uuids_tell (const GPtrArray *uuids, DomuimgCustomise *customise)
{
  for (guint i = 0; i < uuids->len; i++)
    {
      const DomuimgCloneUuid *one = g_ptr_array_index (uuids, i);

      if (one->uuid != NULL)
        domuimg_customise_add_uuid (customise, one->volume->uuid, one->uuid);
      if (one->partuuid != NULL)
        domuimg_customise_add_uuid (customise, one->volume->partuuid, one->partuuid);
    }
}

char *
domuimg_clone_uuids_apply (const GPtrArray *uuids, const char *text)
{
  g_autoptr (DomuimgCustomise) names = NULL;
  char *changed;

  if (uuids->len == 0)
    return g_strdup (text);
  names = domuimg_customise_new ();
  domuimg_clone_uuids_tell (uuids, names);
  changed = domuimg_renamed_apply (names->uuids, text);
  return changed != NULL ? changed : g_strdup (text);
}

const DomuimgCloneUuid *
domuimg_clone_uuids_find (const GPtrArray *uuids, const DomuimgVolume *volume)
{
  for (guint i = 0; i < uuids->len; i++)
    {
      const DomuimgCloneUuid *one = g_ptr_array_index (uuids, i);

      if (one->volume == volume)
        return one;
    }
  return NULL;
}
