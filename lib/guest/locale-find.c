/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks for a locale and for a keymap among what a guest has: glibc's archive and directories of
 * locales (localedef(1)), the keymaps of kbd, and the layouts of xkb. */
#include "config.h"
#include "lib/guest/locale-find.h"

#include <string.h>

#include "lib/tree/faults.h"

#define LOCALES "/usr/lib/locale/"
#define ARCHIVE LOCALES "locale-archive"
#define LAYOUTS "/usr/share/X11/xkb/symbols"
/* Fedora's, with all languages, has 220 MiB. */
#define ARCHIVE_MAX (G_GUINT64_CONSTANT (1) << 30)
#define PIECE (1 << 20)

/* "de_DE.UTF-8" is "de_DE.utf8" in the names of what is generated. */
static char *
normalise (const char *locale)
{
  const char *codeset = strchr (locale, '.');
  GString *out = g_string_new_len (locale, codeset != NULL ? codeset - locale : (gssize) strlen (locale));

  if (codeset == NULL)
    return g_string_free (out, FALSE);
  g_string_append_c (out, '.');
  for (codeset++; *codeset != '\0' && *codeset != '@'; codeset++)
    if (g_ascii_isalnum (*codeset))
      g_string_append_c (out, g_ascii_tolower (*codeset));
  return g_string_free (g_string_append (out, codeset), FALSE);
}

/* The archive is a table of hashes, of which the names are C strings: one is looked for as such, in
 * pieces that overlap by its length. */
static gboolean
find_in_archive (DomuimgTree *tree, const char *name, gboolean *is_there, GError **error)
{
  gsize length = strlen (name) + 1;
  g_autofree char *piece = g_malloc (PIECE);
  gssize got = PIECE;

  for (guint64 at = 0; at < ARCHIVE_MAX && got == PIECE && !*is_there; at += PIECE - length)
    {
      got = domuimg_tree_read_at (tree, ARCHIVE, at, piece, PIECE, error);
      if (got < 0)
        return FALSE;
      *is_there = memmem (piece, (gsize) got, name, length) != NULL;
    }
  return TRUE;
}

gboolean
domuimg_locale_find (DomuimgTree *tree, const char *locale, gboolean *is_there, GError **error)
{
  g_autofree char *name = normalise (locale);
  g_autofree char *generated = g_strconcat (LOCALES, name, NULL);
  g_autofree char *as_given = g_strconcat (LOCALES, locale, NULL);

  *is_there = domuimg_tree_is_dir (tree, generated) || domuimg_tree_is_dir (tree, as_given);
  if (*is_there || !domuimg_tree_exists (tree, ARCHIVE))
    return domuimg_tree_check_faults (tree, error);
  return find_in_archive (tree, name, is_there, error);
}

typedef struct {
  const char *keymap;
  DomuimgKeymapState state;
} KeymapSearch;

/* "de.map", "de.map.gz" or "de.kmap", as loadkeys(1) takes them. */
static gboolean
visit_keymap (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer data, GError **error)
{
  KeymapSearch *search = data;
  g_autofree char *name = g_path_get_basename (entry->path);
  char *suffix = strstr (name, ".map");

  if (suffix == NULL)
    suffix = strstr (name, ".kmap");
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY || suffix == NULL)
    return TRUE;
  *suffix = '\0';
  if (g_str_equal (name, search->keymap))
    search->state = DOMUIMG_KEYMAP_FOUND;
  else if (search->state == DOMUIMG_KEYMAP_NONE)
    search->state = DOMUIMG_KEYMAP_UNKNOWN;
  return TRUE;
}

gboolean
domuimg_keymap_find (DomuimgTree *tree, const char *keymap, DomuimgKeymapState *state, GError **error)
{
  static const char *const places[]
      = { "/usr/lib/kbd/keymaps", "/usr/share/kbd/keymaps", "/lib/kbd/keymaps", "/usr/share/keymaps" };
  KeymapSearch search = { .keymap = keymap, .state = DOMUIMG_KEYMAP_NONE };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *top = NULL;

      if (!domuimg_tree_is_dir (tree, places[i]))
        continue;
      top = domuimg_tree_resolve (tree, places[i], error);
      if (top == NULL || !domuimg_tree_walk (tree, top, visit_keymap, &search, error))
        return FALSE;
    }
  *state = search.state;
  return domuimg_tree_check_faults (tree, error);
}

gboolean
domuimg_keymap_find_layouts (DomuimgTree *tree, const char *layouts, DomuimgKeymapState *state, GError **error)
{
  g_auto (GStrv) names = g_strsplit (layouts, ",", -1);

  *state = domuimg_tree_is_dir (tree, LAYOUTS) ? DOMUIMG_KEYMAP_FOUND : DOMUIMG_KEYMAP_NONE;
  for (guint i = 0; names[i] != NULL && *state == DOMUIMG_KEYMAP_FOUND; i++)
    {
      g_autofree char *path = g_build_filename (LAYOUTS, names[i], NULL);

      if (!domuimg_tree_exists (tree, path))
        *state = DOMUIMG_KEYMAP_UNKNOWN;
    }
  return domuimg_tree_check_faults (tree, error);
}
