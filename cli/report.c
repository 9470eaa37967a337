/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells errors: a line for a person, and with --json an object for a program. */
#include "config.h"
#include "cli/cli.h"

#include <string.h>

#include "cli/json-out.h"

static gboolean verbose = FALSE;
static gboolean json = FALSE;

const GOptionEntry *
cli_common_options (void)
{
  static const GOptionEntry common[] = {
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "print details of errors", NULL },
    { NULL },
  };

  return common;
}

void
cli_report_as_json (char **argv)
{
  for (guint i = 1; argv[i] != NULL && !g_str_equal (argv[i], "--"); i++)
    json = json || g_str_equal (argv[i], "--json");
}

char *
cli_plain (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *plain = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      g_string_append_unichar (plain, g_unichar_iscntrl (character) ? '?' : character);
    }
  return g_string_free (plain, FALSE);
}

void
cli_print_lines (char **lines, const char *prefix)
{
  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      g_printerr ("%s%s\n", prefix, plain);
    }
}

/* @lines: the message, and then its details. */
static void
print_object (const char *code, char **lines)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "error");
  json_builder_begin_object (builder);
  cli_json_add_string (builder, "code", code);
  cli_json_add_string (builder, "message", lines[0]);
  json_builder_set_member_name (builder, "details");
  json_builder_begin_array (builder);
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      json_builder_add_string_value (builder, lines[i]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

int
cli_usage (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *plain = cli_plain (message);
  char *lines[] = { plain, NULL };

  g_printerr ("domuimg: %s\n", plain);
  if (json)
    print_object (domuimg_error_to_string (DOMUIMG_ERROR_INVALID_ARGUMENT), lines);
  return CLI_USAGE;
}

/* What has details says itself what is complete. */
static int
report_cancelled (char **details)
{
  char *nothing[] = { (char *) "cancelled; nothing was left behind", NULL };
  char **lines = details[0] != NULL && details[1] != NULL ? details : nothing;
  g_autofree char *plain = cli_plain (lines[0]);

  g_printerr ("domuimg: %s\n", plain);
  if (json)
    print_object ("cancelled", lines);
  return cli_signals_seen () != 0 ? 128 + cli_signals_seen () : CLI_FAILED;
}

int
cli_report (const GError *error)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);
  DomuimgError code = error->domain == DOMUIMG_ERROR ? (DomuimgError) error->code
                                                     : DOMUIMG_ERROR_FAILED;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return report_cancelled (lines);
  for (guint i = 0; lines[i] != NULL && (i == 0 || verbose); i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      if (i == 0 || *plain != '\0')
        g_printerr ("%s%s\n", i == 0 ? "domuimg: " : "  ", plain);
    }
  if (json)
    print_object (domuimg_error_to_string (code), lines);
  return code == DOMUIMG_ERROR_INVALID_ARGUMENT ? CLI_USAGE : CLI_FAILED;
}
