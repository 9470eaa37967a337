/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a VHD: dynamic, or of a fixed size where all of it is to be allocated. */
#include "config.h"
#include "lib/disk/file.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/disk/vhd-write.h"
#include "lib/image/export.h"
#include "lib/disk/copy.h"

static gboolean
is_fixed (const DomuimgDiskSpec *disk)
{
  return disk->prealloc == DOMUIMG_DISK_PREALLOC_FULL;
}

static gboolean
complete (DomuimgDiskSpec *disk, GError **error)
{
  return disk->prealloc != DOMUIMG_DISK_PREALLOC_METADATA
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "a VHD has its metadata in any case: use prealloc=none or full");
}

static gboolean
check_size (const DomuimgDiskSpec *disk, guint64 size, GError **error)
{
  return size <= DOMUIMG_VHD_SIZE_MAX
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "%s: a VHD holds at most 2040 GiB; use format=qcow2 or raw", disk->path);
}

static gboolean
check (const DomuimgDiskSpec *disk, gboolean replace, GError **error)
{
  return check_size (disk, disk->size, error) && domuimg_disk_file_check (disk, replace, error);
}

static DomuimgRegion *
begin (const DomuimgDiskSpec *disk, const char *path, guint64 size,
       const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = -1;

  if (!check_size (disk, size, error))
    return NULL;
  if (is_fixed (disk))
    return domuimg_disk_file_allocate_raw (disk, path, size, NULL, cancellable, error)
               ? domuimg_region_open (path, TRUE, error)
               : NULL;
  fd = domuimg_private_file_make (path, error);
  return fd >= 0 ? domuimg_vhd_begin (fd, size, disk->path, error) : NULL;
}

static gboolean
end (const DomuimgDiskSpec *disk, const char *path, DomuimgRegion *begun,
     const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  return is_fixed (disk) ? domuimg_vhd_end_fixed (begun->fd, begun->length, making->uuid,
                                                  disk->path, error)
                         : domuimg_vhd_end (begun, making->uuid, error);
}

/* For QEMU to write to, which is told the size as it is, and not by cylinders. */
static gboolean
allocate (const DomuimgDiskSpec *disk, const char *path, guint64 size,
          const DomuimgDiskOrigin *origin, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  if (!check_size (disk, size, error)
      || !domuimg_disk_file_allocate_raw (NULL, path, 0, NULL, cancellable, error))
    return FALSE;
  domuimg_exec_arg (exec, "create");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "vpc");
  domuimg_exec_argf (exec, "-osubformat=%s,force_size=on", is_fixed (disk) ? "fixed" : "dynamic");
  domuimg_exec_arg (exec, path);
  domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT, size);
  return domuimg_exec_run (exec, cancellable, error);
}

static char *
to_node (const char *path)
{
  return domuimg_file_to_node (path, "vpc");
}

const DomuimgDiskKind domuimg_disk_kind_vhd = {
  .name = "vhd",
  .storage = "file",
  .format = "vhd",
  .driver = "vpc",
  .suffix = "vhd",
  .options = "prealloc",
  .copies = domuimg_copy_ways_of_others,
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .complete = complete,
  .describe = domuimg_disk_file_describe,
  .check = check,
  .create = domuimg_disk_file_create,
  .begin = begin,
  .end = end,
  .allocate = allocate,
  .to_node = to_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
