/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a block device of this host: a file until everything is whole, then copied. */
#include "config.h"
#include "lib/disk/file.h"

#include <stdlib.h>

#include "lib/base/block.h"
#include "lib/base/fd.h"
#include "lib/image/signature.h"

static gboolean
check_size (const DomuimgDiskSpec *disk, guint64 size, gboolean is_copied, GError **error)
{
  if (is_copied && disk->size > size)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                         "%s is too small: it has %" G_GUINT64_FORMAT " bytes, and the disk that is"
                         " to be copied has %" G_GUINT64_FORMAT "; choose a larger device",
                         disk->path, size, disk->size);
  if (!is_copied && disk->size > 0 && disk->size != size)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s has %" G_GUINT64_FORMAT " bytes, and size= says %" G_GUINT64_FORMAT
                         "; leave out size=: the size of a device is its own",
                         disk->path, size, disk->size);
  return TRUE;
}

static gboolean
settle (DomuimgDiskSpec *disk, gboolean is_copied, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_block_open (disk->path, FALSE, error);
  guint64 size;

  if (fd < 0 || !domuimg_block_get_size (fd, disk->path, &size, error)
      || !check_size (disk, size, is_copied, error))
    return FALSE;
  disk->size = size;
  return TRUE;
}

static gboolean
check_content (int fd, const char *path, gboolean replace, GError **error)
{
  g_auto (DomuimgSignature) found = { NULL, NULL };

  if (replace)
    return TRUE;
  if (!domuimg_signature_find (fd, path, &found, error))
    return FALSE;
  return found.name == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                          "%s is not empty: %s is on it; choose another device, or use --force,"
                          " which destroys that",
                          path, found.name);
}

static gboolean
check (const DomuimgDiskSpec *disk, gboolean replace, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_block_open (disk->path, FALSE, error);

  return fd >= 0 && check_content (fd, disk->path, replace, error);
}

static char *
describe (const DomuimgDiskSpec *disk, const DomuimgDiskOrigin *origin)
{
  g_autofree char *file = domuimg_disk_file_describe (disk, origin);

  return g_strdup_printf ("%s; what is on %s now will be gone", file, disk->path);
}

/* The device has several names, and is locked by the one that the kernel gave it. */
static char *
create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error)
{
  g_autofree char *real = realpath (disk->path, NULL);
  const char *const names[] = { real != NULL ? real : disk->path, NULL };
  g_autofree char *name = g_path_get_basename (names[0]);
  g_autofree char *beside = g_build_filename (making->directory, name, NULL);

  if (!domuimg_undo_lock (making->undo, names, error))
    return NULL;
  return domuimg_undo_add_temporary (making->undo, beside, error);
}

static gboolean
write_to (int fd, const DomuimgDiskSpec *disk, const char *image, const DomuimgDiskMaking *making,
          GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgRegion) device = domuimg_region_new_for_fd (fd, disk->path, error);
  g_autoptr (DomuimgRegion) from
      = device != NULL ? domuimg_region_open (image, FALSE, error) : NULL;
  g_autofree char *digest = from != NULL ? domuimg_block_digest (from, error) : NULL;

  if (digest == NULL)
    return FALSE;
  if (from->length > device->length)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE, "%s has become too small", disk->path);
  if (!domuimg_undo_add_device (making->undo, disk->path, digest, error))
    return FALSE;
  if (domuimg_block_write (device, from, cancellable, error))
    return TRUE;
  g_prefix_error (error, DOMUIMG_DISK_LOST, disk->path);
  return FALSE;
}

/* All is looked at once more: hours may have passed since the plan. */
static gboolean
put (const DomuimgDiskSpec *disk, const char *image, const DomuimgDiskMaking *making,
     GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_block_open (disk->path, TRUE, error);

  return fd >= 0 && check_content (fd, disk->path, making->replace, error)
         && write_to (fd, disk, image, making, cancellable, error);
}

const DomuimgDiskKind domuimg_disk_kind_device = {
  .placeholder = "/dev/NAME",
  .name = "device",
  .storage = "device",
  .format = "raw",
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .claims = domuimg_block_is_place,
  .settle = settle,
  .describe = describe,
  .check = check,
  .create = create,
  .allocate = domuimg_disk_file_allocate_raw,
  .open = domuimg_region_open,
  .to_node = domuimg_disk_file_to_raw_node,
  .take = domuimg_disk_file_take,
  .put = put,
  .fill_domain = domuimg_disk_file_fill_domain,
};
