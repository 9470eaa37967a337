/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out whether a guest's cloud-init reads a seed: it is there, and looks for one of this form. */
#include "config.h"
#include "lib/guest/seed.h"

#include <string.h>

#define CONFIG "/etc/cloud/cloud.cfg"
#define KEY "datasource_list:"

/* (nullable) What follows the last such key of the file that begins a line. */
static const char *
find_value (const char *text)
{
  const char *found = NULL;

  for (const char *line = text; line != NULL; line = strchr (line, '\n'))
    {
      if (line != text)
        line++;
      if (g_str_has_prefix (line, KEY))
        found = line + strlen (KEY);
    }
  return found;
}

/* "- NoCloud", a line for each */
static void
add_items (GPtrArray *names, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  /* The first one is the rest of the key's own line. */
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);

      if (*line == '\0' || *line == '#')
        continue;
      if (*line != '-')
        return;
      line = g_strstrip (line + 1);
      line += *line == '"' || *line == '\'';
      g_ptr_array_add (names, g_strndup (line, strcspn (line, "\"' \t#")));
    }
}

/* "[ NoCloud, 'None' ]" */
static void
add_flow (GPtrArray *names, const char *text)
{
  g_autofree char *inside = g_strndup (text, strcspn (text, "]"));
  g_auto (GStrv) words = g_strsplit_set (inside, "[,'\" \t\r\n", -1);

  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (names, g_strdup (words[i]));
}

/* Replaces *@names (nullable) where the file has such a list. */
static void
read_file (DomuimgTree *tree, const char *path, GPtrArray **names)
{
  g_autofree char *text = domuimg_tree_read_text (tree, path, NULL);
  const char *value = text != NULL ? find_value (text) : NULL;

  if (value == NULL)
    return;
  g_clear_pointer (names, g_ptr_array_unref);
  *names = g_ptr_array_new_with_free_func (g_free);
  value += strspn (value, " \t");
  if (*value == '[')
    add_flow (*names, value);
  else
    add_items (*names, value);
}

/* (nullable) The list in force, the last one in cloud-init's order; NULL where it looks everywhere. */
static GPtrArray *
read_names (DomuimgTree *tree)
{
  g_auto (GStrv) files = domuimg_tree_list (tree, CONFIG ".d", NULL);
  GPtrArray *names = NULL;

  read_file (tree, CONFIG, &names);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (CONFIG ".d", files[i], NULL);

      if (g_str_has_suffix (files[i], ".cfg"))
        read_file (tree, path, &names);
    }
  return names;
}

gboolean
domuimg_guest_reads_seed (DomuimgTree *tree, DomuimgSeedFormat format)
{
  const char *wanted = format == DOMUIMG_SEED_CONFIG_DRIVE ? "ConfigDrive" : "NoCloud";
  g_autoptr (GPtrArray) names = NULL;

  if (!domuimg_tree_is_executable (tree, "/usr/bin/cloud-init")
      || domuimg_tree_exists (tree, "/etc/cloud/cloud-init.disabled"))
    return FALSE;
  names = read_names (tree);
  return names == NULL || g_ptr_array_find_with_equal_func (names, wanted, g_str_equal, NULL);
}
