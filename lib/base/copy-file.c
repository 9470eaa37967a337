/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies files with their holes, owner and mode, by reflink where the filesystem can. */
#include "config.h"
#include "lib/base/copy-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/sparse.h"

#define BUFFER ((gsize) 1 << 20)
#define PIECE ((guint64) 8 << 20)
/* Room for what is then changed in the copy. */
#define SLACK ((guint64) 16 << 20)

typedef struct {
  const char *from;
  const char *to;
  int in;
  int out;
  struct stat status;
  GCancellable *cancellable;
} Copy;

static gboolean
copy_xattr (const Copy *self, const char *name, GError **error)
{
  gssize size = fgetxattr (self->in, name, NULL, 0);
  g_autofree char *value = g_malloc (MAX (size, 1));

  size = size >= 0 ? fgetxattr (self->in, name, value, size) : size;
  if (size >= 0 && fsetxattr (self->out, name, value, size, 0) == 0)
    return TRUE;
  return domuimg_set_errno (error, errno, "copying the attribute %s of %s", name, self->from);
}

static gboolean
copy_xattrs (const Copy *self, GError **error)
{
  gssize size = flistxattr (self->in, NULL, 0);
  g_autofree char *names = g_malloc (MAX (size, 1));

  size = size > 0 ? flistxattr (self->in, names, size) : size;
  if (size < 0 && errno != ENOTSUP)
    return domuimg_set_errno (error, errno, "listing the attributes of %s", self->from);
  for (const char *name = names; size > 0 && name < names + size; name += strlen (name) + 1)
    if (!copy_xattr (self, name, error))
      return FALSE;
  return TRUE;
}

static gboolean
copy_attributes (const Copy *self, GError **error)
{
  struct stat made;

  if (fstat (self->out, &made) != 0)
    return domuimg_set_errno (error, errno, "opening %s", self->to);
  if ((made.st_uid != self->status.st_uid || made.st_gid != self->status.st_gid)
      && fchown (self->out, self->status.st_uid, self->status.st_gid) != 0)
    return domuimg_set_errno (error, errno, "keeping the owner of %s", self->from);
  if (!copy_xattrs (self, error))
    return FALSE;
  if (fchmod (self->out, self->status.st_mode & 07777) != 0)
    return domuimg_set_errno (error, errno, "keeping the mode of %s", self->from);
  return TRUE;
}

static gboolean
check_space (const Copy *self, GError **error)
{
  guint64 needed = (guint64) self->status.st_blocks * 512 + SLACK;
  struct statvfs room;
  guint64 there;

  if (fstatvfs (self->out, &room) != 0)
    return domuimg_set_errno (error, errno, "asking for the space beside %s", self->from);
  there = (guint64) room.f_bavail * room.f_frsize;
  if (there >= needed)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                       "%s is changed in a copy beside it, which needs %" G_GUINT64_FORMAT
                       " MiB, and %" G_GUINT64_FORMAT " MiB are free there",
                       self->from, needed >> 20, there >> 20);
}

/* Some filesystems, and two of different types, copy nothing by themselves. */
static gboolean
cannot_copy (int code)
{
  return code == EXDEV || code == EOPNOTSUPP || code == ENOSYS || code == EINVAL;
}

static gboolean
copy_by_hand (const DomuimgCopyExtent *self, off_t from, off_t end, GCancellable *cancellable,
              GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER);

  while (from < end)
    {
      off_t to = (off_t) self->to + (from - (off_t) self->from);
      gssize got = pread (self->in, buffer, MIN ((gsize) (end - from), BUFFER), from);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return domuimg_set_errno (error, got < 0 ? errno : EIO, "reading %s", self->name);
      if (!domuimg_sparse_write (self->out, buffer, (gsize) got, (guint64) to))
        return domuimg_set_errno (error, errno, "copying %s", self->name);
      from += got;
    }
  return TRUE;
}

static gboolean
copy_range (const DomuimgCopyExtent *self, off_t from, off_t end, GCancellable *cancellable,
            GError **error)
{
  off_t to = (off_t) self->to + (from - (off_t) self->from);

  while (from < end)
    {
      gssize done = copy_file_range (self->in, &from, self->out, &to,
                                     MIN ((guint64) (end - from), PIECE), 0);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (done < 0 && cannot_copy (errno))
        return copy_by_hand (self, from, end, cancellable, error);
      if (done < 0 && errno != EINTR)
        return domuimg_set_errno (error, errno, "copying %s", self->name);
      if (done == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s became shorter while it was copied",
                             self->name);
    }
  return TRUE;
}

gboolean
domuimg_copy_extent (const DomuimgCopyExtent *self, GCancellable *cancellable, GError **error)
{
  off_t end = (off_t) (self->from + self->length);
  off_t data, hole = (off_t) self->from;

  while (hole < end && (data = lseek (self->in, hole, SEEK_DATA)) >= 0 && data < end)
    {
      hole = lseek (self->in, data, SEEK_HOLE);
      if (hole < 0)
        return domuimg_set_errno (error, errno, "looking for holes in %s", self->name);
      if (!copy_range (self, data, MIN (hole, end), cancellable, error))
        return FALSE;
    }
  /* ENXIO: there is no more data. */
  if (hole < end && data < 0 && errno != ENXIO)
    return domuimg_set_errno (error, errno, "looking for data in %s", self->name);
  return TRUE;
}

static gboolean
copy_data (const Copy *self, GError **error)
{
  off_t size = self->status.st_size;
  const DomuimgCopyExtent whole
      = { .in = self->in, .out = self->out, .length = (guint64) size, .name = self->from };

  if (ioctl (self->out, FICLONE, self->in) == 0)
    return TRUE;
  if (!check_space (self, error))
    return FALSE;
  if (ftruncate (self->out, size) != 0)
    return domuimg_set_errno (error, errno, "giving %s its size", self->to);
  return domuimg_copy_extent (&whole, self->cancellable, error);
}

static gboolean
copy_open (Copy *self, GError **error)
{
  self->in = open (self->from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (self->in < 0 || fstat (self->in, &self->status) != 0)
    return domuimg_set_errno (error, errno, "opening %s", self->from);
  if (!S_ISREG (self->status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is not a file", self->from);
  self->out = open (self->to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  return self->out >= 0 || domuimg_set_errno (error, errno, "making %s", self->to);
}

gboolean
domuimg_copy_file (const char *from, const char *to, GCancellable *cancellable, GError **error)
{
  Copy self = { from, to, -1, -1, { 0 }, cancellable };
  gboolean ok;

  ok = copy_open (&self, error) && copy_data (&self, error) && copy_attributes (&self, error);
  domuimg_fd_clear (&self.in);
  domuimg_fd_clear (&self.out);
  return ok;
}

gboolean
domuimg_copy_file_as (const char *from, const char *to, const void *content, gsize length,
                      GError **error)
{
  Copy self = { from, to, -1, -1, { 0 }, NULL };
  gboolean ok;

  ok = copy_open (&self, error)
       && (domuimg_write_all (self.out, content, length)
           || domuimg_set_errno (error, errno, "writing %s", to))
       && copy_attributes (&self, error);
  domuimg_fd_clear (&self.in);
  domuimg_fd_clear (&self.out);
  return ok;
}

gboolean
domuimg_write_text (const char *path, const char *name, const char *text, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);

  if (fd < 0)
    return domuimg_set_errno (error, errno, "making %s", name);
  return domuimg_write_all (fd, text, strlen (text))
         || domuimg_set_errno (error, errno, "writing %s", name);
}
