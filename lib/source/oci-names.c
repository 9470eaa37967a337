/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of a guest that is put together of layers, and which file each is of. */
#include "config.h"
#include "lib/source/oci-names.h"

#include <string.h>

void
domuimg_oci_file_free (gpointer data)
{
  DomuimgOciFile *self = data;

  g_ptr_array_unref (self->names);
  g_free (self->target);
  g_free (self);
}

static void
name_free (gpointer data)
{
  DomuimgOciName *self = data;

  if (self->file != NULL)
    g_ptr_array_remove_fast (self->file->names, self);
  g_clear_pointer (&self->children, g_hash_table_unref);
  g_free (self->name);
  g_free (self);
}

static GHashTable *
new_children (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, name_free);
}

DomuimgOciNames *
domuimg_oci_names_new (void)
{
  DomuimgOciNames *self = g_new0 (DomuimgOciNames, 1);

  self->root = g_new0 (DomuimgOciName, 1);
  self->root->parent = self->root;
  self->root->name = g_strdup ("");
  self->root->children = new_children ();
  return self;
}

void
domuimg_oci_names_free (DomuimgOciNames *self)
{
  name_free (self->root);
  g_free (self);
}

void
domuimg_oci_names_touch (DomuimgOciNames *self, DomuimgOciName *name)
{
  for (; name->layer != self->layer; name = name->parent)
    name->layer = self->layer;
}

DomuimgOciName *
domuimg_oci_names_add (DomuimgOciNames *self, DomuimgOciName *parent, const char *name, gboolean is_directory)
{
  DomuimgOciName *added = g_new0 (DomuimgOciName, 1);

  added->parent = parent;
  added->name = g_strdup (name);
  added->layer = self->layer;
  if (is_directory)
    added->children = new_children ();
  g_hash_table_replace (parent->children, added->name, added);
  /* Here, as domuimg_oci_names_touch () goes up no further than to a name that this layer has. */
  domuimg_oci_names_touch (self, parent);
  return added;
}

/* One step down; links are followed inside of the root. NULL where that leads to no directory. */
static DomuimgOciName *
step (DomuimgOciNames *self, DomuimgOciName *at, const char *component, gboolean creates, guint *hops)
{
  DomuimgOciName *next;

  if (*component == '\0' || g_str_equal (component, "."))
    return at;
  if (g_str_equal (component, ".."))
    return at->parent;
  next = g_hash_table_lookup (at->children, component);
  if (next == NULL)
    return creates ? domuimg_oci_names_add (self, at, component, TRUE) : NULL;
  if (next->children != NULL)
    return next;
  if (next->file->type != DOMUIMG_ENTRY_SYMLINK || ++*hops > DOMUIMG_OCI_HOPS_MAX)
    return NULL;
  return domuimg_oci_names_walk (self, *next->file->target == '/' ? self->root : at, next->file->target, creates,
                                 hops);
}

DomuimgOciName *
domuimg_oci_names_walk (DomuimgOciNames *self, DomuimgOciName *at, const char *path, gboolean creates,
                        guint *hops)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);

  for (guint i = 0; at != NULL && components[i] != NULL; i++)
    at = step (self, at, components[i], creates, hops);
  return at;
}

DomuimgOciName *
domuimg_oci_names_find_parent (DomuimgOciNames *self, const char *path, gboolean creates, const char **last)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);
  guint hops = 0;

  *last = slash != NULL ? slash + 1 : path;
  return domuimg_oci_names_walk (self, self->root, parent, creates, &hops);
}

void
domuimg_oci_names_drop_lower (DomuimgOciNames *self, DomuimgOciName *directory)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, directory->children);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      DomuimgOciName *name = value;

      if (name->layer < self->layer)
        g_hash_table_iter_remove (&iter);
      else if (name->children != NULL)
        domuimg_oci_names_drop_lower (self, name);
    }
}

void
domuimg_oci_name_give_file (DomuimgOciName *name, DomuimgOciFile *file)
{
  if (name->file != NULL)
    g_ptr_array_remove_fast (name->file->names, name);
  name->file = file;
  g_ptr_array_add (file->names, name);
}

char *
domuimg_oci_name_path (const DomuimgOciName *name)
{
  GString *path = g_string_new (name->name);

  while (name->parent->parent != name->parent)
    {
      name = name->parent;
      g_string_prepend_c (path, '/');
      g_string_prepend (path, name->name);
    }
  return g_string_free (path, FALSE);
}
