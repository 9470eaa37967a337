/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a golden image of a guest's: nothing in it tells whose it was. */
#include "config.h"
#include "domuimg/clone.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/async.h"
#include "lib/base/undo.h"
#include "lib/clone/clone-source.h"
#include "lib/fs/ext/scrub.h"
#include "lib/guest/customise.h"
#include "lib/guest/identity.h"
#include "lib/image/unused.h"
#include "lib/repair/work.h"
#include "lib/tree/faults.h"
#include "lib/tree/mount.h"

#define HOSTNAME "localhost"
#define ZEROS ((gsize) 1 << 20)

/* What is changed, in a copy. */
typedef struct {
  DomuimgCloneSource *source;
  DomuimgRepairWork *work;
  GPtrArray *changes;
  GCancellable *cancellable;
  GPtrArray *uuids; /* (nullable) */
} Generalise;

static DomuimgImage *
get_image (Generalise *self, guint disk)
{
  return ((DomuimgCloneDisk *) g_ptr_array_index (self->source->disks, disk))->image;
}

static DomuimgTree *
open_all (Generalise *self, GError **error)
{
  g_autoptr (DomuimgTree) all = NULL;

  for (guint i = 0; i < self->source->mounts->len; i++)
    {
      const DomuimgCloneMount *mount = g_ptr_array_index (self->source->mounts, i);
      DomuimgTree *tree = domuimg_repair_work_open (self->work, get_image (self, mount->disk),
                                                    mount->volume, error);
      g_autoptr (DomuimgTree) below = g_steal_pointer (&all);

      if (tree == NULL)
        return NULL;
      all = below == NULL ? g_object_ref (tree)
                          : domuimg_tree_mount_new (below, mount->point, tree);
    }
  return g_steal_pointer (&all);
}

static gboolean
clean (Generalise *self, guint64 cleaners, GError **error)
{
  g_autoptr (DomuimgCustomise) customise = domuimg_customise_new ();
  g_autoptr (DomuimgTree) tree = open_all (self, error);

  if (tree == NULL)
    return FALSE;
  customise->is_clone = TRUE;
  customise->cleaners = cleaners;
  customise->forgets_macs = TRUE;
  domuimg_clone_uuids_tell (self->uuids, customise);
  customise->hostname = domuimg_cleaners_has (cleaners, "hostname") ? g_strdup (HOSTNAME) : NULL;
  customise->host_keys = domuimg_cleaners_has (cleaners, "ssh-host-keys")
                             ? DOMUIMG_HOST_KEYS_FIRST_BOOT
                             : DOMUIMG_HOST_KEYS_KEEP;
  return domuimg_customise_run (customise, tree, self->changes, self->cancellable, error)
         && domuimg_tree_check_faults (tree, error);
}

/* What is there to be forgotten, and the file whose bytes these are alone. */
typedef struct {
  DomuimgRegion *region;
  gboolean is_raw;
} Forgotten;

static gboolean
is_zero (const guint8 *bytes, gsize length)
{
  return length == 0 || (*bytes == 0 && memcmp (bytes, bytes + 1, length - 1) == 0);
}

/* A hole in a raw image, else zeros: a format of its own leaves the bytes of a hole in the file, and zeros
 * where there is nothing yet would make it grow. */
static gboolean
forget (guint64 offset, guint64 length, gpointer data, GError **error)
{
  const Forgotten *self = data;
  DomuimgRegion *region = self->region;
  g_autofree guint8 *zeros = NULL;
  g_autofree guint8 *bytes = NULL;

  if (self->is_raw && region->back == NULL
      && fallocate (region->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    (off_t) (region->offset + offset), (off_t) length)
             == 0)
    return TRUE;
  zeros = g_malloc0 (ZEROS);
  bytes = g_malloc (ZEROS);
  while (length > 0)
    {
      gsize now = (gsize) MIN (length, ZEROS);

      if (!domuimg_region_read_all (region, offset, bytes, now))
        return domuimg_set_errno (error, errno, "reading %s", region->name);
      if (!is_zero (bytes, now) && !domuimg_region_write (region, offset, zeros, now))
        return domuimg_set_errno (error, errno, "writing to %s", region->name);
      offset += now;
      length -= now;
    }
  return TRUE;
}

