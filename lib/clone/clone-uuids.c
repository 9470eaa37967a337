/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives the filesystems of a clone UUIDs of their own, where that was asked for. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include "lib/domain/model/identity.h"
#include "lib/fs/uuid.h"
#include "lib/guest/identity.h"

#define CLEANER "filesystem-uuid"

void
domuimg_clone_uuid_free (DomuimgCloneUuid *self)
{
  g_free (self->uuid);
  g_free (self);
}

static gboolean
is_settable (const DomuimgVolume *volume)
{
  return volume->lv == NULL && volume->inside == NULL && domuimg_fs_has_settable_uuid (volume->fs);
}

static void
plan_volume (GPtrArray *uuids, GPtrArray *notes, const DomuimgCloneDisk *disk, guint number,
             const DomuimgVolume *volume)
{
  DomuimgCloneUuid *uuid;

  if (volume->uuid == NULL)
    return;
  if (!is_settable (volume))
    {
      g_ptr_array_add (notes, g_strdup_printf ("%s keeps the UUID %s of what is %s on it: only those of ext filesystems and"
                                               " swap in plain disks and partitions can be changed",
                                               domuimg_image_get_path (disk->image), volume->uuid,
                                               volume->fs != NULL ? volume->fs : "unknown"));
      return;
    }
  uuid = g_new0 (DomuimgCloneUuid, 1);
  uuid->disk = number;
  uuid->volume = volume;
  uuid->uuid = domuimg_uuid_new_random ();
  g_ptr_array_add (uuids, uuid);
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
                         path, CLEANER);
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

  /* Where no system was found, nobody can tell what names them. */
  if (!domuimg_cleaners_has (cleaners, CLEANER) || self->mounts->len == 0)
    return g_steal_pointer (&uuids);
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgCloneDisk *disk = g_ptr_array_index (self->disks, i);
      GPtrArray *volumes = domuimg_image_list_volumes (disk->image, error);

      if (volumes == NULL || (i == 0 && !check_loader (disk, starts_itself (self), notes, error)))
        return NULL;
      for (guint j = 0; j < volumes->len; j++)
        plan_volume (uuids, notes, disk, i, g_ptr_array_index (volumes, j));
    }
  return g_steal_pointer (&uuids);
}

gboolean
domuimg_clone_uuids_set (const GPtrArray *uuids, guint disk, DomuimgRegion *bytes, GError **error)
{
  for (guint i = 0; i < uuids->len; i++)
    {
      const DomuimgCloneUuid *one = g_ptr_array_index (uuids, i);
      g_autoptr (DomuimgRegion) part
          = one->disk == disk
                ? domuimg_region_new_part (bytes, one->volume->offset, one->volume->length)
                : NULL;

      if (part != NULL && !domuimg_fs_set_uuid (part, one->volume->fs, one->uuid, error))
        return FALSE;
    }
  return TRUE;
}

void
domuimg_clone_uuids_tell (const GPtrArray *uuids, DomuimgCustomise *customise)
{
  for (guint i = 0; i < uuids->len; i++)
    {
      const DomuimgCloneUuid *one = g_ptr_array_index (uuids, i);

      domuimg_customise_add_uuid (customise, one->volume->uuid, one->uuid);
    }
}

char *
domuimg_clone_uuids_apply (const GPtrArray *uuids, const char *text)
{
  g_autoptr (DomuimgCustomise) names = domuimg_customise_new ();
  char *changed;

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
