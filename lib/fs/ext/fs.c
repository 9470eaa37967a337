/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ext filesystem in a region, opened and closed by libext2fs. */
#include "config.h"
#include "lib/fs/ext/fs.h"

#include <errno.h>
#include <et/com_err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/fs/ext/io.h"
#include "lib/tree/tree.h"

#define BUFFER_SIZE (1024 * 1024)

static DomuimgError
code_of (errcode_t code)
{
  switch (code)
    {
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
    case EXT2_ET_DIR_NO_SPACE:
    case ENOSPC:
      return DOMUIMG_ERROR_NO_SPACE;
    case EXT2_ET_FILE_NOT_FOUND:
    case ENOENT:
      return DOMUIMG_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
      return DOMUIMG_ERROR_PERMISSION;
    /* The filesystem has no part in these: this process or the host is short of something. */
    case EBADF:
    case EINTR:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EXT2_ET_NO_MEMORY:
    case EIO:
    case EXT2_ET_SHORT_WRITE:
      return DOMUIMG_ERROR_IO;
    default:
      return DOMUIMG_ERROR_CORRUPT_INPUT;
    }
}

gboolean
domuimg_ext_fail (DomuimgExtFs *self, errcode_t code, GError **error, const char *what, ...)
{
  va_list args;

  va_start (args, what);
  g_autofree char *doing = g_strdup_vprintf (what, args);
  va_end (args);
  initialize_ext2_error_table ();
  g_set_error (error, DOMUIMG_ERROR, code_of (code), "%s: %s: %s", self->region->name, doing,
               error_message (code));
  return FALSE;
}

/* Multiple-mount protection is a block that libext2fs reads and writes by the device's name: that of
 * a descriptor is a path for as long as it is open. */
static errcode_t
start_protection (ext2_filsys fs, int fd)
{
  g_autofree char *path = g_strdup_printf ("/dev/fd/%d", fd);
  gsize size = strlen (path) + 1;
  errcode_t code = ext2fs_free_mem (&fs->device_name);

  if (code == 0)
    code = ext2fs_get_mem (size, &fs->device_name);
  if (code != 0)
    return code;
  memcpy (fs->device_name, path, size);
  fs->flags &= ~EXT2_FLAG_SKIP_MMP;
  code = ext2fs_mmp_start (fs);
  if (code != 0)
    fs->flags |= EXT2_FLAG_SKIP_MMP;
  return code;
}

/* Multiple-mount protection is against others that have it open, and nobody else can open this. */
static errcode_t
open_backed (DomuimgRegion *region, int flags, ext2_filsys *fs)
{
  g_autofree char *name = domuimg_ext_io_name (region);

  return ext2fs_open2 (name, NULL, flags | EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0,
                       domuimg_ext_io, fs);
}

static errcode_t
open_file (DomuimgRegion *region, int flags, ext2_filsys *fs)
{
  g_autofree char *options = g_strdup_printf ("offset=%" G_GUINT64_FORMAT, region->offset);
  /* libext2fs closes its own. */
  int fd = fcntl (region->fd, F_DUPFD_CLOEXEC, 3);
  g_autofree char *number = g_strdup_printf ("%d", fd);
  errcode_t code;

  if (fd < 0)
    return errno;
  code = ext2fs_open2 (number, options, flags | EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP, 0, 0,
                       unixfd_io_manager, fs);
  if (code != 0 || (flags & EXT2_FLAG_RW) == 0 || !ext2fs_has_feature_mmp ((*fs)->super))
    return code;
  code = start_protection (*fs, fd);
  if (code != 0)
    ext2fs_free (*fs);
  return code;
}

errcode_t
domuimg_ext_open_library (DomuimgRegion *region, int flags, ext2_filsys *fs)
{
  return region->back != NULL ? open_backed (region, flags, fs) : open_file (region, flags, fs);
}