/* What files have left where they were. */
static gboolean
scrub_volume (DomuimgImage *image, Forgotten *forgotten, const DomuimgVolume *volume, GError **error)
{
  g_autoptr (DomuimgRegion) part = NULL;

  if (volume->fs != NULL && g_str_has_prefix (volume->fs, "ext") && volume->lv == NULL)
    {
      part = domuimg_region_new_part (forgotten->region, volume->offset, volume->length);
      if (!domuimg_ext_scrub (part, error))
        return FALSE;
    }
  return domuimg_image_each_unused (image, volume, 1, forget, forgotten, error);
}

static DomuimgRegion *
open_bytes (Generalise *self, DomuimgImage *image, GError **error)
{
  DomuimgRegion *all = domuimg_image_get_bytes (image);

  if (all != NULL)
    return domuimg_region_make_writable (all, error);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: this host cannot show an image in the format %s as plain bytes, which"
                " takes qemu-storage-daemon and FUSE",
                self->source->name, domuimg_image_get_format (image));
  return NULL;
}

static gboolean
scrub_image (Generalise *self, DomuimgImage *image, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_partitions (image, error);
  g_autoptr (DomuimgRegion) bytes = volumes != NULL ? open_bytes (self, image, error) : NULL;
  Forgotten forgotten = { bytes, g_str_equal (domuimg_image_get_format (image), "raw") };

  if (bytes == NULL)
    return FALSE;
  for (guint i = 0; i < volumes->len; i++)
    if (g_cancellable_set_error_if_cancelled (self->cancellable, error)
        || !scrub_volume (image, &forgotten, g_ptr_array_index (volumes, i), error))
      return FALSE;
  return TRUE;
}

static DomuimgImage *
open_copy (Generalise *self, guint i, GError **error)
{
  const DomuimgCloneDisk *disk = g_ptr_array_index (self->source->disks, i);
  const char *copy = domuimg_repair_work_file (self->work, disk->original.path, error);

  return copy != NULL ? domuimg_image_open_copy (disk->image, copy, error) : NULL;
}

static gboolean
scrub_disk (Generalise *self, guint i, GError **error)
{
  g_autoptr (DomuimgImage) image = open_copy (self, i, error);

  return image != NULL && scrub_image (self, image, error);
}

static gboolean
renew_disk (Generalise *self, guint i, GError **error)
{
  g_autoptr (DomuimgImage) image = open_copy (self, i, error);
  g_autoptr (DomuimgRegion) bytes = image != NULL ? open_bytes (self, image, error) : NULL;

  return bytes != NULL && domuimg_clone_uuids_set (self->uuids, i, bytes, error);
}

/* Before anybody has the filesystems open. */
static gboolean
renew_uuids (Generalise *self, guint64 cleaners, GError **error)
{
  self->uuids = domuimg_clone_source_plan_uuids (self->source, cleaners, self->changes, error);
  for (guint i = 0; self->uuids != NULL && self->uuids->len > 0 && i < self->source->disks->len; i++)
    if (!renew_disk (self, i, error))
      return FALSE;
  return self->uuids != NULL;
}

static gboolean
check_is_possible (const DomuimgCloneSource *source, GError **error)
{
  if (source->mounts->len == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s: no filesystem in it holds an operating system (/etc and programs)",
                         source->name);
  for (guint i = 0; i < source->mounts->len; i++)
    {
      const DomuimgCloneMount *mount = g_ptr_array_index (source->mounts, i);

      if (!mount->is_direct)
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                             "%s: what files have left behind can be found in ext2, ext3 and ext4 only,"
                             " and /%s is in %s",
                             source->name, mount->point, mount->volume->fs);
    }
  return TRUE;
}

static gboolean
run (Generalise *self, guint64 cleaners, GError **error)
{
  if (!renew_uuids (self, cleaners, error) || !clean (self, cleaners, error)
      || !domuimg_repair_work_close_all (self->work, error))
    return FALSE;
  for (guint i = 0; i < self->source->disks->len; i++)
    if (!scrub_disk (self, i, error))
      return FALSE;
  return domuimg_repair_work_commit (self->work, NULL, error);
}

