/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the JSON of container images. */
#include "config.h"
#include "lib/source/oci-json.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/tree/entry.h"

/* An image has some dozens of any of them. */
#define LIST_MAX 4096

void
domuimg_oci_descriptor_free (DomuimgOciDescriptor *self)
{
  if (self == NULL)
    return;
  g_free (self->media_type);
  g_free (self->digest);
  g_free (self->os);
  g_free (self->architecture);
  g_free (self->variant);
  g_free (self->tag);
  g_free (self);
}

void
domuimg_oci_manifest_free (DomuimgOciManifest *self)
{
  g_ptr_array_unref (self->manifests);
  g_ptr_array_unref (self->layers);
  domuimg_oci_descriptor_free (self->config);
  g_free (self);
}

void
domuimg_oci_config_free (DomuimgOciConfig *self)
{
  GPtrArray *lists[] = { self->diff_ids, self->entrypoint, self->cmd,
                         self->env,      self->ports,      self->volumes };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    g_ptr_array_unref (lists[i]);
  g_free (self->os);
  g_free (self->architecture);
  g_free (self->directory);
  g_free (self->user);
  g_free (self->stop_signal);
  g_free (self);
}

static void
docker_image_free (gpointer data)
{
  DomuimgDockerImage *self = data;

  g_ptr_array_unref (self->layers);
  g_ptr_array_unref (self->tags);
  g_free (self->config);
  g_free (self);
}

static JsonParser *
parse (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) local = NULL;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  if (length > 0 && g_utf8_validate (text, length, NULL)
      && domuimg_json_load (parser, text, length, &local)
      && json_parser_get_root (parser) != NULL)
    return g_steal_pointer (&parser);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is not valid JSON%s%s", name,
                local != NULL ? ": " : "", local != NULL ? local->message : "");
  return NULL;
}

static JsonObject *
get_root (JsonParser *parser)
{
  JsonNode *root = json_parser_get_root (parser);

  return JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
}

/* Members of another type than they should be are not there. */
static JsonObject *
get_object (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonArray *
get_array (JsonObject *object, const char *member)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, member) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static const char *
get_node_text (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static char *
get_text (JsonObject *object, const char *member)
{
  return object != NULL ? g_strdup (get_node_text (json_object_get_member (object, member))) : NULL;
}

static guint64
get_size (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);
  gint64 value = node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64
                     ? json_node_get_int (node)
                     : 0;

  return value > 0 ? (guint64) value : 0;
}

static GPtrArray *
get_texts (JsonObject *object, const char *member)
{
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);
  JsonArray *array = get_array (object, member);
  guint length = array != NULL ? json_array_get_length (array) : 0;

  for (guint i = 0; i < length; i++)
    {
      const char *text = get_node_text (json_array_get_element (array, i));

      if (text != NULL)
        g_ptr_array_add (texts, g_strdup (text));
    }
  return texts;
}

/* Go writes sets so: {"80/tcp": {}}. */
static GPtrArray *
get_names (JsonObject *object, const char *member)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  JsonObject *set = get_object (object, member);
  g_autoptr (GList) members = set != NULL ? json_object_get_members (set) : NULL;

  for (GList *at = members; at != NULL; at = at->next)
    g_ptr_array_add (names, g_strdup (at->data));
  return names;
}

gboolean
domuimg_oci_is_digest (const char *text)
{
  return text != NULL
         && g_regex_match_simple ("^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$", text,
                                  G_REGEX_DOLLAR_ENDONLY, 0);
}

/* No list is cut: what is left out of it would be missing in the guest. */
static gboolean
check_length (guint length, const char *name, GError **error)
{
  return length <= LIST_MAX
         || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s has a list of more than %d entries", name,
                          LIST_MAX);
}

static DomuimgOciDescriptor *
read_descriptor (JsonObject *object, const char *name, GError **error)
{
  JsonObject *platform = get_object (object, "platform");
  g_autofree char *digest = get_text (object, "digest");
  DomuimgOciDescriptor *self;

  if (!domuimg_oci_is_digest (digest))
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s names a part of the image by “%s”, which is not a"
                                                        " digest of sha256 or sha512",
                    name, digest != NULL ? digest : "");
      return NULL;
    }
  self = g_new0 (DomuimgOciDescriptor, 1);
  self->digest = g_steal_pointer (&digest);
  self->media_type = get_text (object, "mediaType");
  self->size = get_size (object, "size");
  self->os = get_text (platform, "os");
  self->architecture = get_text (platform, "architecture");
  self->variant = get_text (platform, "variant");
  self->tag = get_text (get_object (object, "annotations"), "org.opencontainers.image.ref.name");
  return self;
}

static gboolean
read_descriptors (JsonArray *array, GPtrArray *into, const char *name, GError **error)
{
  guint length = array != NULL ? json_array_get_length (array) : 0;

  if (!check_length (length, name, error))
    return FALSE;
  for (guint i = 0; i < length; i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      DomuimgOciDescriptor *descriptor = NULL;

      if (JSON_NODE_HOLDS_OBJECT (node))
        descriptor = read_descriptor (json_node_get_object (node), name, error);
      else
        domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not a list of parts of an image", name);
      if (descriptor == NULL)
        return FALSE;
      g_ptr_array_add (into, descriptor);
    }
  return TRUE;
}

