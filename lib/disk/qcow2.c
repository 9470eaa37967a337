/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a qcow2 file, whole by itself. */
#include "config.h"
#include "lib/disk/file.h"

#include <errno.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/disk/qcow2-write.h"
#include "lib/image/export.h"
#include "lib/disk/copy.h"

static const char *
preallocation_of (const DomuimgDiskSpec *disk)
{
  switch (disk != NULL ? disk->prealloc : DOMUIMG_DISK_PREALLOC_NONE)
    {
    case DOMUIMG_DISK_PREALLOC_METADATA:
      return "metadata";
    case DOMUIMG_DISK_PREALLOC_FULL:
      return "falloc";
    default:
      return NULL;
    }
}

gboolean
domuimg_disk_file_allocate_qcow2 (const DomuimgDiskSpec *disk, const char *path, guint64 size,
                                  const DomuimgDiskOrigin *origin, GCancellable *cancellable,
                                  GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  /* QEMU would let everybody read the guest's secrets; a file that is there keeps its mode. */
  if (!domuimg_disk_file_allocate_raw (NULL, path, 0, NULL, cancellable, error))
    return FALSE;
  domuimg_exec_arg (exec, "create");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "qcow2");
  if (preallocation_of (disk) != NULL)
    domuimg_exec_argf (exec, "-opreallocation=%s", preallocation_of (disk));
  if (origin != NULL)
    {
      domuimg_exec_arg (exec, "-F");
      domuimg_exec_arg (exec, origin->format);
      domuimg_exec_arg (exec, "-b");
      domuimg_exec_arg (exec, origin->backing);
    }
  domuimg_exec_arg (exec, path);
  /* Without a size, it has that of what it lies over. */
  if (origin == NULL || size != origin->size)
    domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT, size);
  return domuimg_exec_run (exec, cancellable, error);
}

char *
domuimg_disk_file_to_qcow2_node (const char *path)
{
  return domuimg_file_to_node (path, "qcow2");
}

static gboolean
complete (DomuimgDiskSpec *disk, GError **error)
{
  return !disk->is_compressed || disk->prealloc == DOMUIMG_DISK_PREALLOC_NONE
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "what is compressed has no fixed size: leave out prealloc= or compress=");
}

/* What is to be compressed is made beside it. */
static char *
first_path (const DomuimgDiskSpec *disk, const char *path, const DomuimgDiskMaking *making)
{
  return disk->is_compressed
             ? g_strdup_printf ("%s/disk%u.qcow2", making->work_directory, making->number)
             : g_strdup (path);
}

static DomuimgRegion *
begin (const DomuimgDiskSpec *disk, const char *path, guint64 size,
       const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_autofree char *first = first_path (disk, path, making);
  g_auto (DomuimgFd) fd = domuimg_private_file_make (first, error);

  return fd >= 0 ? domuimg_qcow2_begin (fd, size, disk->path, error) : NULL;
}

/* QEMU compresses on several processors, and in the order of the clusters. */
static gboolean
compress (const char *from, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");
  g_auto (DomuimgFd) fd = domuimg_private_file_make (path, error);

  if (fd < 0)
    return FALSE;
  domuimg_exec_arg (exec, "convert");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-c");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "qcow2");
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_arg (exec, "qcow2");
  domuimg_exec_arg (exec, from);
  domuimg_exec_arg (exec, path);
  return domuimg_exec_run (exec, cancellable, error);
}

static gboolean
preallocate (const DomuimgDiskSpec *disk, const DomuimgClusters *clusters, GError **error)
{
  off_t end = lseek (domuimg_clusters_get_fd (clusters), 0, SEEK_END);

  return disk->prealloc != DOMUIMG_DISK_PREALLOC_FULL
         || domuimg_disk_file_preallocate (domuimg_clusters_get_fd (clusters), (guint64) end,
                                           disk->path, error);
}

static gboolean
end (const DomuimgDiskSpec *disk, const char *path, DomuimgRegion *begun,
     const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  DomuimgClusters *clusters = domuimg_clusters_of (begun);
  g_autofree char *first = first_path (disk, path, making);

  if (disk->prealloc != DOMUIMG_DISK_PREALLOC_NONE)
    domuimg_clusters_fill (clusters);
  return domuimg_qcow2_end (begun, error) && preallocate (disk, clusters, error)
         && (!disk->is_compressed || compress (first, path, cancellable, error));
}

/* Snapshots in it keep their size. */
static gboolean
resize (const char *path, guint64 size, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  domuimg_exec_arg (exec, "resize");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "qcow2");
  /* It is said for growing, too, which it does not change. */
  domuimg_exec_arg (exec, "--shrink");
  domuimg_exec_arg (exec, path);
  domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT, size);
  return domuimg_exec_run (exec, cancellable, error);
}

const DomuimgDiskKind domuimg_disk_kind_qcow2 = {
  .name = "qcow2",
  .storage = "file",
  .format = "qcow2",
  .suffix = "qcow2",
  .options = "prealloc compress",
  .copies = domuimg_copy_ways_of_others,
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .complete = complete,
  .describe = domuimg_disk_file_describe,
  .check = domuimg_disk_file_check,
  .create = domuimg_disk_file_create,
  .begin = begin,
  .end = end,
  .allocate = domuimg_disk_file_allocate_qcow2,
  .resize = resize,
  .to_node = domuimg_disk_file_to_qcow2_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
