/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a qcow2 file over the disk that is converted, and holds only what was changed. */
#include "config.h"
#include "lib/disk/file.h"

#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/disk/copy.h"
#include "lib/disk/overlay-write.h"

static char *
describe (const DomuimgDiskSpec *disk, const DomuimgDiskOrigin *origin)
{
  g_autofree char *size = g_format_size_full (disk->size, G_FORMAT_SIZE_IEC_UNITS);

  if (origin == NULL)
    return domuimg_disk_file_describe (disk, origin);
  return g_strdup_printf ("lay %s over %s (%s, %s), which has to stay as it is, as %s", disk->path,
                          origin->name, origin->format, size, disk->vdev);
}

static gboolean
check_origin (const DomuimgDiskOrigin *origin, GError **error)
{
  if (origin->backing != NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "overlay: %s is not an image file that an overlay can be based on;"
                       " use --disk format=qcow2",
                       origin->name);
}

static gboolean
check_copy (const DomuimgDiskOriginal *original, const char *directory, GError **error)
{
  /* A header has no more room for the path. */
  return strlen (original->path) < 1024
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s: its path is longer than the 1023 bytes that an overlay can name",
                          original->path);
}

static DomuimgRegion *
begin_copy (const DomuimgDiskOriginal *original, const char *path, const char *name,
            GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_private_file_make (path, error);

  return fd >= 0 ? domuimg_overlay_begin (fd, original->bytes, name, error) : NULL;
}

static gboolean
end_copy (const DomuimgDiskOriginal *original, DomuimgRegion *begun, GError **error)
{
  return domuimg_overlay_end (begun, original->path, original->format, error);
}

const DomuimgCopyWay domuimg_copy_way_overlay = {
  .name = "overlay",
  .help = "a qcow2 file of what is changed, over the original, which has to stay as it is",
  .format = "qcow2",
  .suffix = "qcow2",
  .shares = TRUE,
  .check = check_copy,
  .begin = begin_copy,
  .end = end_copy,
};

const DomuimgDiskKind domuimg_disk_kind_overlay = {
  .scheme = "overlay",
  .name = "overlay",
  .storage = "file",
  .format = "qcow2",
  .suffix = "qcow2",
  .copies = domuimg_copy_ways_of_others,
  .traits = DOMUIMG_DISK_LIES_OVER,
  .describe = describe,
  .check = domuimg_disk_file_check,
  .check_origin = check_origin,
  .create = domuimg_disk_file_create,
  .allocate = domuimg_disk_file_allocate_qcow2,
  .to_node = domuimg_disk_file_to_qcow2_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
