/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the zstd frames of a file end, so that what follows them is not read as one. */
#include "config.h"
#include "lib/base/zstd-frames.h"

#define MAGIC 0xfd2fb528u
#define HEADER_SIZE 5 /* magic and descriptor */
#define BLOCK_HEADER_SIZE 3
#define CHECKSUM_SIZE 4
/* 2 GiB are 16384 full blocks; tiny ones by the million are hostile. */
#define READS_MAX (256 * 1024)

/* One byte that is repeated. */
#define BLOCK_RLE 1

static gboolean
read_le (const DomuimgInput *input, guint64 offset, gsize width, guint64 *value)
{
  guint8 bytes[8] = { 0 };
  gsize have = 0;

  while (have < width)
    {
      gssize got
          = input->read_at (input->user_data, offset + have, bytes + have, width - have, NULL);

      if (got <= 0)
        return FALSE;
      have += (gsize) got;
    }
  memcpy (value, bytes, sizeof *value);
  *value = GUINT64_FROM_LE (*value);
  return TRUE;
}

/* What lies between the descriptor and the first block. */
static guint64
header_rest (guint8 descriptor)
{
  static const guint8 dictionary_sizes[] = { 0, 1, 2, 4 };
  gboolean single = descriptor & 0x20;
  guint content_flag = descriptor >> 6;
  guint content_size = content_flag > 0 ? 1u << content_flag : single ? 1 : 0;

  return (single ? 0 : 1) + (guint64) dictionary_sizes[descriptor & 3] + content_size;
}

static gboolean
skip_frame (const DomuimgInput *input, guint64 *offset, guint8 descriptor, guint *reads)
{
  guint64 at = *offset + HEADER_SIZE + header_rest (descriptor);
  guint64 block = 0;

  do
    {
      if (++*reads > READS_MAX || !read_le (input, at, BLOCK_HEADER_SIZE, &block))
        return FALSE;
      at += BLOCK_HEADER_SIZE + ((block >> 1 & 3) == BLOCK_RLE ? 1 : block >> 3);
    }
  while (!(block & 1));
  *offset = at + (descriptor & 0x04 ? CHECKSUM_SIZE : 0);
  return TRUE;
}

guint64
domuimg_zstd_frames_end (const DomuimgInput *input, guint64 offset)
{
  guint64 head;
  guint reads = 0;

  while (read_le (input, offset, HEADER_SIZE, &head) && (guint32) head == MAGIC)
    if (!skip_frame (input, &offset, (guint8) (head >> 32), &reads))
      return G_MAXUINT64;
  return offset;
}
