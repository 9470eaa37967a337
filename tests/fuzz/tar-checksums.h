/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define TAR_BLOCK 512
#define TAR_CHECKSUM_AT 148
#define TAR_CHECKSUM_SIZE 8
#define TAR_MAGIC_AT 257

/* A header's checksum is one that no fuzzer guesses: without this, nothing behind it is reached.
 * A header without the magic keeps the checksum that it has. */
static inline void
fix_tar_checksums (guint8 *data, gsize size)
{
  for (gsize at = 0; at + TAR_BLOCK <= size; at += TAR_BLOCK)
    {
      guint8 *header = data + at;
      guint sum = 0;

      if (memcmp (header + TAR_MAGIC_AT, "ustar", 5) != 0)
        continue;
      memset (header + TAR_CHECKSUM_AT, ' ', TAR_CHECKSUM_SIZE);
      for (guint i = 0; i < TAR_BLOCK; i++)
        sum += header[i];
      g_snprintf ((char *) header + TAR_CHECKSUM_AT, TAR_CHECKSUM_SIZE, "%06o", sum);
    }
}
