/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host profile: as text, and what is asked of it. */
#include "config.h"
#include "lib/xen/profile.h"

#include <string.h>

#include "lib/base/json.h"

/* A host has some thousand of anything at most. */
#define ITEMS_MAX 100000
#define TEXT_MAX (4 << 20)

static const char *const names[] = { "types",   "bridges", "interfaces", "scripts", "files",
                                     "domains", "pools",   "pci",        "pci_assignable" };
G_STATIC_ASSERT (G_N_ELEMENTS (names) == DOMUIMG_N_PROFILE_LISTS);

void
domuimg_profile_free (DomuimgProfile *self)
{
  g_free (self->name);
  g_free (self->default_bridge);
  g_free (self->default_script);
  g_free (self->default_backend);
  for (guint i = 0; i < DOMUIMG_N_PROFILE_LISTS; i++)
    g_clear_pointer (&self->lists[i], g_ptr_array_unref);
  g_free (self);
}

DomuimgXenVersion
domuimg_profile_get_xen (const DomuimgProfile *self)
{
  return self != NULL && self->version.major > 0 ? self->version : domuimg_xen_version_of_host (NULL);
}

gboolean
domuimg_profile_knows (const DomuimgProfile *self, DomuimgProfileList list)
{
  return self->lists[list] != NULL;
}

gboolean
domuimg_profile_has (const DomuimgProfile *self, DomuimgProfileList list, const char *item)
{
  return self->lists[list] != NULL
         && g_ptr_array_find_with_equal_func (self->lists[list], item, g_str_equal, NULL);
}

char *
domuimg_profile_describe (const DomuimgProfile *self, DomuimgProfileList list)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; self->lists[list] != NULL && i < self->lists[list]->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
                            (const char *) g_ptr_array_index (self->lists[list], i));
  return g_strdup (text->len > 0 ? text->str : "none");
}

/* (nullable) without an error where there is no such member. */
static JsonNode *
get_member (JsonObject *object, const char *member, GType type)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type
             ? node
             : NULL;
}

static gboolean
fail (GError **error, const char *name, const char *what)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s is not a host profile: %s; on the Xen host, domuimg doctor --json writes"
                       " one",
                       name, what);
}

static gboolean
read_list (DomuimgProfile *self, JsonObject *host, guint i, GError **error)
{
  JsonNode *node = json_object_get_member (host, names[i]);
  JsonArray *array;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return fail (error, self->name, "what must be a list is not one");
  array = json_node_get_array (node);
  if (json_array_get_length (array) > ITEMS_MAX)
    return fail (error, self->name, "a list is too long");
  self->lists[i] = g_ptr_array_new_with_free_func (g_free);
  for (guint j = 0; j < json_array_get_length (array); j++)
    {
      JsonNode *item = json_array_get_element (array, j);

      if (!JSON_NODE_HOLDS_VALUE (item) || json_node_get_value_type (item) != G_TYPE_STRING)
        return fail (error, self->name, "a list holds something else than text");
      g_ptr_array_add (self->lists[i], g_strdup (json_node_get_string (item)));
    }
  return TRUE;
}

static gboolean
read_number (JsonObject *object, const char *member, guint64 max, guint64 *number)
{
  JsonNode *node = get_member (object, member, G_TYPE_INT64);
  gint64 value = node != NULL ? json_node_get_int (node) : 0;

  *number = (guint64) value;
  return value >= 0 && *number <= max;
}

/* Two numbers and what follows, as "4.17.3-pre". */
static void
read_version (DomuimgProfile *self, JsonObject *top)
{
  JsonNode *node = get_member (top, "xen_version", G_TYPE_STRING);
  g_auto (GStrv) parts = g_strsplit (node != NULL ? json_node_get_string (node) : "", ".", 3);
  g_autofree char *text = NULL;

  if (g_strv_length (parts) < 2)
    return;
  text = g_strdup_printf ("%s.%s", parts[0], parts[1]);
  if (!domuimg_xen_version_parse (text, &self->version, NULL))
    return;
  if (parts[2] != NULL && g_ascii_isdigit (*parts[2]))
    self->version.point = (int) MIN (g_ascii_strtoull (parts[2], NULL, 10), 99);
}

/* (nullable) */
static char *
read_string (JsonObject *object, const char *member)
{
  JsonNode *node = get_member (object, member, G_TYPE_STRING);

  return node != NULL ? g_strdup (json_node_get_string (node)) : NULL;
}

static void
write_string (JsonBuilder *builder, const char *member, const char *value)
{
  if (value != NULL)
    domuimg_json_add_string (builder, member, value);
}

static gboolean
read_host (DomuimgProfile *self, JsonObject *host, GError **error)
{
  guint64 cpus = 0;

  if (!read_number (host, "cpus", G_MAXUINT16, &cpus)
      || !read_number (host, "memory", G_MAXINT64, &self->memory))
    return fail (error, self->name, "a number is out of range");
  self->cpus = (guint) cpus;
  self->default_bridge = read_string (host, "default_bridge");
  self->default_script = read_string (host, "default_script");
  self->default_backend = read_string (host, "default_backend");
  for (guint i = 0; i < DOMUIMG_N_PROFILE_LISTS; i++)
    if (!read_list (self, host, i, error))
      return FALSE;
  return TRUE;
}

DomuimgProfile *
domuimg_profile_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (DomuimgProfile) self = g_new0 (DomuimgProfile, 1);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root, *host = NULL;

  self->name = g_strdup (name);
  if (!g_utf8_validate (text, length, NULL) || !domuimg_json_load (parser, text, length, NULL))
    return fail (error, name, "it is not JSON"), NULL;
  root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    host = json_object_get_member (json_node_get_object (root), "host");
  if (host == NULL || !JSON_NODE_HOLDS_OBJECT (host))
    return fail (error, name, "it says nothing of a Xen host (“host”)"), NULL;
  read_version (self, json_node_get_object (root));
  return read_host (self, json_node_get_object (host), error) ? g_steal_pointer (&self) : NULL;
}

DomuimgProfile *
domuimg_profile_read (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, &local))
    {
      domuimg_fail (error,
                    g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
                        ? DOMUIMG_ERROR_NOT_FOUND
                        : DOMUIMG_ERROR_IO,
                    "reading the host profile: %s", local->message);
      return NULL;
    }
  if (length > TEXT_MAX)
    return fail (error, path, "it is too large"), NULL;
  return domuimg_profile_parse (text, length, path, error);
}

void
domuimg_profile_write (const DomuimgProfile *self, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "host");
  json_builder_begin_object (builder);
  if (self->cpus > 0)
    domuimg_json_add_int (builder, "cpus", self->cpus);
  if (self->memory > 0)
    domuimg_json_add_int (builder, "memory", (gint64) self->memory);
  write_string (builder, "default_bridge", self->default_bridge);
  write_string (builder, "default_script", self->default_script);
  write_string (builder, "default_backend", self->default_backend);
  for (guint i = 0; i < DOMUIMG_N_PROFILE_LISTS; i++)
    if (self->lists[i] != NULL)
      domuimg_json_add_lines (builder, names[i], self->lists[i]);
  json_builder_end_object (builder);
}
