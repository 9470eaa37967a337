/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The menu on a guest's console. */
#include "config.h"
#include "lib/bootloader/console.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/terminal.h"
#include "lib/bootloader/message.h"

#define WINDOW 12
#define WIDTH 74
#define CMDLINE_MAX 4096
/* Milliseconds that a key's further bytes take at most. */
#define KEY_REST 100

enum { KEY_NONE, KEY_UP = 256, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_OTHER,
       KEY_TIMEOUT, KEY_GONE };
enum { CTRL_A = 1, CTRL_C = 3, CTRL_E = 5, CTRL_H = 8, CTRL_K = 11, CTRL_U = 21, ESCAPE = 27,
       DELETE = 127 };

typedef struct {
  int in;
  int out;
  gboolean dumb;
  DomuimgMenu *menu;
  int selected;
  int first;      /* of the entries that are shown */
  gint64 deadline; /* 0: there is none */
  GCancellable *cancellable;
} Console;

static void say (Console *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (Console *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  /* A terminal that is gone is seen when it is read. */
  (void) !domuimg_write_all (self->out, text, strlen (text));
}

/* At most @columns of what a guest wrote. */
static char *
cut (const char *text, glong columns)
{
  g_autofree char *plain = domuimg_bootloader_plain (text);

  return g_utf8_strlen (plain, -1) > columns ? g_utf8_substring (plain, 0, columns)
                                             : g_steal_pointer (&plain);
}

/* A byte; KEY_TIMEOUT after @wait ms (-1: never), KEY_GONE where nothing will come any more. */
static int
read_byte (Console *self, int wait)
{
  GPollFD cancel = { .fd = -1 };
  gboolean has_cancel = g_cancellable_make_pollfd (self->cancellable, &cancel);
  struct pollfd fds[] = { { self->in, POLLIN, 0 }, { cancel.fd, POLLIN, 0 } };
  int ready = poll (fds, has_cancel ? 2 : 1, wait);
  guint8 byte;

  if (has_cancel)
    g_cancellable_release_fd (self->cancellable);
  if (g_cancellable_is_cancelled (self->cancellable))
    return KEY_GONE;
  if (ready == 0 || (ready < 0 && errno == EINTR))
    return KEY_TIMEOUT;
  return read (self->in, &byte, 1) == 1 ? byte : KEY_GONE;
}

/* ESC [ A, ESC O A, ESC [ 1 ~ and their kin. */
static int
read_sequence (Console *self)
{
  int byte = read_byte (self, KEY_REST), last = 0;

  if (byte == KEY_TIMEOUT || byte == KEY_GONE)
    return ESCAPE;
  if (byte != '[' && byte != 'O')
    return KEY_OTHER;
  byte = read_byte (self, KEY_REST);
  while (byte < 256 && (g_ascii_isdigit (byte) || byte == ';'))
    {
      last = byte;
      byte = read_byte (self, KEY_REST);
    }
  switch (byte)
    {
    case 'A':
      return KEY_UP;
    case 'B':
      return KEY_DOWN;
    case 'C':
      return KEY_RIGHT;
    case 'D':
      return KEY_LEFT;
    case 'H':
      return KEY_HOME;
    case 'F':
      return KEY_END;
    case '~':
      return last == '1' || last == '7' ? KEY_HOME
             : last == '4' || last == '8' ? KEY_END
             : last == '3' ? DELETE
                           : KEY_OTHER;
    default:
      return KEY_OTHER;
    }
}

static int
read_key (Console *self, int wait)
{
  int byte = read_byte (self, wait);

  return byte == ESCAPE ? read_sequence (self) : byte;
}

static DomuimgMenuEntry *
entry_of (Console *self, int index)
{
  return g_ptr_array_index (self->menu->entries, index);
}

static int
seconds_left (Console *self)
{
  gint64 left = self->deadline - g_get_monotonic_time ();

  return (int) MAX ((left + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC, 0);
}

static void
draw (Console *self)
{
  g_autofree char *title = cut (self->menu->title != NULL ? self->menu->title : "Boot menu", WIDTH);
  int n = self->menu->entries->len;

  self->first = CLAMP (self->first, self->selected - WINDOW + 1, self->selected);
  say (self, "\033[0m\033[2J\033[H\r\n  %s\r\n\r\n", title);
  for (int i = self->first; i < n && i < self->first + WINDOW; i++)
    {
      g_autofree char *text = cut (entry_of (self, i)->title, WIDTH - 6);

      say (self, "  %s%3d  %s\033[0m\r\n", i == self->selected ? "\033[7m" : "", i, text);
    }
  say (self, "%s\r\n", self->first + WINDOW < n ? "       ...\r\n" : "");
  say (self, "  Up and down, or a number: choose   Enter: boot   e: edit the command line\r\n");
}

static void
draw_time (Console *self)
{
  if (self->deadline > 0)
    say (self, "\r\033[K  It is booted in %d s; any key stops that.", seconds_left (self));
}

/* The part of the line around the cursor. */
static void
draw_line (Console *self, const GString *line, gsize at)
{
  gsize first = at > WIDTH - 8 ? at - (WIDTH - 8) : 0;
  g_autofree char *shown = g_strndup (line->str + first, WIDTH - 4);

  say (self, "\r\033[K> %s\r\033[%" G_GSIZE_FORMAT "C", shown, at - first + 2);
}

/* What a key does to the line. */
static void
edit_line (GString *line, gsize *at, int key)
{
  if (key == KEY_LEFT && *at > 0)
    (*at)--;
  else if (key == KEY_RIGHT && *at < line->len)
    (*at)++;
  else if (key == KEY_HOME || key == CTRL_A)
    *at = 0;
  else if (key == KEY_END || key == CTRL_E)
    *at = line->len;
  else if (key == CTRL_K)
    g_string_truncate (line, *at);
  else if (key == CTRL_U)
    {
      g_string_erase (line, 0, *at);
      *at = 0;
    }
  else if ((key == CTRL_H || key == DELETE) && *at > 0)
    g_string_erase (line, --*at, 1);
  else if (key >= ' ' && key < DELETE && line->len < CMDLINE_MAX)
    g_string_insert_c (line, (*at)++, key);
}

/* TRUE: it is to be booted. */
static gboolean
edit (Console *self)
{
  DomuimgMenuEntry *entry = entry_of (self, self->selected);
  g_autofree char *title = cut (entry->title, WIDTH), *old = NULL;
  g_autoptr (GString) line = NULL;
  gsize at;
  int key;

  old = domuimg_bootloader_plain (entry->cmdline);
  line = g_string_new (old);
  at = line->len;
  say (self, "\033[0m\033[2J\033[H\r\n  %s\r\n\r\n  Enter: boot with this command line"
             "   Escape: back to the menu\r\n\r\n",
       title);
  while (TRUE)
    {
      draw_line (self, line, at);
      key = read_key (self, -1);
      if (key == ESCAPE || key == CTRL_C || key == KEY_GONE)
        return FALSE;
      if (key == '\r' || key == '\n')
        break;
      edit_line (line, &at, key);
    }
  g_free (entry->cmdline);
  entry->cmdline = g_strdup (line->str);
  return TRUE;
}

/* One key; TRUE: the selected entry is to be booted. */
static gboolean
take_key (Console *self, int key)
{
  int last = (int) self->menu->entries->len - 1;

  if (key == '\r' || key == '\n')
    return TRUE;
  if (key == 'e' && edit (self))
    return TRUE;
  if (key == KEY_UP || key == 'k')
    self->selected = MAX (self->selected - 1, 0);
  else if (key == KEY_DOWN || key == 'j')
    self->selected = MIN (self->selected + 1, last);
  else if (key == KEY_HOME)
    self->selected = 0;
  else if (key == KEY_END)
    self->selected = last;
  else if (key < 256 && g_ascii_isdigit (key))
    self->selected = MIN (key - '0', last);
  return FALSE;
}

static gboolean
gone (Console *self, GError **error)
{
  if (!g_cancellable_set_error_if_cancelled (self->cancellable, error))
    domuimg_fail (error, DOMUIMG_ERROR_IO,
                  "the console went away before an entry was chosen (--entry or --quiet asks"
                  " nobody)");
  return FALSE;
}

static gboolean
choose_by_keys (Console *self, GError **error)
{
  draw (self);
  while (TRUE)
    {
      int key;

      draw_time (self);
      key = read_key (self, self->deadline > 0 ? 250 : -1);
      if (self->deadline > 0
          && (key == KEY_TIMEOUT || (key == KEY_GONE && !g_cancellable_is_cancelled (
                                                            self->cancellable))))
        {
          if (seconds_left (self) == 0 || key == KEY_GONE)
            return TRUE;
          continue;
        }
      if (key == KEY_GONE)
        return gone (self, error);
      self->deadline = 0;
      if (take_key (self, key))
        return TRUE;
      if (key != KEY_TIMEOUT)
        draw (self);
    }
}

/* A line without its end; FALSE at the end of all. NULL in @line: the time is over. */
static gboolean
read_line (Console *self, char **line)
{
  g_autoptr (GString) text = g_string_new (NULL);

  while (text->len < CMDLINE_MAX)
    {
      int byte = read_byte (self, self->deadline > 0 ? seconds_left (self) * 1000 : -1);

      if (byte == KEY_GONE)
        return FALSE;
      if (byte == KEY_TIMEOUT && self->deadline > 0)
        {
          *line = NULL;
          return TRUE;
        }
      if (byte == KEY_TIMEOUT)
        continue;
      self->deadline = 0;
      if (byte == '\n' || byte == '\r')
        break;
      g_string_append_c (text, byte);
    }
  *line = g_string_free (g_steal_pointer (&text), FALSE);
  return TRUE;
}

/* A number, or nothing; "N e" asks for a command line. FALSE: ask again. */
static gboolean
take_line (Console *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit_set (line, " \t", 3);
  guint64 number = self->selected;
  g_autofree char *cmdline = NULL;

  if (*words == NULL || **words == '\0')
    return TRUE;
  if (!g_ascii_string_to_unsigned (words[0], 10, 0, self->menu->entries->len - 1, &number, NULL))
    return FALSE;
  self->selected = (int) number;
  if (words[1] == NULL || !g_str_equal (words[1], "e"))
    return words[1] == NULL;
  cmdline = domuimg_bootloader_plain (entry_of (self, self->selected)->cmdline);
  say (self, "%s\r\nCommand line (empty: as above): ", cmdline);
  g_clear_pointer (&cmdline, g_free);
  if (!read_line (self, &cmdline) || cmdline == NULL || *cmdline == '\0')
    return TRUE;
  g_free (entry_of (self, self->selected)->cmdline);
  entry_of (self, self->selected)->cmdline = g_steal_pointer (&cmdline);
  return TRUE;
}

static gboolean
choose_by_lines (Console *self, GError **error)
{
  for (guint i = 0; i < self->menu->entries->len; i++)
    {
      g_autofree char *text = cut (entry_of (self, i)->title, WIDTH - 6);

      say (self, "%4u  %s\r\n", i, text);
    }
  while (TRUE)
    {
      g_autofree char *line = NULL;

      say (self, "Entry to boot (N e: edit its command line) [%d]%s: ", self->selected,
           self->deadline > 0 ? ", soon by itself" : "");
      if (!read_line (self, &line))
        return self->deadline > 0 && !g_cancellable_is_cancelled (self->cancellable)
                   ? TRUE
                   : gone (self, error);
      if (line == NULL || take_line (self, line))
        return TRUE;
    }
}

int
domuimg_console_choose (DomuimgMenu *menu, gboolean quiet, GCancellable *cancellable,
                        GError **error)
{
  const char *terminal = g_getenv ("TERM");
  const int in = STDIN_FILENO, out = STDOUT_FILENO;
  Console self = { in, out, .menu = menu, .selected = MAX (menu->default_entry, 0),
                   .cancellable = cancellable };
  g_auto (DomuimgTerminal) keys = { .fd = -1 };
  gboolean chosen;

  if (quiet || !isatty (in) || !isatty (out) || (menu->timeout == 0 && !menu->waits))
    return self.selected;
  if (!menu->waits)
    self.deadline = g_get_monotonic_time () + (gint64) menu->timeout * G_USEC_PER_SEC;
  self.dumb = terminal == NULL || g_str_equal (terminal, "dumb") || !domuimg_terminal_make_raw (&keys, in);
  if (self.dumb)
    chosen = choose_by_lines (&self, error);
  else
    {
      chosen = choose_by_keys (&self, error);
      say (&self, "\033[0m\033[2J\033[H");
    }
  say (&self, "\r\n");
  return chosen ? self.selected : -1;
}
