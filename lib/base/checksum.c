/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checksum of an open file. */
#include "config.h"
#include "lib/base/checksum.h"

#include <errno.h>
#include <unistd.h>

#define PIECE (1 << 20)

gboolean
domuimg_checksum_add_fd (GChecksum *checksum, int fd, const char *name, guint64 *length,
                         GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE);
  gssize got;

  *length = 0;
  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      got = pread (fd, piece, PIECE, (goffset) *length);
      if (got < 0 && errno != EINTR)
        return domuimg_set_errno (error, errno, "reading %s", name);
      if (got > 0)
        g_checksum_update (checksum, piece, got);
      *length += (guint64) MAX (got, 0);
    }
  while (got != 0);
  return TRUE;
}
