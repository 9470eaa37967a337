/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes bytes, and leaves holes for zeros. */
#include "config.h"
#include "lib/base/sparse.h"

#include <string.h>

#include "lib/base/fd.h"

#define PAGE 4096

gboolean
domuimg_is_zero (const void *data, gsize length)
{
  const guint8 *bytes = data;

  /* All of them equal the first, which is 0. */
  return length == 0 || (bytes[0] == 0 && memcmp (bytes, bytes + 1, length - 1) == 0);
}

/* The bytes from @at that belong together: all to be written, or none. */
static gsize
run_length (const guint8 *data, gsize at, gsize length, guint64 offset, gboolean *is_zero)
{
  gsize end = at;

  while (end < length)
    {
      gsize now = MIN (length - end, PAGE - (offset + end) % PAGE);
      gboolean zero = domuimg_is_zero (data + end, now);

      if (end > at && zero != *is_zero)
        break;
      *is_zero = zero;
      end += now;
    }
  return end - at;
}

gboolean
domuimg_sparse_write (int fd, const void *data, gsize length, guint64 offset)
{
  for (gsize at = 0; at < length;)
    {
      gboolean is_zero = FALSE;
      gsize run = run_length (data, at, length, offset, &is_zero);

      if (!is_zero && !domuimg_pwrite_all (fd, (const guint8 *) data + at, run, offset + at))
        return FALSE;
      at += run;
    }
  return TRUE;
}
