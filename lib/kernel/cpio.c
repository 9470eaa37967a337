/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads cpio archives, whose bytes are pushed. */
#include "config.h"
#include "lib/kernel/cpio.h"

#include <limits.h>

#include "lib/base/bytes.h"

#define HEADER_SIZE 110
#define FIELD_SIZE 8
#define MODE_AT 14
#define FILE_SIZE_AT 54
#define NAME_SIZE_AT 94
#define CONTENT_MAX ((guint64) 4 * 1024 * 1024)

typedef enum {
  BETWEEN, /* zeros, then a header */
  HEADER,
  NAME,
  BODY,    /* skipped */
  CONTENT, /* kept, then the rest of the body is padding */
} State;

struct _DomuimgCpio {
  const char *input_name;
  DomuimgCpioFile file;
  DomuimgCpioContent content;
  gpointer user_data;

  State state;
  gboolean is_open;   /* headers, but no trailer yet */
  gboolean has_ended; /* a trailer has come */
  GByteArray *part;   /* header, name or content as far as it has come */
  guint64 wanted;     /* of @part */
  guint64 skip;       /* of a body with its padding */
  guint32 mode;
  guint32 file_size;
  guint32 name_size;
  char *name;
};

DomuimgCpio *
domuimg_cpio_new (const char *name, DomuimgCpioFile file, DomuimgCpioContent content,
                  gpointer user_data)
{
  DomuimgCpio *self = g_new0 (DomuimgCpio, 1);

  self->input_name = name;
  self->file = file;
  self->content = content;
  self->user_data = user_data;
  self->part = g_byte_array_new ();
  return self;
}

void
domuimg_cpio_free (DomuimgCpio *self)
{
  g_byte_array_unref (self->part);
  g_free (self->name);
  g_free (self);
}

static gboolean
fail_damaged (DomuimgCpio *self, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the cpio archive is damaged: %s",
                       self->input_name, what);
}

static void
collect (DomuimgCpio *self, State state, guint64 length)
{
  g_byte_array_set_size (self->part, 0);
  self->state = state;
  self->wanted = length;
}

static guint64
padding (guint64 length)
{
  return -length & 3;
}

static gboolean
parse_field (DomuimgCpio *self, gsize at, guint32 *value)
{
  *value = 0;
  for (gsize i = at; i < at + FIELD_SIZE; i++)
    {
      int digit = g_ascii_xdigit_value ((char) self->part->data[i]);

      if (digit < 0)
        return FALSE;
      *value = *value << 4 | (guint32) digit;
    }
  return TRUE;
}

static gboolean
end_header (DomuimgCpio *self, GError **error)
{
  /* "070702" has checksums. */
  if (memcmp (self->part->data, "07070", 5) != 0
      || (self->part->data[5] != '1' && self->part->data[5] != '2'))
    return fail_damaged (self, "a header is not of the newc format", error);
  if (!parse_field (self, MODE_AT, &self->mode)
      || !parse_field (self, FILE_SIZE_AT, &self->file_size)
      || !parse_field (self, NAME_SIZE_AT, &self->name_size))
    return fail_damaged (self, "a header has a wrong number", error);
  if (self->name_size == 0 || self->name_size > PATH_MAX)
    return fail_damaged (self, "a name is too long", error);
  self->is_open = TRUE;
  collect (self, NAME, self->name_size + padding (HEADER_SIZE + (guint64) self->name_size));
  return TRUE;
}

static const char *
strip_root (const char *name)
{
  while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
    name++;
  return name;
}

static gboolean
end_name (DomuimgCpio *self, GError **error)
{
  gboolean want_content = FALSE;

  if (self->part->data[self->name_size - 1] != '\0')
    return fail_damaged (self, "a name does not end", error);
  g_free (self->name);
  self->name = g_strdup (strip_root ((const char *) self->part->data));
  self->skip = self->file_size + padding (self->file_size);
  collect (self, BODY, 0);
  if (g_str_equal (self->name, "TRAILER!!!"))
    {
      self->is_open = FALSE;
      self->has_ended = TRUE;
    }
  else if (!self->file (self->name, &want_content, self->user_data, error))
    return FALSE;
  if (want_content && self->file_size <= CONTENT_MAX)
    {
      self->skip -= self->file_size;
      collect (self, CONTENT, self->file_size);
    }
  return TRUE;
}

static gboolean
end_part (DomuimgCpio *self, GError **error)
{
  if (self->state == HEADER)
    return end_header (self, error);
  if (self->state == NAME)
    return end_name (self, error);
  if (self->state == CONTENT)
    {
      g_autoptr (GBytes) content = g_bytes_new (self->part->data, self->part->len);

      self->content (self->name, content, self->user_data);
      self->state = BODY;
    }
  return TRUE;
}

/* Takes what the state asks for, at most @length bytes; -1 on error. */
static gssize
take_some (DomuimgCpio *self, const guint8 *data, gsize length, GError **error)
{
  gsize used;

  if (self->state == BODY)
    {
      used = MIN (length, self->skip);
      domuimg_cpio_skip (self, used);
      return (gssize) used;
    }
  used = MIN (length, self->wanted - self->part->len);
  g_byte_array_append (self->part, data, (guint) used);
  /* What comes next may want nothing, too: an empty file. */
  while (self->state != BODY && self->part->len == self->wanted)
    if (!end_part (self, error))
      return -1;
  if (self->state == BODY)
    domuimg_cpio_skip (self, 0);
  return (gssize) used;
}

gssize
domuimg_cpio_push (DomuimgCpio *self, const void *data, gsize length, GError **error)
{
  const guint8 *bytes = data;
  gsize at = 0;

  while (at < length)
    {
      gssize used = 1;

      if (self->state == BETWEEN && bytes[at] != '\0' && bytes[at] != '0')
        break;
      if (self->state == BETWEEN && bytes[at] == '0')
        collect (self, HEADER, HEADER_SIZE);
      if (self->state != BETWEEN)
        used = take_some (self, bytes + at, length - at, error);
      if (used < 0)
        return -1;
      at += (gsize) used;
    }
  return (gssize) at;
}

guint32
domuimg_cpio_get_mode (DomuimgCpio *self)
{
  return self->mode;
}

guint64
domuimg_cpio_get_skippable (DomuimgCpio *self)
{
  return self->state == BODY ? self->skip : 0;
}

void
domuimg_cpio_skip (DomuimgCpio *self, guint64 length)
{
  if (self->state != BODY)
    return;
  self->skip -= length;
  if (self->skip == 0)
    self->state = BETWEEN;
}

gboolean
domuimg_cpio_is_between (DomuimgCpio *self)
{
  return self->state == BETWEEN && !self->is_open;
}

gboolean
domuimg_cpio_is_complete (DomuimgCpio *self)
{
  return domuimg_cpio_is_between (self) && self->has_ended;
}
