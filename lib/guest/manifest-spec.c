/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and changes the specification that a manifest keeps. */
#include "config.h"
#include "lib/guest/manifest-spec.h"

/* (nullable) */
static JsonObject *
get_spec (const DomuimgManifest *self)
{
  return self->spec != NULL && JSON_NODE_HOLDS_OBJECT (self->spec) ? json_node_get_object (self->spec)
                                                                   : NULL;
}

char **
domuimg_manifest_list_settings (const DomuimgManifest *self)
{
  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();
  JsonObject *spec = get_spec (self);
  g_autoptr (GList) members = spec != NULL ? json_object_get_members (spec) : NULL;

  for (const GList *one = members; one != NULL; one = one->next)
    g_strv_builder_add (keys, one->data);
  return g_strv_builder_end (keys);
}

static void
add_text (GStrvBuilder *values, JsonNode *node)
{
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    g_strv_builder_add (values, json_node_get_string (node));
}

char **
domuimg_manifest_get_setting (const DomuimgManifest *self, const char *key)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  JsonObject *spec = get_spec (self);
  JsonNode *node = spec != NULL ? json_object_get_member (spec, key) : NULL;
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (node != NULL)
    add_text (values, node);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    add_text (values, json_array_get_element (array, i));
  return g_strv_builder_end (values);
}

void
domuimg_manifest_set_setting (DomuimgManifest *self, const char *key, const char *value)
{
  JsonObject *spec = get_spec (self);

  if (spec != NULL && value != NULL)
    json_object_set_string_member (spec, key, value);
  else if (spec != NULL)
    json_object_remove_member (spec, key);
}
