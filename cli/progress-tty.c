/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shows progress on standard error: a bar, lines or JSON. */
#include "config.h"
#include "cli/cli.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR 24

struct _CliProgress {
  DomuimgProgress *progress;
  gulong handler;
  char *last; /* the message that was printed last */
  int percent;
  gboolean has_bar;
};

static int
terminal_width (void)
{
  struct winsize size;

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The beginning of @text that fits into @columns. */
static char *
clip (const char *text, int columns)
{
  const char *end = text;

  for (; *end != '\0'; end = g_utf8_next_char (end))
    {
      gunichar character = g_utf8_get_char (end);

      columns -= g_unichar_iszerowidth (character) ? 0 : g_unichar_iswide (character) ? 2 : 1;
      if (columns < 0)
        break;
    }
  return g_strndup (text, end - text);
}

static void
show_bar (DomuimgProgress *progress, double fraction, const char *message, gpointer user_data)
{
  CliProgress *self = user_data;
  int percent = fraction * 100;
  g_autofree char *plain = NULL;
  g_autofree char *line = NULL;
  g_autofree char *shown = NULL;
  char bar[BAR + 1];

  if (percent == self->percent && g_strcmp0 (message, self->last) == 0)
    return;
  self->percent = percent;
  g_free (self->last);
  self->last = g_strdup (message);
  memset (bar, '-', BAR);
  memset (bar, '#', fraction * BAR);
  bar[BAR] = '\0';
  plain = cli_plain (message);
  line = terminal_width () < 2 * BAR
             ? g_strdup_printf ("%3d%% %s", percent, plain)
             : g_strdup_printf ("[%s] %3d%% %s", bar, percent, plain);
  /* A full last column would wrap. */
  shown = clip (line, terminal_width () - 1);
  g_printerr ("\r%s\033[K", shown);
  self->has_bar = TRUE;
}

static void
show_line (DomuimgProgress *progress, double fraction, const char *message, gpointer user_data)
{
  CliProgress *self = user_data;
  g_autofree char *plain = cli_plain (message);

  if (*message == '\0' || g_strcmp0 (message, self->last) == 0)
    return;
  g_free (self->last);
  self->last = g_strdup (message);
  g_printerr ("%3d%% %s\n", (int) (fraction * 100), plain);
}

static void
show_json (DomuimgProgress *progress, double fraction, const char *message, gpointer user_data)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "fraction");
  json_builder_add_double_value (builder, fraction);
  json_builder_set_member_name (builder, "message");
  json_builder_add_string_value (builder, message);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_printerr ("%s\n", text);
}

static const struct {
  const char *mode;
  void (*show) (DomuimgProgress *, double, const char *, gpointer);
} modes[] = { { "bar", show_bar }, { "lines", show_line }, { "json", show_json },
              { "none", NULL } };

/* A bar wants a terminal that can move its cursor. */
static const char *
choose_mode (void)
{
  return isatty (STDERR_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0 ? "bar" : "lines";
}

gboolean
cli_progress_is_mode (const char *mode)
{
  gboolean found = g_str_equal (mode, "auto");

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    found = found || g_str_equal (mode, modes[i].mode);
  return found;
}

CliProgress *
cli_progress_new (DomuimgProgress *progress, const char *mode)
{
  const char *chosen = g_str_equal (mode, "auto") ? choose_mode () : mode;
  CliProgress *self = g_new0 (CliProgress, 1);

  self->progress = g_object_ref (progress);
  self->percent = -1;
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      if (g_str_equal (chosen, modes[i].mode) && modes[i].show != NULL)
        self->handler = g_signal_connect (progress, "changed", G_CALLBACK (modes[i].show), self);
    }
  return self;
}

void
cli_progress_free (CliProgress *self)
{
  if (self->handler != 0)
    g_signal_handler_disconnect (self->progress, self->handler);
  if (self->has_bar)
    g_printerr ("\r\033[K");
  g_object_unref (self->progress);
  g_free (self->last);
  g_free (self);
}
