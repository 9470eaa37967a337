/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes in a file, by descriptor, offset and length, or of what else holds some. */
#include "config.h"
#include "lib/base/region.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* Takes @fd; @whole (nullable) is what it belongs to otherwise. */
static DomuimgRegion *
region_new (int fd, DomuimgRegion *whole, guint64 offset, guint64 length, const char *name)
{
  DomuimgRegion *self = g_new0 (DomuimgRegion, 1);

  g_atomic_ref_count_init (&self->references);
  self->fd = fd;
  self->whole = whole;
  self->offset = offset;
  self->length = length;
  self->name = g_strdup (name);
  self->back = whole != NULL ? whole->back : NULL;
  self->data = whole != NULL ? whole->data : NULL;
  return self;
}

DomuimgRegion *
domuimg_region_new_backed (const DomuimgRegionBack *back, gpointer data, guint64 length,
                           const char *name)
{
  DomuimgRegion *self = region_new (-1, NULL, 0, length, name);

  self->back = back;
  self->data = data;
  return self;
}

static DomuimgRegion *
take (DomuimgFd *fd, const char *name, GError **error)
{
  off_t end = lseek (*fd, 0, SEEK_END);

  if (end >= 0)
    return region_new (g_steal_fd (fd), NULL, 0, end, name);
  domuimg_set_errno (error, errno, "%s: finding its size", name);
  return NULL;
}

DomuimgRegion *
domuimg_region_open (const char *path, gboolean writable, GError **error)
{
  /* O_NONBLOCK: a FIFO must not wait for its other end. */
  g_auto (DomuimgFd) fd
      = open (path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status;

  if (fd < 0 || fstat (fd, &status) != 0)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return NULL;
    }
  if (S_ISREG (status.st_mode) || S_ISBLK (status.st_mode))
    return take (&fd, path, error);
  domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is neither a file nor a block device",
                path);
  return NULL;
}

DomuimgRegion *
domuimg_region_new_for_fd (int fd, const char *name, GError **error)
{
  g_auto (DomuimgFd) copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  if (copy >= 0)
    return take (&copy, name, error);
  domuimg_set_errno (error, errno, "%s", name);
  return NULL;
}

DomuimgRegion *
domuimg_region_make_writable (DomuimgRegion *self, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/dev/fd/%d", self->fd);
  int fd;

  if (self->back != NULL || (fcntl (self->fd, F_GETFL) & O_ACCMODE) == O_RDWR)
    return domuimg_region_ref (self);
  fd = open (path, O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd >= 0)
    return region_new (fd, NULL, self->offset, self->length, self->name);
  domuimg_set_errno (error, errno, "opening %s for writing", self->name);
  return NULL;
}

DomuimgRegion *
domuimg_region_new_part (DomuimgRegion *self, guint64 offset, guint64 length)
{
  DomuimgRegion *whole = self->whole != NULL ? self->whole : self;

  return region_new (self->fd, domuimg_region_ref (whole), self->offset + offset, length,
                     self->name);
}

DomuimgRegion *
domuimg_region_new_named (DomuimgRegion *self, const char *name)
{
  DomuimgRegion *whole = self->whole != NULL ? self->whole : self;

  return region_new (self->fd, domuimg_region_ref (whole), self->offset, self->length, name);
}

DomuimgRegion *
domuimg_region_ref (DomuimgRegion *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
domuimg_region_unref (DomuimgRegion *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  if (self->whole != NULL)
    domuimg_region_unref (self->whole);
  else if (self->back != NULL)
    self->back->free (self->data);
  else
    close (self->fd);
  g_free (self->name);
  g_free (self);
}

gssize
domuimg_region_read (const DomuimgRegion *self, guint64 offset, void *buffer, gsize length)
{
  guint8 *to = buffer;
  gsize done = 0;

  if (offset >= self->length)
    return 0;
  length = MIN (length, self->length - offset);
  if (self->back != NULL)
    return self->back->read (self->data, self->offset + offset, buffer, length) ? (gssize) length
                                                                                 : -1;
  while (done < length)
    {
      gssize got = pread (self->fd, to + done, length - done, self->offset + offset + done);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return -1;
      if (got == 0)
        break;
      done += got;
    }
  return done;
}

gboolean
domuimg_region_read_all (const DomuimgRegion *self, guint64 offset, void *buffer, gsize length)
{
  gssize got = domuimg_region_read (self, offset, buffer, length);

  if (got >= 0 && (gsize) got < length)
    errno = EIO;
  return got >= 0 && (gsize) got == length;
}

gboolean
domuimg_region_write (const DomuimgRegion *self, guint64 offset, const void *data, gsize length)
{
  if (offset > self->length || length > self->length - offset)
    {
      errno = ENOSPC;
      return FALSE;
    }
  if (self->back != NULL)
    return self->back->write (self->data, self->offset + offset, data, length);
  return domuimg_pwrite_all (self->fd, data, length, self->offset + offset);
}

void
domuimg_region_reserve (const DomuimgRegion *self, guint64 offset, const void *bytes, gsize length)
{
  if (self->back != NULL && self->back->reserve != NULL && offset <= self->length
      && length <= self->length - offset)
    self->back->reserve (self->data, self->offset + offset, bytes, length);
}

void
domuimg_region_begin_sync (const DomuimgRegion *self)
{
  if (self->back != NULL)
    self->back->sync (self->data, FALSE);
  else
    sync_file_range (self->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

gboolean
domuimg_region_sync (const DomuimgRegion *self)
{
  return self->back != NULL ? self->back->sync (self->data, TRUE) : fsync (self->fd) == 0;
}
