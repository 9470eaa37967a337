/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes what a guest says on its serial line. */
#include "config.h"
#include "lib/qemu/serial.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/private-file.h"

#define LINE_MAX_BYTES 512
/* Who writes without end loses the beginning. */
#define LOG_MAX ((guint64) 64 << 20)
#define PANIC "Kernel panic - not syncing"
#define ESCAPE '\033'

struct _DomuimgSerial {
  DomuimgFd fd;
  char *path;
  guint64 length;
  GString *line;  /* not yet ended */
  enum { TEXT, AFTER_ESCAPE, IN_SEQUENCE } state;
  char *last;     /* (nullable) */
  gboolean is_new;
  char *panic;    /* (nullable) */
};

DomuimgSerial *
domuimg_serial_new (const char *log, GError **error)
{
  int fd = domuimg_private_file_make (log, error);
  DomuimgSerial *self;

  if (fd < 0)
    return NULL;
  self = g_new0 (DomuimgSerial, 1);
  self->fd = fd;
  self->path = g_strdup (log);
  self->line = g_string_new (NULL);
  return self;
}

void
domuimg_serial_free (DomuimgSerial *self)
{
  domuimg_fd_clear (&self->fd);
  g_free (self->path);
  g_string_free (self->line, TRUE);
  g_free (self->last);
  g_free (self->panic);
  g_free (self);
}

/* Frames and bars of a text screen are no words. */
static gboolean
has_words (const char *text)
{
  guint letters = 0;

  for (; *text != '\0'; text++)
    if (g_ascii_isalpha (*text))
      letters++;
  return letters >= 3;
}

static void
end_line (DomuimgSerial *self)
{
  g_autofree char *text = g_utf8_make_valid (self->line->str, (gssize) self->line->len);

  g_string_truncate (self->line, 0);
  g_strstrip (text);
  if (!has_words (text))
    return;
  if (self->panic == NULL && strstr (text, PANIC) != NULL)
    self->panic = g_strdup (strstr (text, PANIC));
  /* "[    2.809107] …" is of interest to nobody who waits for an installer. */
  if (*text == '[')
    return;
  g_free (self->last);
  self->last = g_steal_pointer (&text);
  self->is_new = TRUE;
}

/* ECMA-48: a control sequence begins with ESC [ and ends with a byte from @ to ~; other sequences that occur
 * have one byte behind ESC. What moves the cursor ends a line. */
static void
take_byte (DomuimgSerial *self, char byte)
{
  switch (self->state)
    {
    case AFTER_ESCAPE:
      self->state = byte == '[' ? IN_SEQUENCE : TEXT;
      return;
    case IN_SEQUENCE:
      if (byte < '@' || byte > '~')
        return;
      self->state = TEXT;
      if (byte != 'm')
        end_line (self);
      return;
    case TEXT:
      if (byte == ESCAPE)
        self->state = AFTER_ESCAPE;
      else if (byte == '\n' || byte == '\r' || self->line->len >= LINE_MAX_BYTES)
        end_line (self);
      else if (!g_ascii_iscntrl (byte))
        g_string_append_c (self->line, byte);
      return;
    }
}

static gboolean
write_log (DomuimgSerial *self, const char *data, gsize length, GError **error)
{
  if (self->length + length > LOG_MAX)
    {
      if (ftruncate (self->fd, 0) != 0 || lseek (self->fd, 0, SEEK_SET) != 0)
        return domuimg_set_errno (error, errno, "shortening %s", self->path);
      self->length = 0;
    }
  self->length += length;
  return domuimg_write_all (self->fd, data, length)
         || domuimg_set_errno (error, errno, "writing %s", self->path);
}

gboolean
domuimg_serial_take (DomuimgSerial *self, const char *data, gsize length, GError **error)
{
  for (gsize i = 0; i < length; i++)
    take_byte (self, data[i]);
  return write_log (self, data, length, error);
}

const char *
domuimg_serial_get_news (DomuimgSerial *self)
{
  gboolean is_new = self->is_new;

  self->is_new = FALSE;
  return is_new ? self->last : NULL;
}

const char *
domuimg_serial_get_panic (DomuimgSerial *self)
{
  return self->panic;
}
