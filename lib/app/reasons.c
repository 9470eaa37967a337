/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps why each file of a guest is there. */
#include "config.h"
#include "lib/app/reasons.h"

#include <string.h>

#include "lib/app/explain.h"
#include "lib/base/json.h"
#include "lib/tree/memory.h"

#define CHAIN_MAX 1000

static void
add_file (JsonBuilder *json, const DomuimgAppFile *file, const DomuimgAppFile *parent)
{
  g_autofree char *path = g_strconcat ("/", file->entry->path, NULL);
  g_autofree char *of = parent != NULL ? g_strconcat ("/", parent->entry->path, NULL) : NULL;

  json_builder_begin_object (json);
  domuimg_json_add_string (json, "path", path);
  if (file->entry->type == DOMUIMG_ENTRY_SYMLINK)
    domuimg_json_add_string (json, "target", file->entry->target);
  domuimg_json_add_string (json, "rule", file->rule);
  if (of != NULL)
    domuimg_json_add_string (json, "parent", of);
  if (file->detail != NULL)
    domuimg_json_add_string (json, "detail", file->detail);
  json_builder_end_object (json);
}

char *
domuimg_reasons_write (DomuimgClosure *closure)
{
  const GPtrArray *files = domuimg_closure_get_files (closure);
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "files");
  json_builder_begin_array (json);
  for (guint i = 0; i < files->len; i++)
    {
      const DomuimgAppFile *file = g_ptr_array_index (files, i);

      add_file (json, file, domuimg_closure_get_parent (closure, file));
    }
  json_builder_end_array (json);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}

/* The names are a tree, so that symlinks mean here what they mean in the guest. */
struct _DomuimgReasons {
  JsonNode *root;
  DomuimgTree *names;
  GHashTable *files; /* path without its slash -> JsonObject (unowned) */
};

void
domuimg_reasons_free (DomuimgReasons *self)
{
  g_hash_table_unref (self->files);
  g_object_unref (self->names);
  json_node_unref (self->root);
  g_free (self);
}

/* (nullable) */
static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
                 && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static gboolean
damaged (GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "not a list of files with their reasons");
}

static gboolean
take_file (DomuimgReasons *self, JsonObject *object, GError **error)
{
  const char *path = get_text (object, "path");
  const char *target = get_text (object, "target");
  g_autofree char *normal = path != NULL ? domuimg_path_normalise (path, error) : NULL;
  g_autofree char *parent = normal != NULL ? g_path_get_dirname (normal) : NULL;
  g_autoptr (DomuimgEntry) entry = NULL;

  if (normal == NULL || get_text (object, "rule") == NULL)
    return path != NULL && normal == NULL ? FALSE : damaged (error);
  g_hash_table_insert (self->files, g_strdup (normal), object);
  if (*normal == '\0' || domuimg_tree_exists (self->names, normal))
    return TRUE;
  entry = domuimg_entry_new (
      normal, target != NULL ? DOMUIMG_ENTRY_SYMLINK : DOMUIMG_ENTRY_FILE, 0644);
  entry->target = g_strdup (target);
  return (g_str_equal (parent, ".") || domuimg_tree_mkdir_p (self->names, parent, 0755, error))
         && domuimg_tree_put (self->names, entry, NULL, error);
}

/* Longer paths come before shorter ones: directories are made for what is in them. */
static int
compare_objects (gconstpointer a, gconstpointer b)
{
  const char *one = get_text (*(JsonObject *const *) a, "path");
  const char *other = get_text (*(JsonObject *const *) b, "path");

  if (one == NULL || other == NULL)
    return (one != NULL) - (other != NULL);
  return strcmp (other, one);
}

static GPtrArray *
list_objects (JsonNode *root)
{
  JsonNode *files = JSON_NODE_HOLDS_OBJECT (root)
                        ? json_object_get_member (json_node_get_object (root), "files")
                        : NULL;
  g_autoptr (GPtrArray) objects = g_ptr_array_new ();
  JsonArray *array;

  if (files == NULL || !JSON_NODE_HOLDS_ARRAY (files))
    return NULL;
  array = json_node_get_array (files);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_OBJECT (node))
        return NULL;
      g_ptr_array_add (objects, json_node_get_object (node));
    }
  g_ptr_array_sort (objects, compare_objects);
  return g_steal_pointer (&objects);
}

DomuimgReasons *
domuimg_reasons_parse (const char *text, GError **error)
{
  g_autoptr (DomuimgReasons) self = g_new0 (DomuimgReasons, 1);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GPtrArray) objects = NULL;

  self->names = domuimg_tree_memory_new ();
  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (domuimg_json_load (parser, text, strlen (text), NULL))
    self->root = json_parser_steal_root (parser);
  if (self->root == NULL)
    self->root = json_node_new (JSON_NODE_NULL);
  objects = list_objects (self->root);
  if (objects == NULL)
    {
      damaged (error);
      return NULL;
    }
  for (guint i = 0; i < objects->len; i++)
    if (!take_file (self, g_ptr_array_index (objects, i), error))
      return NULL;
  return g_steal_pointer (&self);
}

gboolean
domuimg_reasons_has (DomuimgReasons *self, const char *path)
{
  return domuimg_tree_exists (self->names, path);
}

GPtrArray *
domuimg_reasons_explain (DomuimgReasons *self, const char *path, GError **error)
{
  g_autofree char *at = domuimg_tree_resolve_parents (self->names, path, NULL);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; at != NULL && i < CHAIN_MAX; i++)
    {
      JsonObject *object = g_hash_table_lookup (self->files, at);
      const char *parent = object != NULL ? get_text (object, "parent") : NULL;
      g_autofree char *why = NULL;

      if (object == NULL)
        break;
      why = domuimg_app_explain (get_text (object, "rule"), parent, get_text (object, "detail"));
      g_ptr_array_add (lines, g_strdup_printf ("/%s: %s", at, why));
      g_free (at);
      at = parent != NULL ? domuimg_path_normalise (parent, NULL) : NULL;
    }
  if (lines->len > 0)
    return g_steal_pointer (&lines);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s is not among the files of the application", path);
  return NULL;
}
