/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line of a configuration as pygrub's parsers take it. */
#include "config.h"
#include "lib/boot/pygrub-line.h"

#include <string.h>

#define BLANKS " \t\r\v\f"

static gboolean
splits_at_equals (const char *line)
{
  const char *equals = strchr (line, '=');

  return equals != NULL && equals < line + strcspn (line, " \t");
}

void
domuimg_pygrub_split (const char *line, char **word, char **rest)
{
  gsize length;

  if (splits_at_equals (line))
    {
      length = strcspn (line, "=");
      *word = g_strndup (line, length);
      *rest = g_strstrip (g_strdup (line + length + 1));
      return;
    }
  line += strspn (line, BLANKS);
  length = strcspn (line, BLANKS);
  *word = g_strndup (line, length);
  *rest = g_strstrip (g_strdup (line + length));
}

gboolean
domuimg_pygrub_split_set (const char *text, char **name, char **value)
{
  if (splits_at_equals (text) && strchr (strchr (text, '=') + 1, '=') != NULL)
    return FALSE;
  domuimg_pygrub_split (text, name, value);
  if (splits_at_equals (text))
    return TRUE;
  /* Blanks part it: just two words. */
  if (**value != '\0' && (*value)[strcspn (*value, BLANKS)] == '\0')
    return TRUE;
  g_clear_pointer (name, g_free);
  g_clear_pointer (value, g_free);
  return FALSE;
}

gboolean
domuimg_pygrub_parse_int (const char *text, gint64 *value)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));

  return g_ascii_string_to_signed (stripped + (*stripped == '+'), 10, G_MININT32, G_MAXINT32,
                                   value, NULL);
}

static char *
without_parentheses (const char *text, gsize length)
{
  GString *plain = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    if (text[i] != '(' && text[i] != ')')
      g_string_append_c (plain, text[i]);
  return g_string_free (plain, FALSE);
}

gboolean
domuimg_pygrub_is_disk (const char *text)
{
  gsize length = strcspn (text, ",");
  g_autofree char *disk = without_parentheses (text, length);
  g_autofree char *partition = NULL;
  const char *number;
  gint64 value;

  if (g_str_has_prefix (disk, "/dev/xvd") ? disk[strlen ("/dev/xvd")] == '\0'
                                          : !domuimg_pygrub_parse_int (
                                              disk + MIN (strlen (disk), 2), &value))
    return FALSE;
  if (text[length] == '\0')
    return TRUE;
  partition = without_parentheses (text + length + 1, strlen (text + length + 1));
  number = partition;
  number += g_str_has_prefix (number, "msdos") ? strlen ("msdos") : 0;
  number += g_str_has_prefix (number, "gpt") ? strlen ("gpt") : 0;
  return domuimg_pygrub_parse_int (number, &value);
}

char *
domuimg_pygrub_get_path (const char *text)
{
  const char *path = text;

  if (*text == '(')
    {
      const char *end = strchr (text, ')');
      g_autofree char *disk = end != NULL ? g_strndup (text, end - text) : NULL;

      if (disk == NULL || !domuimg_pygrub_is_disk (disk))
        return NULL;
      path = end + 1;
    }
  return g_strconcat (*path == '/' ? "" : "/", path, NULL);
}

/* Only a space, not a tab, says that there are arguments. */
gboolean
domuimg_pygrub_set_kernel (DomuimgMenuEntry *entry, const char *value)
{
  gsize length = strchr (value, ' ') != NULL ? strcspn (value, BLANKS) : strlen (value);
  g_autofree char *file = g_strndup (value, length);

  g_autofree char *path = domuimg_pygrub_get_path (file);

  if (path == NULL)
    return FALSE;
  /* An empty word is not a kernel. */
  g_free (entry->kernel);
  entry->kernel = g_str_equal (path, "/") ? NULL : g_steal_pointer (&path);
  g_free (entry->cmdline);
  entry->cmdline = g_strdup (value + length + strspn (value + length, BLANKS));
  return TRUE;
}

/* All of the line is one path. */
gboolean
domuimg_pygrub_set_initrd (DomuimgMenuEntry *entry, const char *value)
{
  g_autofree char *path = domuimg_pygrub_get_path (value);

  if (path == NULL)
    return FALSE;
  g_ptr_array_set_size (entry->initrds, 0);
  if (!g_str_equal (path, "/"))
    g_ptr_array_add (entry->initrds, g_steal_pointer (&path));
  return TRUE;
}
