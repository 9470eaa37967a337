/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the libraries that a program needs and the guest lacks, like its dynamic loader would. */
#include "config.h"
#include "lib/check/libraries.h"

#include "lib/elf/search.h"

#define LIBRARIES_MAX 500

typedef struct {
  DomuimgTree *tree;
  GPtrArray *missing;
  DomuimgElfSearch *search;
  GHashTable *seen;   /* names */
  GPtrArray *objects; /* (element-type DomuimgElfObject) found, in the order of loading */
} Libraries;

static void
add_object (Libraries *self, const char *path, const DomuimgElfObject *loader)
{
  g_autofree char *resolved = domuimg_tree_resolve (self->tree, path, NULL);
  DomuimgElfNeeds *needs = domuimg_elf_needs_read (self->tree, path, NULL);

  if (needs != NULL)
    g_ptr_array_add (self->objects, domuimg_elf_object_new (resolved, needs, loader));
}

/* The libraries of one file that no file before it needed. */
static void
find_needed (Libraries *self, const DomuimgElfObject *object)
{
  for (guint i = 0; i < object->needs->needed->len; i++)
    {
      const char *name = g_ptr_array_index (object->needs->needed, i);
      g_autoptr (GPtrArray) found = NULL;

      if (g_hash_table_size (self->seen) > LIBRARIES_MAX
          || !g_hash_table_add (self->seen, g_strdup (name)))
        continue;
      found = domuimg_elf_search_find (self->search, object, name);
      for (guint j = 0; j < found->len; j++)
        add_object (self, g_ptr_array_index (found, j), object);
      if (found->len == 0)
        g_ptr_array_add (self->missing, g_strdup (name));
    }
}

void
domuimg_libraries_find_missing (DomuimgTree *tree, const char *path, GPtrArray *missing)
{
  g_autoptr (GPtrArray) objects
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_elf_object_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (DomuimgElfSearch) search = NULL;
  Libraries self = { tree, missing, NULL, seen, objects };

  add_object (&self, path, NULL);
  if (objects->len == 0)
    return;
  search = domuimg_elf_search_new (tree,
                                   ((DomuimgElfObject *) g_ptr_array_index (objects, 0))->needs);
  self.search = search;
  for (guint i = 0; i < objects->len; i++)
    find_needed (&self, g_ptr_array_index (objects, i));
}
