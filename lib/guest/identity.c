/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of cleaners, and how they are run: what must differ between two guests of one source. */
#include "config.h"
#include "lib/guest/identity.h"

#include <string.h>

#include "lib/tree/faults.h"

#define BIT(i) ((guint64) 1 << (i))

guint64
domuimg_cleaners_with (DomuimgCleanerTraits traits)
{
  guint64 set = 0;

  for (guint i = 0; i < domuimg_n_cleaners; i++)
    if ((domuimg_cleaners[i].traits & traits) != 0)
      set |= BIT (i);
  return set;
}

/* 0 for none. */
static guint64
find_bit (const char *name)
{
  for (guint i = 0; i < domuimg_n_cleaners; i++)
    if (g_str_equal (domuimg_cleaners[i].name, name))
      return BIT (i);
  return 0;
}

static gboolean
find (const char *name, guint64 *bit, GError **error)
{
  *bit = find_bit (name);
  return *bit != 0
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "identity: “%s” is not a cleaner; “domuimg clone --identity list” prints all"
                          " of them",
                          name);
}

static gboolean
parse_word (const char *word, guint64 *set, GError **error)
{
  gboolean is_off = *word == '-';
  guint64 bit;

  if (g_str_equal (word, "none") || g_str_equal (word, "all"))
    {
      *set = *word == 'a' ? BIT (domuimg_n_cleaners - 1) * 2 - 1 : 0;
      return TRUE;
    }
  if (!find (word + is_off, &bit, error))
    return FALSE;
  *set = is_off ? *set & ~bit : *set | bit;
  return TRUE;
}

gboolean
domuimg_cleaners_parse (const char *text, guint64 *set, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  *set = domuimg_cleaners_with (DOMUIMG_CLEANER_USUAL);
  for (guint i = 0; words[i] != NULL; i++)
    if (!parse_word (g_strstrip (words[i]), set, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_cleaners_has (guint64 set, const char *name)
{
  return (set & find_bit (name)) != 0;
}

void
domuimg_cleaners_list (guint64 set, GPtrArray *names)
{
  for (guint i = 0; i < domuimg_n_cleaners; i++)
    if ((set & BIT (i)) != 0)
      g_ptr_array_add (names, g_strdup (domuimg_cleaners[i].name));
}

char *
domuimg_cleaners_describe (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < domuimg_n_cleaners; i++)
    g_string_append_printf (text, "%c %-19s %s\n",
                            (domuimg_cleaners[i].traits & DOMUIMG_CLEANER_USUAL) != 0 ? '*' : ' ',
                            domuimg_cleaners[i].name, domuimg_cleaners[i].help);
  return g_string_free (text, FALSE);
}

/* (element-type utf8) (transfer full) Where users have their files. */
static GPtrArray *
list_homes (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GPtrArray) homes = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) names = domuimg_tree_list (self->edit->tree, "/home", error);

  if (names == NULL)
    return NULL;
  g_ptr_array_add (homes, g_strdup ("/root"));
  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (homes, g_strdup_printf ("/home/%s", names[i]));
  return g_steal_pointer (&homes);
}

/* A cleaner that is run. */
typedef struct {
  DomuimgGuestRun *run;
  const DomuimgCleaner *cleaner;
  const GPtrArray *homes;
} Cleaning;

static gboolean
remove_if_file (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
                GError **error)
{
  const Cleaning *self = user_data;
  g_autofree char *path = g_strconcat ("/", entry->path, NULL);

  if (entry->type != DOMUIMG_ENTRY_FILE || strrchr (path, '/')[1] == '.'
      || (self->cleaner->emptied != NULL && g_strv_contains (self->cleaner->emptied, path)))
    return TRUE;
  return domuimg_edit_remove (self->run->edit, path, error);
}

static gboolean
remove_below (const Cleaning *self, const char *path, GError **error)
{
  g_autofree char *directory = g_strndup (path, strlen (path) - 1);
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->run->edit->tree, directory, NULL);

  /* What a symlink leads to is walked under its own name. */
  if (entry == NULL || entry->type != DOMUIMG_ENTRY_DIRECTORY)
    return TRUE;
  return domuimg_tree_walk (self->run->edit->tree, directory, remove_if_file, (gpointer) self, error);
}

static gboolean
remove_path (const Cleaning *self, const char *path, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *directory = g_strndup (path, (gsize) (slash - path));

  if (slash[1] == '\0')
    return remove_below (self, path, error);
  return strchr (slash, '*') != NULL
             ? domuimg_edit_remove_glob (self->run->edit, directory, slash + 1, error)
             : domuimg_edit_remove (self->run->edit, path, error);
}

static gboolean
remove_paths (const Cleaning *self, const char *path, GError **error)
{
  if (*path != '~')
    return remove_path (self, path, error);
  for (guint i = 0; i < self->homes->len; i++)
    {
      g_autofree char *one = g_strconcat (g_ptr_array_index (self->homes, i), path + 1, NULL);

      if (!remove_path (self, one, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
empty_file (DomuimgGuestRun *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->edit->tree, path, NULL);

  if (entry == NULL || entry->type != DOMUIMG_ENTRY_FILE || entry->size == 0)
    return TRUE;
  if (!domuimg_tree_put (self->edit->tree, entry, NULL, error))
    return FALSE;
  domuimg_edit_note (self->edit, "emptied %s", path);
  return TRUE;
}

static gboolean
run_cleaner (const Cleaning *self, GError **error)
{
  const DomuimgCleaner *cleaner = self->cleaner;

  for (guint i = 0; cleaner->emptied != NULL && cleaner->emptied[i] != NULL; i++)
    if (!empty_file (self->run, cleaner->emptied[i], error))
      return FALSE;
  for (guint i = 0; cleaner->paths != NULL && cleaner->paths[i] != NULL; i++)
    if (!remove_paths (self, cleaner->paths[i], error))
      return FALSE;
  return cleaner->run == NULL || cleaner->run (self->run, error);
}

gboolean
domuimg_guest_step_identity (DomuimgGuestRun *self, GError **error)
{
  guint64 fresh = self->want->fresh_identity ? domuimg_cleaners_with (DOMUIMG_CLEANER_FRESH) : 0;
  guint64 set = self->want->cleaners | fresh;
  g_autoptr (GPtrArray) homes = set != 0 ? list_homes (self, error) : NULL;

  if (set == 0)
    return TRUE;
  for (guint i = 0; homes != NULL && i < domuimg_n_cleaners; i++)
    {
      const Cleaning cleaning = { self, &domuimg_cleaners[i], homes };

      if ((set & BIT (i)) == 0 || run_cleaner (&cleaning, error))
        continue;
      g_prefix_error (error, "%s: ", domuimg_cleaners[i].name);
      return FALSE;
    }
  return homes != NULL;
}
