/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a block device of this host, but for its ends, which are files until all is whole. */
#include "config.h"
#include "lib/disk/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/block.h"
#include "lib/base/direct.h"
#include "lib/base/fd.h"
#include "lib/base/joined.h"
#include "lib/base/private-file.h"
#include "lib/image/export.h"
#include "lib/image/signature.h"
#include "lib/disk/copy.h"

#define SECTOR 512

/* The pieces of a device while it is made. */
enum { HEAD, MIDDLE, TAIL, N_PIECES };

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

/* The device has several names, and is locked by the one that the kernel gave it. What is made is a
 * description of the device and of the files that stand for its ends until it is whole, as QEMU reads
 * it. */
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

static DomuimgRegion *
make_held (const DomuimgDiskMaking *making, const char *end, guint64 size, GError **error)
{
  g_autofree char *path
      = g_strdup_printf ("%s/device%u.%s", making->work_directory, making->number, end);
  g_auto (DomuimgFd) fd = domuimg_private_file_make (path, error);

  if (fd < 0)
    return NULL;
  if (ftruncate (fd, (off_t) size) == 0)
    return domuimg_region_new_for_fd (fd, path, error);
  domuimg_set_errno (error, errno, "making %s", path);
  return NULL;
}

/* The virtual disk format of VMware joins files and devices. */
static gboolean
describe_joined (const char *description, const char *path, DomuimgRegion *const *pieces,
                 GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_private_file_make (description, error);
  g_autoptr (GString) text = g_string_new ("# Disk DescriptorFile\nversion=1\nCID=fffffffe\n"
                                           "parentCID=ffffffff\n"
                                           "createType=\"twoGbMaxExtentFlat\"\n");

  if (fd < 0)
    return FALSE;
  for (guint i = 0; i < N_PIECES; i++)
    if (pieces[i]->length > 0)
      g_string_append_printf (text, "RW %" G_GUINT64_FORMAT " FLAT \"%s\" %" G_GUINT64_FORMAT "\n",
                              pieces[i]->length / SECTOR, i == MIDDLE ? path : pieces[i]->name,
                              pieces[i]->offset / SECTOR);
  return domuimg_write_all (fd, text->str, text->len)
         || domuimg_set_errno (error, errno, "writing %s", description);
}

static DomuimgRegion *
join (DomuimgRegion *device, const char *description, const DomuimgDiskMaking *making,
      GError **error)
{
  guint64 head_size = MIN (DOMUIMG_BLOCK_HELD, device->length);
  guint64 tail_size = MIN (DOMUIMG_BLOCK_HELD, device->length - head_size);
  g_autoptr (DomuimgRegion) head = make_held (making, "head", head_size, error);
  g_autoptr (DomuimgRegion) tail
      = head != NULL ? make_held (making, "tail", tail_size, error) : NULL;
  g_autoptr (DomuimgRegion) middle
      = domuimg_region_new_part (device, head_size, device->length - head_size - tail_size);
  g_autoptr (DomuimgRegion) direct = domuimg_direct_new (middle);
  DomuimgRegion *const pieces[N_PIECES] = { head, middle, tail };
  DomuimgRegion *const written[N_PIECES] = { head, direct, tail };

  if (tail == NULL || !describe_joined (description, device->name, pieces, error))
    return NULL;
  return domuimg_region_new_joined (written, N_PIECES, device->name);
}

static gboolean
record_first (const DomuimgRegion *region, const char *path, DomuimgUndo *undo, GError **error)
{
  g_autofree char *digest = domuimg_block_digest (region, error);

  return digest != NULL && domuimg_undo_add_device (undo, path, digest, error);
}

static DomuimgRegion *
begin_on (int fd, const DomuimgDiskSpec *disk, const char *description,
          const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgRegion) device = domuimg_region_new_for_fd (fd, disk->path, error);
  g_autoptr (DomuimgRegion) whole = device != NULL ? join (device, description, making, error) : NULL;

  if (whole == NULL || !record_first (whole, disk->path, making->undo, error))
    return NULL;
  if (domuimg_block_zero (device, cancellable, error))
    return g_steal_pointer (&whole);
  g_prefix_error (error, DOMUIMG_DISK_LOST, disk->path);
  return NULL;
}

static gboolean
check_still_fits (int fd, const DomuimgDiskSpec *disk, guint64 size, GError **error)
{
  guint64 now;

  if (!domuimg_block_get_size (fd, disk->path, &now, error))
    return FALSE;
  return size <= now
         || domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE, "%s has become too small", disk->path);
}

/* All is looked at once more: hours may have passed since the plan. */
static DomuimgRegion *
begin (const DomuimgDiskSpec *disk, const char *description, guint64 size,
       const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_block_open (disk->path, TRUE, error);

  if (fd < 0 || !check_content (fd, disk->path, making->replace, error)
      || !check_still_fits (fd, disk, size, error))
    return NULL;
  return begin_on (fd, disk, description, making, cancellable, error);
}

static gboolean
end (const DomuimgDiskSpec *disk, const char *description, DomuimgRegion *begun,
     const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  const DomuimgRegion *middle
      = domuimg_direct_get_device (domuimg_joined_get_piece (begun, MIDDLE));
  g_autoptr (DomuimgRegion) device = domuimg_region_new_for_fd (middle->fd, disk->path, error);

  return device != NULL && record_first (begun, disk->path, making->undo, error)
         && domuimg_block_release (device, begun, error);
}

static char *
to_node (const char *path)
{
  g_autofree char *joined = domuimg_file_to_node (path, "vmdk");

  return domuimg_raw_to_node (joined);
}

const DomuimgDiskKind domuimg_disk_kind_device = {
  .placeholder = "/dev/NAME",
  .name = "device",
  .storage = "device",
  .format = "raw",
  .copies = domuimg_copy_ways_of_others,
  .traits = DOMUIMG_DISK_CAN_BE_FILLED | DOMUIMG_DISK_OVERWRITES,
  .claims = domuimg_block_is_place,
  .settle = settle,
  .describe = describe,
  .check = check,
  .create = create,
  .begin = begin,
  .end = end,
  .to_node = to_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