/**
 * domuimg_generalise:
 * @image: (type filename): the path of a disk image
 * @identity: (nullable): cleaners, as of domuimg_clone_set_identity(); %NULL for the usual ones
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Makes a golden image of a guest's: takes away what tells a machine from its copies, with the bytes that
 * such files have left in free blocks, in the journal, in directories, in free inodes and in swap space.
 * Its host name becomes `localhost`, and network files go by any Ethernet card instead of a MAC address. The
 * image is changed in a copy beside it, which takes its place when all is done.
 *
 * UUIDs of filesystems and partitions stay unless the cleaners `filesystem-uuid` and `partition-uuid` are on, as
 * do names that are made of the machine ID, such as kernels' entries in `/boot/loader`.
 *
 * |[
 * g_auto (GStrv) changes = domuimg_generalise ("golden.img", NULL, NULL, &error);
 * ]|
 *
 * Returns: (transfer full) (array zero-terminated=1): what was changed, one line each; %NULL on error:
 *   %DOMUIMG_ERROR_NOT_FOUND without an image, or a system in it, %DOMUIMG_ERROR_BUSY where it is in use,
 *   %DOMUIMG_ERROR_NOT_SUPPORTED for filesystems other than ext, %DOMUIMG_ERROR_INVALID_ARGUMENT for a cleaner
 *   that there is none of, %DOMUIMG_ERROR_NO_SPACE, %DOMUIMG_ERROR_PERMISSION,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT or %DOMUIMG_ERROR_IO; then the image is as it was
 *
 * Since: 0.1
 */
char **
domuimg_generalise (const char *image, const char *identity, GCancellable *cancellable,
                    GError **error)
{
  guint64 cleaners = domuimg_cleaners_with (DOMUIMG_CLEANER_USUAL);
  g_auto (GStrv) recovered = NULL;
  g_autoptr (DomuimgCloneSource) source = NULL;
  g_autoptr (DomuimgRepairWork) work = NULL;
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (g_free);
  Generalise self;
  gboolean ok;

  g_return_val_if_fail (image != NULL, NULL);
  if (identity != NULL && !domuimg_cleaners_parse (identity, &cleaners, error))
    return NULL;
  recovered = domuimg_undo_recover (FALSE, error);
  source = recovered != NULL ? domuimg_clone_source_open_image (image, error) : NULL;
  if (source == NULL || !check_is_possible (source, error))
    return NULL;
  work = domuimg_repair_work_new (cancellable);
  self = (Generalise){ source, work, changes, cancellable, NULL };
  ok = run (&self, cleaners, error);
  g_clear_pointer (&self.uuids, g_ptr_array_unref);
  if (!ok)
    return NULL;
  g_ptr_array_add (changes, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&changes), FALSE);
}

typedef struct {
  char *image, *identity;
} Arguments;

static void
arguments_free (gpointer data)
{
  Arguments *self = data;

  g_free (self->image);
  g_free (self->identity);
  g_free (self);
}

static gpointer
run_generalise (gpointer self, gpointer data, DomuimgProgress *progress, GCancellable *cancellable,
                GError **error)
{
  const Arguments *arguments = data;

  return domuimg_generalise (arguments->image, arguments->identity, cancellable, error);
}

/**
 * domuimg_generalise_async:
 * @image: (type filename): as of domuimg_generalise()
 * @identity: (nullable): likewise
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_generalise() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_generalise_async (const char *image, const char *identity, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  Arguments *arguments;

  g_return_if_fail (image != NULL);
  arguments = g_new0 (Arguments, 1);
  arguments->image = g_strdup (image);
  arguments->identity = g_strdup (identity);
  domuimg_async_start (NULL, run_generalise, arguments, arguments_free, (GDestroyNotify) g_strfreev,
                       NULL, cancellable, callback, user_data);
}

/**
 * domuimg_generalise_finish:
 * @result: what the callback got
 * @error: return location for a #GError, as of domuimg_generalise()
 *
 * Returns: (transfer full) (array zero-terminated=1): what was changed, or %NULL
 *
 * Since: 0.1
 */
char **
domuimg_generalise_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}