static gboolean
fill_manifest (DomuimgOciManifest *self, JsonObject *root, const char *name, GError **error)
{
  JsonObject *config = get_object (root, "config");
  JsonArray *manifests = get_array (root, "manifests");

  self->is_index = manifests != NULL;
  if (self->is_index)
    return read_descriptors (manifests, self->manifests, name, error);
  if (config == NULL || get_array (root, "layers") == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s is neither the index nor the manifest of a container image", name);
  self->config = read_descriptor (config, name, error);
  return self->config != NULL && read_descriptors (get_array (root, "layers"), self->layers, name, error);
}

DomuimgOciManifest *
domuimg_oci_manifest_parse (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (JsonParser) parser = parse (bytes, name, error);
  g_autoptr (DomuimgOciManifest) self = NULL;

  if (parser == NULL)
    return NULL;
  self = g_new0 (DomuimgOciManifest, 1);
  self->manifests = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_oci_descriptor_free);
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_oci_descriptor_free);
  return fill_manifest (self, get_root (parser), name, error) ? g_steal_pointer (&self) : NULL;
}

static gboolean
check_config (const DomuimgOciConfig *self, const char *name, GError **error)
{
  const GPtrArray *lists[] = { self->diff_ids, self->entrypoint, self->cmd,
                               self->env,      self->ports,      self->volumes };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    if (!check_length (lists[i]->len, name, error))
      return FALSE;
  return TRUE;
}

DomuimgOciConfig *
domuimg_oci_config_parse (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (JsonParser) parser = parse (bytes, name, error);
  JsonObject *root = parser != NULL ? get_root (parser) : NULL;
  JsonObject *config = get_object (root, "config");
  g_autoptr (DomuimgOciConfig) self = NULL;

  if (root == NULL)
    {
      if (parser != NULL)
        domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is not the configuration of an image", name);
      return NULL;
    }
  self = g_new0 (DomuimgOciConfig, 1);
  self->os = get_text (root, "os");
  self->architecture = get_text (root, "architecture");
  self->diff_ids = get_texts (get_object (root, "rootfs"), "diff_ids");
  self->entrypoint = get_texts (config, "Entrypoint");
  self->cmd = get_texts (config, "Cmd");
  self->env = get_texts (config, "Env");
  self->ports = get_names (config, "ExposedPorts");
  self->volumes = get_names (config, "Volumes");
  self->directory = get_text (config, "WorkingDir");
  self->user = get_text (config, "User");
  self->stop_signal = get_text (config, "StopSignal");
  return check_config (self, name, error) ? g_steal_pointer (&self) : NULL;
}

/* Names in the archive are made normal here, so that none of them leads out of it. */
static DomuimgDockerImage *
read_docker_image (JsonObject *object, const char *name, GError **error)
{
  DomuimgDockerImage *self = g_new0 (DomuimgDockerImage, 1);
  g_autofree char *config = get_text (object, "Config");
  g_autoptr (GPtrArray) layers = get_texts (object, "Layers");

  self->layers = g_ptr_array_new_with_free_func (g_free);
  self->tags = get_texts (object, "RepoTags");
  if (config == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: an image without a configuration", name);
  else if (check_length (layers->len, name, error) && check_length (self->tags->len, name, error))
    self->config = domuimg_path_normalise (config, error);
  for (guint i = 0; self->config != NULL && i < layers->len; i++)
    {
      char *path = domuimg_path_normalise (layers->pdata[i], error);

      if (path == NULL)
        break;
      g_ptr_array_add (self->layers, path);
    }
  if (self->config != NULL && self->layers->len == layers->len)
    return self;
  docker_image_free (self);
  return NULL;
}

GPtrArray *
domuimg_docker_manifest_parse (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (JsonParser) parser = parse (bytes, name, error);
  JsonNode *root = parser != NULL ? json_parser_get_root (parser) : NULL;
  JsonArray *array = root != NULL && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;
  g_autoptr (GPtrArray) images = g_ptr_array_new_with_free_func (docker_image_free);
  guint length = array != NULL ? json_array_get_length (array) : 0;

  if (!check_length (length, name, error))
    return NULL;
  for (guint i = 0; i < length; i++)
    {
      JsonNode *node = json_array_get_element (array, i);
      DomuimgDockerImage *image = NULL;

      if (JSON_NODE_HOLDS_OBJECT (node))
        image = read_docker_image (json_node_get_object (node), name, error);
      else
        domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not a list of images", name);
      if (image == NULL)
        return NULL;
      g_ptr_array_add (images, image);
    }
  if (images->len > 0)
    return g_steal_pointer (&images);
  if (parser != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s names no image", name);
  return NULL;
}
