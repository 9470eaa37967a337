/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces names in those files of a guest that may have them. */
#include "config.h"
#include "lib/guest/identity.h"

#include <string.h>

/* @text with every @old replaced, in whatever case; NULL where there is none. */
static char *
replace (const char *text, const char *old, const char *new)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gsize length = strlen (old);
  gboolean found = FALSE;

  while (*text != '\0')
    if (g_ascii_strncasecmp (text, old, length) == 0)
      {
        g_string_append (out, new);
        text += length;
        found = TRUE;
      }
    else
      g_string_append_c (out, *text++);
  return found ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

char *
domuimg_renamed_apply (const GPtrArray *renamed, const char *text)
{
  g_autofree char *result = NULL;

  for (guint i = 0; i < renamed->len; i++)
    {
      const DomuimgGuestRenamed *one = g_ptr_array_index (renamed, i);
      char *next = replace (result != NULL ? result : text, one->old, one->new);

      if (next == NULL)
        continue;
      g_free (result);
      result = next;
    }
  return g_steal_pointer (&result);
}

gboolean
domuimg_identity_rename (DomuimgGuestRun *self, const char *path, const GPtrArray *renamed, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *changed = NULL;

  if (!domuimg_edit_read (self->edit, path, &text, error))
    return FALSE;
  changed = text != NULL ? domuimg_renamed_apply (renamed, text) : NULL;
  return changed == NULL || domuimg_edit_write (self->edit, path, changed, 0644, error);
}

static gboolean
visit (DomuimgGuestRun *self, const DomuimgIdentityPlace *place, DomuimgIdentityVisit visitor, GError **error)
{
  DomuimgTree *tree = self->edit->tree;
  g_auto (GStrv) names = domuimg_tree_list (tree, place->directory, error);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", place->directory, names[i]);
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, NULL);

      if (g_pattern_match_simple (place->pattern, names[i]) && entry != NULL
          && entry->type == DOMUIMG_ENTRY_FILE && !visitor (self, path, error))
        return FALSE;
    }
  return names != NULL;
}

gboolean
domuimg_identity_each_file (DomuimgGuestRun *self, const DomuimgIdentityPlace *places, guint n,
                            DomuimgIdentityVisit visitor, GError **error)
{
  for (guint i = 0; i < n; i++)
    if (!visit (self, &places[i], visitor, error))
      return FALSE;
  return TRUE;
}
