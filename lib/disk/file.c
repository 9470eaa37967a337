/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a file of the guest's bytes, and what all files have in common. */
#include "config.h"
#include "lib/disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/base/private-file.h"
#include "lib/image/export.h"
#include "lib/disk/copy.h"

gboolean
domuimg_disk_file_preallocate (int fd, guint64 size, const char *path, GError **error)
{
  /* What cannot do it by itself has zeros written, slowly. */
  int code = size > 0 ? posix_fallocate (fd, 0, (off_t) size) : 0;

  return code == 0
         || domuimg_set_errno (error, code, "allocating %" G_GUINT64_FORMAT " bytes for %s", size,
                               path);
}

gboolean
domuimg_disk_file_allocate_raw (const DomuimgDiskSpec *disk, const char *path, guint64 size,
                                const DomuimgDiskOrigin *origin, GCancellable *cancellable,
                                GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_private_file_make (path, error);

  if (fd < 0)
    return FALSE;
  if (ftruncate (fd, size) != 0)
    return domuimg_set_errno (error, errno, "giving %s a size of %" G_GUINT64_FORMAT " bytes", path,
                              size);
  return disk == NULL || disk->prealloc != DOMUIMG_DISK_PREALLOC_FULL
         || domuimg_disk_file_preallocate (fd, size, path, error);
}

static gboolean
complete (DomuimgDiskSpec *disk, GError **error)
{
  return disk->prealloc != DOMUIMG_DISK_PREALLOC_METADATA
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "a raw image has no metadata: use prealloc=none or full");
}

char *
domuimg_disk_file_to_raw_node (const char *path)
{
  return domuimg_file_to_node (path, "raw");
}

gboolean
domuimg_disk_file_take (const char *path, const char *from)
{
  return g_rename (from, path) == 0;
}

static gboolean
resize (const char *path, guint64 size, GCancellable *cancellable, GError **error)
{
  return truncate (path, (off_t) size) == 0
         || domuimg_set_errno (error, errno, "giving it a size of %" G_GUINT64_FORMAT " bytes", size);
}

char *
domuimg_disk_file_describe (const DomuimgDiskSpec *disk, const DomuimgDiskOrigin *origin)
{
  guint64 bytes = origin != NULL ? origin->size : disk->size;
  g_autofree char *size = bytes > 0
                              ? g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS)
                              : g_strdup ("size by its content");

  if (origin == NULL)
    return g_strdup_printf ("make %s: %s, %s, %s, as %s", disk->path, disk->kind->name, size,
                            disk->fs, disk->vdev);
  return g_strdup_printf ("convert %s (%s, %s) to %s (%s), as %s", origin->name, origin->format,
                          size, disk->path, disk->kind->name, disk->vdev);
}

static gboolean
check_free (const char *path, gboolean replace, GError **error)
{
  struct stat status;

  if (replace)
    return TRUE;
  if (lstat (path, &status) != 0)
    return errno == ENOENT || errno == ENOTDIR
           || domuimg_set_errno (error, errno, "looking at %s", path);
  return domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                       "%s exists already; remove it, choose another name, or use --force",
                       path);
}

/* @directory, or the nearest above it that is there (transfer full); NULL where one of them cannot be
 * looked at. */
static char *
find_present (const char *directory, struct stat *status, GError **error)
{
  g_autofree char *path = g_strdup (directory);

  for (;;)
    {
      char *above;

      if (!domuimg_path_look (path, status, error))
        return NULL;
      if (status->st_mode != 0)
        return g_steal_pointer (&path);
      above = g_path_get_dirname (path);
      g_free (path);
      path = above;
    }
}

static gboolean
check_writable (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  struct stat status;
  g_autofree char *directory = find_present (parent, &status, error);

  if (directory == NULL)
    return FALSE;
  if (!S_ISDIR (status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is not a directory", directory);
  if (access (directory, W_OK | X_OK) == 0)
    return TRUE;
  if (errno != EACCES && errno != EROFS)
    return domuimg_set_errno (error, errno, "looking at %s", directory);
  return domuimg_fail (error, DOMUIMG_ERROR_PERMISSION,
                       "%s: you may not write there; choose another --dir", directory);
}

gboolean
domuimg_check_place (const char *path, gboolean replace, GError **error)
{
  return check_free (path, replace, error) && check_writable (path, error);
}

gboolean
domuimg_disk_file_check (const DomuimgDiskSpec *disk, gboolean replace, GError **error)
{
  struct stat status;

  if (stat (disk->path, &status) == 0 && !S_ISREG (status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is not a regular file; this version writes image files only",
                         disk->path);
  return domuimg_check_place (disk->path, replace, error);
}

char *
domuimg_disk_file_create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making,
                          GError **error)
{
  return domuimg_undo_add_result (making->undo, disk->path, making->replace, error);
}

void
domuimg_disk_file_fill_domain (const DomuimgDiskSpec *disk, DomuimgDomainDisk *domain_disk)
{
  domuimg_domain_disk_set_target (domain_disk, disk->path);
  domuimg_domain_disk_set_format (domain_disk, disk->kind->format);
}

const DomuimgDiskKind domuimg_disk_kind_raw = {
  .name = "raw",
  .storage = "file",
  .format = "raw",
  .suffix = "img",
  .options = "prealloc",
  .complete = complete,
  .copies = domuimg_copy_ways_of_bytes,
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .describe = domuimg_disk_file_describe,
  .check = domuimg_disk_file_check,
  .create = domuimg_disk_file_create,
  .allocate = domuimg_disk_file_allocate_raw,
  .open = domuimg_region_open,
  .resize = resize,
  .to_node = domuimg_disk_file_to_raw_node,
  .take = domuimg_disk_file_take,
  .fill_domain = domuimg_disk_file_fill_domain,
};
