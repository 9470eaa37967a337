/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the paths of a tree that a shell pattern matches. */
#include "config.h"
#include "lib/tree/glob.h"

#include <string.h>

#define EVERYTHING "**"

gboolean
domuimg_tree_is_glob (const char *pattern)
{
  return strpbrk (pattern, "*?") != NULL;
}

typedef struct {
  GPtrArray *paths;
  const char *asked;    /* the directory as the pattern says it */
  const char *resolved; /* as the walk says it */
} Everything;

static gboolean
add_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
           GError **error)
{
  Everything *self = user_data;
  const char *below = entry->path + strlen (self->resolved);

  if (*self->resolved == '\0' && *entry->path != '\0')
    g_ptr_array_add (self->paths, g_strconcat (self->asked, "/", entry->path, NULL));
  else if (*below == '/')
    g_ptr_array_add (self->paths, g_strconcat (self->asked, below, NULL));
  return TRUE;
}

static gboolean
add_everything (DomuimgTree *self, const char *directory, GPtrArray *paths, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self, directory, NULL);
  Everything everything = { paths, directory, entry != NULL ? entry->path : "" };

  return entry == NULL || entry->type != DOMUIMG_ENTRY_DIRECTORY
         || domuimg_tree_walk (self, entry->path, add_entry, &everything, error);
}

/* Adds to @next what @name matches in @directory. */
static gboolean
match_in (DomuimgTree *self, const char *directory, const char *name, GPtrArray *next,
          GError **error)
{
  g_autoptr (GPatternSpec) pattern = g_pattern_spec_new (name);
  g_auto (GStrv) names = NULL;

  if (!domuimg_tree_is_dir (self, *directory != '\0' ? directory : "/"))
    return TRUE;
  names = domuimg_tree_list (self, directory, error);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_pattern_spec_match_string (pattern, names[i]) && (names[i][0] != '.' || name[0] == '.'))
      g_ptr_array_add (next, g_strconcat (directory, "/", names[i], NULL));
  return names != NULL;
}

/* Takes what is in @found one component further. */
static gboolean
step (DomuimgTree *self, const char *name, GPtrArray *found, GPtrArray *next, GError **error)
{
  for (guint i = 0; i < found->len; i++)
    {
      const char *directory = g_ptr_array_index (found, i);

      if (g_str_equal (name, EVERYTHING))
        {
          if (!add_everything (self, directory, next, error))
            return FALSE;
        }
      else if (!domuimg_tree_is_glob (name))
        g_ptr_array_add (next, g_strconcat (directory, "/", name, NULL));
      else if (!match_in (self, directory, name, next, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_tree_glob (DomuimgTree *self, const char *pattern, GPtrArray *paths, GError **error)
{
  g_auto (GStrv) names = g_strsplit (pattern, "/", -1);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (found, g_strdup (""));
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) next = NULL;

      if (*names[i] == '\0')
        continue;
      if (g_str_equal (names[i], EVERYTHING) && names[i + 1] != NULL)
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "%s: ** stands for everything below a directory, and can only come last", pattern);
      next = g_ptr_array_new_with_free_func (g_free);
      if (!step (self, names[i], found, next, error))
        return FALSE;
      g_ptr_array_unref (found);
      found = g_steal_pointer (&next);
    }
  for (guint i = 0; i < found->len; i++)
    {
      const char *path = g_ptr_array_index (found, i);
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self, path, NULL);

      if (entry != NULL)
        g_ptr_array_add (paths, g_strdup (path));
    }
  return TRUE;
}
