/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of an application's environment, whose values are for the guest alone. */
#include "config.h"
#include "lib/guest/application.h"

#include <string.h>

/* An environment of Linux is smaller. */
#define SIZE_MAX_OF_FILE (1 << 20)

/* No message may have a value, nor what may be part of one. */
static gboolean
take_line (DomuimgApplication *self, const char *line, guint number, const char *from, GString *names,
           GError **error)
{
  if (!g_regex_match_simple ("^[A-Za-z_][A-Za-z0-9_.-]*=", line, 0, 0))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "env-file: line %u of %s is not NAME=VALUE, where NAME is of letters, digits and _;"
                         " correct it, or begin it with # if it is a comment",
                         number, from);
  g_string_append_printf (names, "%s%.*s", names->len > 0 ? ", " : "", (int) strcspn (line, "="), line);
  return domuimg_application_set_env (self, line, error);
}

gboolean
domuimg_application_parse_env (DomuimgApplication *self, const char *text, const char *from, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = lines[i];

      if (g_str_has_suffix (line, "\r"))
        line[strlen (line) - 1] = '\0';
      if (*line != '\0' && *line != '#' && !take_line (self, line, i + 1, from, names, error))
        return FALSE;
    }
  if (names->len > 0)
    g_ptr_array_add (self->notes, g_strdup_printf ("took the variables %s from %s", names->str, from));
  return TRUE;
}

gboolean
domuimg_application_read_env_file (DomuimgApplication *self, const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  gsize length;
  gboolean done;

  if (!g_file_get_contents (path, &text, &length, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "env-file: %s", local->message);
  if (length > SIZE_MAX_OF_FILE || strlen (text) != length || !g_utf8_validate (text, length, NULL))
    done = domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "env-file: %s is not a text of at most 1 MiB",
                         path);
  else
    done = domuimg_application_parse_env (self, text, path, error);
  explicit_bzero (text, length);
  return done;
}

gboolean
domuimg_application_check_env_file (const char *path, GError **error)
{
  g_autoptr (DomuimgApplication) self = domuimg_application_new ();

  return domuimg_application_read_env_file (self, path, error);
}
