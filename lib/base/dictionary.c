/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large the dictionary of an xz or lzma stream is, which a loader must have memory for. */
#include "config.h"
#include "lib/base/decompress.h"

#define STREAM_HEADER 12
#define LZMA2 0x21

/* Numbers in xz are in groups of 7 bits, the least first. */
static gboolean
read_number (DomuimgBytes bytes, guint64 *at, guint64 *value)
{
  *value = 0;
  for (guint shift = 0; shift < 63; shift += 7)
    {
      guint8 byte;

      if (!domuimg_bytes_u8 (bytes, (*at)++, &byte))
        return FALSE;
      *value |= (guint64) (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0)
        return TRUE;
    }
  return FALSE;
}

static guint64
size_of (guint8 property)
{
  if (property >= 40)
    return G_MAXUINT32;
  return (guint64) (2 | (property & 1)) << (property / 2 + 11);
}

static guint64
read_xz (DomuimgBytes stream)
{
  guint64 at = STREAM_HEADER + 2, id, size, ignored;
  guint8 flags, property;

  if (!domuimg_bytes_u8 (stream, STREAM_HEADER + 1, &flags))
    return 0;
  /* The block's sizes, each there or not. */
  if (((flags & 0x40) && !read_number (stream, &at, &ignored))
      || ((flags & 0x80) && !read_number (stream, &at, &ignored)))
    return 0;
  for (int i = 0; i <= (flags & 3); i++)
    {
      if (!read_number (stream, &at, &id) || !read_number (stream, &at, &size) || size > 16)
        return 0;
      if (id == LZMA2)
        return domuimg_bytes_u8 (stream, at, &property) ? size_of (property & 0x3f) : 0;
      at += size;
    }
  return 0;
}

guint64
domuimg_compression_get_dictionary (DomuimgCompression compression, DomuimgBytes stream)
{
  guint32 size;

  if (compression == DOMUIMG_COMPRESSION_XZ)
    return read_xz (stream);
  /* After the byte of lc, lp and pb. */
  if (compression == DOMUIMG_COMPRESSION_LZMA && domuimg_bytes_le32 (stream, 1, &size))
    return size;
  return 0;
}
