/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/fs/ext/fs.h"

#include <errno.h>
#include <et/com_err.h>
#include <fcntl.h>
#include <unistd.h>

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
  g_set_error (error, DOMUIMG_ERROR, code_of (code), "%s: %s: %s", self->path, doing,
               error_message (code));
  return FALSE;
}

static gboolean
open_filesystem (DomuimgExtFs *self, guint64 offset, gboolean writable, GError **error)
{
  g_autofree char *options = g_strdup_printf ("offset=%" G_GUINT64_FORMAT, offset);
  int flags = EXT2_FLAG_64BITS | EXT2_FLAG_THREADS | (writable ? EXT2_FLAG_RW : 0);
  errcode_t code;

  code = ext2fs_open2 (self->path, options, flags, 0, 0, unix_io_manager, &self->fs);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "opening the ext filesystem");
  if (ext2fs_has_feature_journal_needs_recovery (self->fs->super) && writable)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the filesystem was not unmounted: its journal holds what is not yet in"
                         " place; boot the guest and shut it down, or run e2fsck -p on it",
                         self->path);
  if (!writable)
    return TRUE;
  if (!ext2fs_has_feature_extents (self->fs->super))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: a filesystem without extents (ext2, ext3) can be read, not changed",
                         self->path);

  self->fs->now = self->now.sec;
  code = ext2fs_read_bitmaps (self->fs);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "reading the allocation bitmaps");
  return TRUE;
}

DomuimgExtFs *
domuimg_ext_fs_open (const char *path, guint64 offset, gboolean writable, GError **error)
{
  g_autoptr (DomuimgExtFs) self = g_new0 (DomuimgExtFs, 1);

  self->path = g_strdup (path);
  self->base = offset;
  self->now = domuimg_build_time ();
  self->fd = open (path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (self->fd < 0)
    {
      domuimg_set_errno (error, errno, "%s", path);
      return NULL;
    }
  if (!open_filesystem (self, offset, writable, error))
    return NULL;
  self->next = self->fs->super->s_first_data_block;
  if (writable)
    self->buffer = g_malloc (BUFFER_SIZE);
  return g_steal_pointer (&self);
}

DomuimgExtFs *
domuimg_ext_fs_open_fd (int fd, const char *name, guint64 offset, GError **error)
{
  g_autofree char *options = g_strdup_printf ("offset=%" G_GUINT64_FORMAT, offset);
  g_autofree char *number = NULL;
  g_autoptr (DomuimgExtFs) self = g_new0 (DomuimgExtFs, 1);
  errcode_t code;
  int for_library;

  self->path = g_strdup (name);
  self->base = offset;
  self->now = domuimg_build_time ();
  self->fd = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  /* libext2fs closes its own. */
  for_library = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  if (self->fd < 0 || for_library < 0)
    {
      domuimg_set_errno (error, errno, "%s", name);
      return NULL;
    }
  number = g_strdup_printf ("%d", for_library);
  code = ext2fs_open2 (number, options, EXT2_FLAG_64BITS, 0, 0, unixfd_io_manager, &self->fs);
  if (code == 0)
    return g_steal_pointer (&self);
  domuimg_ext_fail (self, code, error, "opening the ext filesystem");
  return NULL;
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
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->names, g_hash_table_unref);
  g_free (self->buffer);
  g_free (self->path);
  g_free (self);
}

gboolean
domuimg_ext_fs_close (DomuimgExtFs *self, gboolean sync, GError **error)
{
  g_autoptr (DomuimgExtFs) owned = self;
  errcode_t code;

  if (!domuimg_ext_flush_data (self, error))
    return FALSE;
  code = ext2fs_close2 (self->fs, EXT2_FLAG_FLUSH_NO_SYNC);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "writing the filesystem's metadata");
  self->fs = NULL;
  if (sync && fsync (self->fd) != 0)
    return domuimg_set_errno (error, errno, "%s: writing it out", self->path);
  return TRUE;
}
