/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

static void
show_bar (DomuimgProgress *progress, double fraction, const char *message, gpointer user_data)
{
  CliProgress *self = user_data;
  int percent = fraction * 100;
  int room = MAX (terminal_width () - BAR - 9, 0);
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
  shown = g_utf8_substring (message, 0, MIN (g_utf8_strlen (message, -1), room));
  g_printerr ("\r\033[K[%s] %3d%% %s", bar, percent, shown);
  self->has_bar = TRUE;
}

static void
show_line (DomuimgProgress *progress, double fraction, const char *message, gpointer user_data)
{
  CliProgress *self = user_data;

  if (*message == '\0' || g_strcmp0 (message, self->last) == 0)
    return;
  g_free (self->last);
  self->last = g_strdup (message);
  g_printerr ("%3d%% %s\n", (int) (fraction * 100), message);
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

CliProgress *
cli_progress_new (DomuimgProgress *progress, const char *mode)
{
  static const struct {
    const char *mode;
    void (*show) (DomuimgProgress *, double, const char *, gpointer);
  } modes[] = { { "bar", show_bar }, { "lines", show_line }, { "json", show_json },
                { "none", NULL } };
  CliProgress *self;

  if (g_str_equal (mode, "auto"))
    mode = isatty (STDERR_FILENO) ? "bar" : "lines";
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      if (!g_str_equal (mode, modes[i].mode))
        continue;
      self = g_new0 (CliProgress, 1);
      self->progress = g_object_ref (progress);
      self->percent = -1;
      if (modes[i].show != NULL)
        self->handler = g_signal_connect (progress, "changed", G_CALLBACK (modes[i].show), self);
      return self;
    }
  return NULL;
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