static gboolean
open_filesystem (DomuimgExtFs *self, gboolean writable, GError **error)
{
  int flags = EXT2_FLAG_THREADS | (writable ? EXT2_FLAG_RW : 0);
  errcode_t code;

  code = domuimg_ext_open_library (self->region, flags, &self->fs);
  if (code != 0)
    {
      self->fs = NULL;
      return domuimg_ext_fail (self, code, error, "opening the ext filesystem");
    }
  if (ext2fs_has_feature_journal_needs_recovery (self->fs->super) && writable)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the filesystem was not unmounted: its journal holds what is not yet in"
                         " place; boot the guest and shut it down, or run e2fsck -p on it",
                         self->region->name);
  if (!writable)
    return TRUE;
  self->fs->now = self->now.sec;
  code = ext2fs_read_bitmaps (self->fs);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "reading the allocation bitmaps");
  return TRUE;
}

DomuimgExtFs *
domuimg_ext_fs_open (DomuimgRegion *region, gboolean writable, GError **error)
{
  g_autoptr (DomuimgExtFs) self = g_new0 (DomuimgExtFs, 1);

  self->region = domuimg_region_ref (region);
  self->now = domuimg_build_time ();
  if (!open_filesystem (self, writable, error))
    return NULL;
  self->next = self->fs->super->s_first_data_block;
  if (writable)
    self->buffer = g_malloc (BUFFER_SIZE);
  return g_steal_pointer (&self);
}

void
domuimg_ext_fs_free (DomuimgExtFs *self)
{
  if (self->fs != NULL)
    {
      /* ext2fs_free would write dirty blocks that its cache holds; a filesystem that is
       * thrown away must not look closed. */
      self->fs->flags &= ~(EXT2_FLAG_DIRTY | EXT2_FLAG_CHANGED);
      ext2fs_free (self->fs);
    }
  g_clear_pointer (&self->names, g_hash_table_unref);
  g_clear_pointer (&self->behind, domuimg_ext_behind_free);
  domuimg_region_unref (self->region);
  g_clear_pointer (&self->writeback, domuimg_ext_writeback_free);
  g_free (self->buffer);
  g_free (self);
}

/* libext2fs would write a superblock of now for a filesystem that is as it was. */
static gboolean
is_changed (const DomuimgExtFs *self)
{
  return (self->fs->flags & (EXT2_FLAG_DIRTY | EXT2_FLAG_CHANGED)) != 0;
}

gboolean
domuimg_ext_fs_flush (DomuimgExtFs *self, GError **error)
{
  errcode_t code;

  if (!domuimg_ext_flush_data (self, error))
    return FALSE;
  if (!is_changed (self))
    return TRUE;
  code = ext2fs_flush2 (self->fs, EXT2_FLAG_FLUSH_NO_SYNC);
  if (code == 0)
    code = domuimg_ext_write_cache (self);
  if (code == 0)
    self->fs->flags &= ~EXT2_FLAG_CHANGED;
  /* The disk may begin with the rest, for whoever waits for it in the end. */
  domuimg_ext_begin_writeback (self);
  return code == 0
         || domuimg_ext_fail (self, code, error, "writing the filesystem's metadata");
}

gboolean
domuimg_ext_fs_close (DomuimgExtFs *self, gboolean sync, GError **error)
{
  g_autoptr (DomuimgExtFs) owned = self;
  gboolean changed = is_changed (self);
  errcode_t code;

  /* ext2fs_close2 writes what our cache still holds when it frees it, and keeps that error to itself. */
  if (!domuimg_ext_fs_flush (self, error))
    return FALSE;
  if (changed)
    {
      code = ext2fs_close2 (self->fs, EXT2_FLAG_FLUSH_NO_SYNC);
      if (code != 0)
        return domuimg_ext_fail (self, code, error, "writing the filesystem's metadata");
      self->fs = NULL;
    }
  if (sync && !domuimg_region_sync (self->region))
    return domuimg_set_errno (error, errno, "%s: writing it out", self->region->name);
  return TRUE;
}
