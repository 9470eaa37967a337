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
/* So many lines are no news when they come again. */
#define SAID_MAX 32
#define PANIC "Kernel panic - not syncing"
#define ESCAPE '\033'

struct _DomuimgSerial {
  DomuimgFd fd;
  char *path;
  guint64 length;
  GString *line;  /* not yet ended */
  enum { TEXT, AFTER_ESCAPE, IN_SEQUENCE } state;
  GPtrArray *said; /* (element-type utf8) the lines before, without the time of the day */
  gboolean has_stirred;
  GString *sentence; /* the last line that begins with a letter */
  char *question; /* (nullable) */
  char *asked;    /* (nullable) */
  char *last;     /* (nullable) */
  gboolean is_new;
  char *panic;    /* (nullable) */
};

DomuimgSerial *
domuimg_serial_new (const char *log, const char *question, GError **error)
{
  int fd = domuimg_private_file_make (log, error);
  DomuimgSerial *self;

  if (fd < 0)
    return NULL;
  self = g_new0 (DomuimgSerial, 1);
  self->fd = fd;
  self->path = g_strdup (log);
  self->question = g_strdup (question);
  self->line = g_string_new (NULL);
  self->sentence = g_string_new (NULL);
  self->said = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
domuimg_serial_free (DomuimgSerial *self)
{
  domuimg_fd_clear (&self->fd);
  g_free (self->path);
  g_string_free (self->line, TRUE);
  g_string_free (self->sentence, TRUE);
  g_ptr_array_unref (self->said);
  g_free (self->question);
  g_free (self->asked);
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

/* "[ (1*installer) 2 shell ][ Nov 30 16:46 ]" is drawn each minute by installers that wait for ever. */
static char *
leave_out_time (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?", 0, 0, NULL);

  return g_regex_replace_literal (regex, text, -1, 0, "", 0, NULL);
}

static void
note_line (DomuimgSerial *self, const char *text)
{
  char *said = leave_out_time (text);

  if (g_ptr_array_find_with_equal_func (self->said, said, g_str_equal, NULL))
    {
      g_free (said);
      return;
    }
  self->has_stirred = TRUE;
  g_ptr_array_add (self->said, said);
  if (self->said->len > SAID_MAX)
    g_ptr_array_remove_index (self->said, 0);
}

/* Its words stand before the choices, which are numbered. */
static void
note_question (DomuimgSerial *self, const char *text)
{
  if (self->asked == NULL)
    self->asked = g_strdup (self->sentence->len > 0 ? self->sentence->str : text);
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
  note_line (self, text);
  if (self->question != NULL && g_str_has_prefix (text, self->question))
    note_question (self, text);
  else if (g_ascii_isalpha (*text))
    g_string_assign (self->sentence, text);
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
        {
          g_string_append_c (self->line, byte);
          /* A bar or a row of dots that grows ends its line when it is done only. */
          self->has_stirred |= byte == '%' || byte == '.';
        }
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

gboolean
domuimg_serial_has_stirred (DomuimgSerial *self)
{
  gboolean has_stirred = self->has_stirred;

  self->has_stirred = FALSE;
  return has_stirred;
}

const char *
domuimg_serial_get_question (DomuimgSerial *self)
{
  return self->asked;
}

const char *
domuimg_serial_get_panic (DomuimgSerial *self)
{
  return self->panic;
}
