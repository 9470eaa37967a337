/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/lzop.h"

#include <lzo/lzo1x.h>

/* The kernel's own decompressor takes no larger blocks. */
#define BLOCK_MAX ((guint32) 256 * 1024)
#define MAGIC_SIZE 9

/* Flags in the header. */
#define ADLER32_PLAIN 0x00000001u
#define ADLER32_PACKED 0x00000002u
#define EXTRA_FIELD 0x00000040u
#define CRC32_PLAIN 0x00000100u
#define CRC32_PACKED 0x00000200u
#define FILTER 0x00000800u

struct _DomuimgLzop {
  const DomuimgInput *input;
  guint64 start;
  guint64 offset;
  guint32 flags;
  guint8 packed[BLOCK_MAX];
  guint8 plain[BLOCK_MAX];
};

static gboolean
fail_damaged (DomuimgLzop *self, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: the lzo data are damaged or cut off", self->input->name);
}

static gboolean
take (DomuimgLzop *self, void *to, gsize length, GError **error)
{
  guint8 *at = to;

  while (length > 0)
    {
      gssize got = self->input->read_at (self->input->user_data, self->offset, at, length, error);

      if (got < 0)
        return FALSE;
      if (got == 0)
        return fail_damaged (self, error);
      at += got;
      length -= (gsize) got;
      self->offset += (guint64) got;
    }
  return TRUE;
}

static gboolean
take_be32 (DomuimgLzop *self, guint32 *value, GError **error)
{
  if (!take (self, value, sizeof *value, error))
    return FALSE;
  *value = GUINT32_FROM_BE (*value);
  return TRUE;
}

static gboolean
read_header (DomuimgLzop *self, GError **error)
{
  /* Magic, three versions, method, level. */
  guint8 head[MAGIC_SIZE + 8];
  guint8 name_length;
  guint32 length;

  if (!take (self, head, sizeof head, error) || !take_be32 (self, &self->flags, error))
    return FALSE;
  /* Versions before 0.94 lack fields; no kernel was ever made with them. */
  if (head[MAGIC_SIZE] * 256 + head[MAGIC_SIZE + 1] < 0x0940)
    return fail_damaged (self, error);
  /* The filter, then mode and twice half the time. */
  self->offset += (self->flags & FILTER ? 4 : 0) + 12;
  if (!take (self, &name_length, 1, error))
    return FALSE;
  self->offset += name_length + 4;
  if (!(self->flags & EXTRA_FIELD))
    return TRUE;
  if (!take_be32 (self, &length, error))
    return FALSE;
  self->offset += (guint64) length + 4;
  return TRUE;
}

DomuimgLzop *
domuimg_lzop_new (const DomuimgInput *input, guint64 offset, GError **error)
{
  g_autoptr (DomuimgLzop) self = g_new0 (DomuimgLzop, 1);

  self->input = input;
  self->start = self->offset = offset;
  return read_header (self, error) ? g_steal_pointer (&self) : NULL;
}

void
domuimg_lzop_free (DomuimgLzop *self)
{
  g_free (self);
}

gssize
domuimg_lzop_read (DomuimgLzop *self, const void **data, GError **error)
{
  guint32 plain_size, packed_size;
  lzo_uint size;

  if (!take_be32 (self, &plain_size, error))
    return -1;
  if (plain_size == 0)
    return 0;
  if (!take_be32 (self, &packed_size, error))
    return -1;
  if (plain_size > BLOCK_MAX || packed_size == 0 || packed_size > plain_size)
    return fail_damaged (self, error) - 1;
  self->offset += (self->flags & ADLER32_PLAIN ? 4 : 0) + (self->flags & CRC32_PLAIN ? 4 : 0);
  if (packed_size < plain_size)
    self->offset += (self->flags & ADLER32_PACKED ? 4 : 0) + (self->flags & CRC32_PACKED ? 4 : 0);
  if (!take (self, self->packed, packed_size, error))
    return -1;
  *data = self->packed;
  if (packed_size == plain_size)
    return (gssize) plain_size;

  *data = self->plain;
  size = plain_size;
  if (lzo1x_decompress_safe (self->packed, packed_size, self->plain, &size, NULL) != LZO_E_OK
      || size != plain_size)
    return fail_damaged (self, error) - 1;
  return (gssize) plain_size;
}

guint64
domuimg_lzop_get_consumed (DomuimgLzop *self)
{
  return self->offset - self->start;
}
