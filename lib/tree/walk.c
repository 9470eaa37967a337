/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/tree/tree.h"

#include "lib/tree/faults.h"

/* Directories that the walk is in. Kept on the heap: how deep they go is up to the guest. */
typedef struct {
  char *path;
  char **names;
  guint next;
} Level;

static void
level_clear (gpointer data)
{
  Level *self = data;

  g_free (self->path);
  g_strfreev (self->names);
}

typedef struct {
  DomuimgTree *tree;
  DomuimgTreeVisit visit;
  gpointer user_data;
  GArray *levels;
} Walk;

/* A live root changes under the walk: what went away since it was listed was never there. */
static gboolean
went_away (GError **local, GError **error)
{
  if (g_error_matches (*local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (local));
  return FALSE;
}

static gboolean
visit_entry (Walk *self, const DomuimgEntry *entry, GError **error)
{
  gboolean descend = entry->type == DOMUIMG_ENTRY_DIRECTORY;
  g_autoptr (GError) local = NULL;

  if (!self->visit (self->tree, entry, &descend, self->user_data, error))
    return FALSE;
  if (!descend || entry->type != DOMUIMG_ENTRY_DIRECTORY)
    return TRUE;
  char **names = domuimg_tree_backend_list (self->tree, entry->path, &local);
  if (names == NULL)
    return went_away (&local, error);
  Level level = { g_strdup (entry->path), names, 0 };
  g_array_append_val (self->levels, level);
  return TRUE;
}

static gboolean
visit_next (Walk *self, GError **error)
{
  Level *level = &g_array_index (self->levels, Level, self->levels->len - 1);
  const char *name = level->names[level->next];
  g_autoptr (GError) local = NULL;

  if (name == NULL)
    {
      g_array_set_size (self->levels, self->levels->len - 1);
      return TRUE;
    }
  level->next++;
  g_autofree char *path = level->path[0] == '\0' ? g_strdup (name)
                                                 : g_strconcat (level->path, "/", name, NULL);
  g_autoptr (DomuimgEntry) entry
      = domuimg_tree_backend_stat (self->tree, path, &local);
  if (entry == NULL)
    return went_away (&local, error);
  return visit_entry (self, entry, error);
}

gboolean
domuimg_tree_walk (DomuimgTree *self, const char *top, DomuimgTreeVisit visit,
                   gpointer user_data, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self, top, error);
  g_autoptr (GArray) levels = g_array_new (FALSE, FALSE, sizeof (Level));

  if (entry == NULL)
    return FALSE;
  g_array_set_clear_func (levels, level_clear);
  Walk walk = { self, visit, user_data, levels };
  if (!visit_entry (&walk, entry, error))
    return FALSE;
  while (levels->len > 0)
    if (!visit_next (&walk, error))
      return FALSE;
  return TRUE;
}
