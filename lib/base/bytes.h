/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <string.h>

/* Bounds-checked reads of foreign bytes; FALSE and no change when out of range. */
typedef struct {
  const guint8 *data;
  gsize size;
} DomuimgBytes;

/* Says that a function keeps a pointer and does not look behind it, so that a buffer which is yet to
 * be filled is no cause for a warning. */
#if defined __has_attribute
#if __has_attribute (access)
#define DOMUIMG_NOT_READ(argument) __attribute__ ((access (none, argument)))
#endif
#endif
#ifndef DOMUIMG_NOT_READ
#define DOMUIMG_NOT_READ(argument)
#endif

static inline DomuimgBytes DOMUIMG_NOT_READ (1)
domuimg_bytes (const void *data, gsize size)
{
  return (DomuimgBytes){ data, size };
}

static inline DomuimgBytes
domuimg_bytes_of (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return (DomuimgBytes){ data, size };
}

static inline gboolean
domuimg_bytes_has (DomuimgBytes self, guint64 offset, guint64 length)
{
  return offset <= self.size && length <= self.size - offset;
}

static inline gboolean
domuimg_bytes_read (DomuimgBytes self, guint64 offset, void *to, gsize length)
{
  if (!domuimg_bytes_has (self, offset, length))
    return FALSE;
  memcpy (to, self.data + offset, length);
  return TRUE;
}

static inline gboolean
domuimg_bytes_u8 (DomuimgBytes self, guint64 offset, guint8 *value)
{
  return domuimg_bytes_read (self, offset, value, 1);
}

static inline gboolean
domuimg_bytes_le16 (DomuimgBytes self, guint64 offset, guint16 *value)
{
  if (!domuimg_bytes_read (self, offset, value, sizeof *value))
    return FALSE;
  *value = GUINT16_FROM_LE (*value);
  return TRUE;
}

static inline gboolean
domuimg_bytes_le32 (DomuimgBytes self, guint64 offset, guint32 *value)
{
  if (!domuimg_bytes_read (self, offset, value, sizeof *value))
    return FALSE;
  *value = GUINT32_FROM_LE (*value);
  return TRUE;
}

static inline gboolean
domuimg_bytes_le64 (DomuimgBytes self, guint64 offset, guint64 *value)
{
  if (!domuimg_bytes_read (self, offset, value, sizeof *value))
    return FALSE;
  *value = GUINT64_FROM_LE (*value);
  return TRUE;
}

static inline gboolean
domuimg_bytes_be32 (DomuimgBytes self, guint64 offset, guint32 *value)
{
  if (!domuimg_bytes_read (self, offset, value, sizeof *value))
    return FALSE;
  *value = GUINT32_FROM_BE (*value);
  return TRUE;
}

static inline gboolean
domuimg_bytes_be64 (DomuimgBytes self, guint64 offset, guint64 *value)
{
  if (!domuimg_bytes_read (self, offset, value, sizeof *value))
    return FALSE;
  *value = GUINT64_FROM_BE (*value);
  return TRUE;
}

/* A part of @self; empty where the part is not wholly inside. */
static inline DomuimgBytes
domuimg_bytes_slice (DomuimgBytes self, guint64 offset, guint64 length)
{
  if (!domuimg_bytes_has (self, offset, length))
    return (DomuimgBytes){ self.data, 0 };
  return (DomuimgBytes){ self.data + offset, length };
}

static inline gboolean
domuimg_bytes_starts_with (DomuimgBytes self, const void *magic, gsize length)
{
  return self.size >= length && memcmp (self.data, magic, length) == 0;
}
