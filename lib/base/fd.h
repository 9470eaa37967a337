/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <errno.h>
#include <glib.h>
#include <unistd.h>

/* Writes all of @data; FALSE with errno set. */
static inline gboolean
domuimg_write_all (int fd, const void *data, gsize length)
{
  const guint8 *at = data;

  while (length > 0)
    {
      gssize written = write (fd, at, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return FALSE;
      at += written;
      length -= (gsize) written;
    }
  return TRUE;
}

/* The same at @offset of the file. */
static inline gboolean
domuimg_pwrite_all (int fd, const void *data, gsize length, guint64 offset)
{
  const guint8 *at = data;

  while (length > 0)
    {
      gssize written = pwrite (fd, at, length, (off_t) offset);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return FALSE;
      at += written;
      offset += (guint64) written;
      length -= (gsize) written;
    }
  return TRUE;
}

/* Zeros up to a multiple of @alignment, at most 16, from the start of the file; FALSE with errno. */
static inline gboolean
domuimg_pad_file (int fd, guint alignment)
{
  static const guint8 zeros[16];
  off_t end = lseek (fd, 0, SEEK_CUR);
  gsize over = end > 0 ? (gsize) end % alignment : 0;

  return end >= 0 && (over == 0 || domuimg_write_all (fd, zeros, alignment - over));
}

/* g_autofd is not there before GLib 2.76. */
typedef int DomuimgFd;

static inline void
domuimg_fd_clear (DomuimgFd *fd)
{
  int saved_errno = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved_errno;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgFd, domuimg_fd_clear)
