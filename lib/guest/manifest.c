/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manifest of a guest, to and from the JSON of its file. */
#include "config.h"
#include "lib/guest/manifest.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/json.h"

#define MANIFEST_MAX (16 << 20)
/* Those before the first had no number, and memory in MiB; since then all sizes are in bytes. */
#define MANIFEST_VERSION 1

/* A member of the JSON and the field of a structure that it is; one table serves both ways. */
typedef struct {
  const char *name;
  gsize offset;
} Member;

#define KERNEL(field) G_STRUCT_OFFSET (DomuimgManifestKernel, field)
#define INSTALLER(field) G_STRUCT_OFFSET (DomuimgManifestInstaller, field)
#define NIC(field) G_STRUCT_OFFSET (DomuimgManifestNic, field)
#define VOLUME(field) G_STRUCT_OFFSET (DomuimgManifestVolume, field)
#define BASE(field) G_STRUCT_OFFSET (DomuimgManifestBase, field)
#define PART(field) G_STRUCT_OFFSET (DomuimgManifestPart, field)
#define DISK(field) G_STRUCT_OFFSET (DomuimgManifestDisk, field)
#define GUEST(field) G_STRUCT_OFFSET (DomuimgManifest, field)

static const Member kernel_texts[] = {
  { "policy", KERNEL (policy) }, { "from", KERNEL (from) },
  { "version", KERNEL (version) }, { "reason", KERNEL (reason) },
  { "path", KERNEL (path) }, { "ramdisk", KERNEL (ramdisk) },
  { "loader", KERNEL (loader) }, { "loader_path", KERNEL (loader_path) },
};
static const Member installer_texts[] = {
  { "name", INSTALLER (name) },       { "config", INSTALLER (config) },
  { "kernel", INSTALLER (kernel) },   { "ramdisk", INSTALLER (ramdisk) },
  { "cmdline", INSTALLER (cmdline) },
};
static const Member nic_texts[] = {
  { "mac", NIC (mac) }, { "bridge", NIC (bridge) }, { "address", NIC (address) },
  { "network", NIC (network) },
};
static const Member lease_texts[] = { { "pool", NIC (pool) }, { "lease", NIC (lease) } };
static const Member disk_texts[] = {
  { "path", DISK (path) }, { "kind", DISK (kind) },
  { "format", DISK (format) }, { "vdev", DISK (vdev) },
};
static const Member base_texts[] = { { "path", BASE (path) }, { "digest", BASE (digest) } };
static const Member volume_texts[] = { { "volume", DISK (volume) } };
static const Member pool_texts[] = {
  { "path", VOLUME (path) }, { "volume", VOLUME (address) }, { "id", VOLUME (id) },
};
static const Member defined_texts[] = { { "defined", GUEST (defined) } };
static const Member part_texts[] = {
  { "fs", PART (fs) }, { "uuid", PART (uuid) }, { "mount", PART (mount) },
};
static const Member made_texts[] = { { "fs", DISK (fs) }, { "uuid", DISK (uuid) } };
static const Member converted_texts[] = {
  { "from", DISK (from) }, { "from_format", DISK (from_format) }, { "backing", DISK (backing) },
};
static const Member guest_texts[] = {
  { "domuimg", GUEST (domuimg) }, { "name", GUEST (name) }, { "uuid", GUEST (uuid) },
};
static const Member guest_sizes[] = { { "memory", GUEST (memory) }, { "maxmem", GUEST (maxmem) } };
static const Member origin_texts[] = {
  { "source", GUEST (source) }, { "made", GUEST (made) }, { "directory", GUEST (directory) },
  { "clone_of", GUEST (clone_of) }, { "system", GUEST (system) }, { "verdict", GUEST (verdict) },
};
static const Member file_texts[] = {
  { "config", GUEST (config) }, { "xml", GUEST (xml) }, { "manifest", GUEST (manifest) },
};
static const Member document_texts[] = {
  { "reasons", GUEST (documents[DOMUIMG_DOCUMENT_REASONS]) },
  { "spdx", GUEST (documents[DOMUIMG_DOCUMENT_SPDX]) },
  { "cyclonedx", GUEST (documents[DOMUIMG_DOCUMENT_CYCLONEDX]) },
};

static char **
text_at (gconstpointer self, const Member *member)
{
  return (char **) ((char *) self + member->offset);
}

static void
clear_texts (gpointer self, const Member *members, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_clear_pointer (text_at (self, &members[i]), g_free);
}

#define CLEAR(self, members) clear_texts (self, members, G_N_ELEMENTS (members))
#define TAKE(self, members, object, error)                                                        \
  take_texts (self, members, G_N_ELEMENTS (members), object, error)
#define SET(self, members, object) set_texts (self, members, G_N_ELEMENTS (members), object)

static void
part_free (gpointer data)
{
  CLEAR (data, part_texts);
  g_free (data);
}

static void
disk_free (gpointer data)
{
  DomuimgManifestDisk *self = data;

  g_clear_pointer (&self->base, domuimg_manifest_base_free);
  CLEAR (self, disk_texts);
  CLEAR (self, made_texts);
  CLEAR (self, volume_texts);
  CLEAR (self, converted_texts);
  g_ptr_array_unref (self->parts);
  g_clear_pointer (&self->json, json_object_unref);
  g_free (self);
}

static void
nic_free (gpointer data)
{
  CLEAR (data, nic_texts);
  CLEAR (data, lease_texts);
  g_free (data);
}

static void
volume_free (gpointer data)
{
  CLEAR (data, pool_texts);
  g_free (data);
}

DomuimgManifest *
domuimg_manifest_new (void)
{
  DomuimgManifest *self = g_new0 (DomuimgManifest, 1);

  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->nics = g_ptr_array_new_with_free_func (nic_free);
  self->volumes = g_ptr_array_new_with_free_func (volume_free);
  self->identity = g_ptr_array_new_with_free_func (g_free);
  self->changes = g_ptr_array_new_with_free_func (g_free);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
domuimg_manifest_free (DomuimgManifest *self)
{
  CLEAR (self, guest_texts);
  CLEAR (self, origin_texts);
  CLEAR (self, file_texts);
  CLEAR (self, document_texts);
  CLEAR (self, defined_texts);
  CLEAR (&self->kernel, kernel_texts);
  CLEAR (&self->installer, installer_texts);
  g_ptr_array_unref (self->disks);
  g_ptr_array_unref (self->nics);
  g_ptr_array_unref (self->volumes);
  g_ptr_array_unref (self->identity);
  g_ptr_array_unref (self->changes);
  g_ptr_array_unref (self->warnings);
  g_clear_pointer (&self->check, json_node_unref);
  g_clear_pointer (&self->spec, json_node_unref);
  g_clear_pointer (&self->json, json_object_unref);
  g_free (self);
}

DomuimgManifestDisk *
domuimg_manifest_add_disk (DomuimgManifest *self)
{
  DomuimgManifestDisk *disk = g_new0 (DomuimgManifestDisk, 1);

  disk->parts = g_ptr_array_new_with_free_func (part_free);
  g_ptr_array_add (self->disks, disk);
  return disk;
}

DomuimgManifestNic *
domuimg_manifest_add_nic (DomuimgManifest *self)
{
  DomuimgManifestNic *nic = g_new0 (DomuimgManifestNic, 1);

  g_ptr_array_add (self->nics, nic);
  return nic;
}

DomuimgManifestVolume *
domuimg_manifest_add_volume (DomuimgManifest *self)
{
  DomuimgManifestVolume *volume = g_new0 (DomuimgManifestVolume, 1);

  g_ptr_array_add (self->volumes, volume);
  return volume;
}

gboolean
domuimg_manifest_is_adopted (const DomuimgManifest *self)
{
  return g_strcmp0 (self->source, DOMUIMG_MANIFEST_ADOPTED) == 0;
}

gboolean
domuimg_manifest_owns_kernel (const DomuimgManifest *self)
{
  return !domuimg_manifest_is_adopted (self) || g_strcmp0 (self->kernel.from, "guest") == 0;
}

gboolean
domuimg_manifest_is_elsewhere (const DomuimgManifest *self, const char *path)
{
  for (guint i = 0; i < self->volumes->len; i++)
    {
      const DomuimgManifestVolume *volume = g_ptr_array_index (self->volumes, i);

      if (volume->id != NULL && g_strcmp0 (volume->path, path) == 0)
        return TRUE;
    }
  return FALSE;
}

DomuimgManifestPart *
domuimg_manifest_add_part (DomuimgManifestDisk *self)
{
  DomuimgManifestPart *part = g_new0 (DomuimgManifestPart, 1);

  g_ptr_array_add (self->parts, part);
  return part;
}

/* Null for NULL. A member that is there keeps its place. */
static void
set_texts (gconstpointer self, const Member *members, gsize n, JsonObject *object)
{
  for (gsize i = 0; i < n; i++)
    json_object_set_string_member (object, members[i].name, *text_at (self, &members[i]));
}

/* Nobody needs them but people; what was read stays as it is. */
static void
set_parts (const DomuimgManifestDisk *self, JsonObject *object)
{
  JsonArray *array;

  if (self->parts->len == 0)
    return;
  array = json_array_sized_new (self->parts->len);
  for (guint i = 0; i < self->parts->len; i++)
    {
      const DomuimgManifestPart *part = g_ptr_array_index (self->parts, i);
      JsonObject *one = json_object_new ();

      json_object_set_int_member (one, "number", part->number);
      json_object_set_int_member (one, "size", part->size);
      SET (part, part_texts, one);
      json_array_add_object_element (array, one);
    }
  json_object_set_array_member (object, "partitions", array);
}

static void
set_base (const DomuimgManifestDisk *self, JsonObject *object)
{
  JsonObject *base;

  if (self->base == NULL)
    return;
  base = json_object_new ();
  SET (self->base, base_texts, base);
  json_object_set_int_member (base, "mtime", self->base->mtime);
  json_object_set_int_member (base, "size", self->base->size);
  json_object_set_object_member (object, "base", base);
}

static JsonObject *
disk_to_json (const DomuimgManifestDisk *self)
{
  JsonObject *object = self->json != NULL ? json_object_ref (self->json) : json_object_new ();

  SET (self, disk_texts, object);
  json_object_set_int_member (object, "size", self->size);
  set_base (self, object);
  if (self->volume != NULL)
    SET (self, volume_texts, object);
  if (self->from == NULL)
    {
      SET (self, made_texts, object);
      set_parts (self, object);
      return object;
    }
  SET (self, converted_texts, object);
  if (self->backing == NULL)
    json_object_remove_member (object, "backing");
  return object;
}

static void
set_disks (const DomuimgManifest *self, JsonObject *object)
{
  JsonArray *array = json_array_sized_new (self->disks->len);

  for (guint i = 0; i < self->disks->len; i++)
    json_array_add_object_element (array, disk_to_json (g_ptr_array_index (self->disks, i)));
  json_object_set_array_member (object, "disks", array);
}

static void
set_nics (const DomuimgManifest *self, JsonObject *object)
{
  JsonArray *array = json_array_sized_new (self->nics->len);

  for (guint i = 0; i < self->nics->len; i++)
    {
      JsonObject *nic = json_object_new ();

      SET (g_ptr_array_index (self->nics, i), nic_texts, nic);
      if (((const DomuimgManifestNic *) g_ptr_array_index (self->nics, i))->lease != NULL)
        SET (g_ptr_array_index (self->nics, i), lease_texts, nic);
      json_array_add_object_element (array, nic);
    }
  json_object_set_array_member (object, "nics", array);
}

/* Most guests have nothing to do with libvirt. */
static void
set_libvirt (const DomuimgManifest *self, JsonObject *object)
{
  JsonArray *array;

  if (self->defined != NULL)
    SET (self, defined_texts, object);
  if (self->volumes->len == 0)
    return;
  array = json_array_sized_new (self->volumes->len);
  for (guint i = 0; i < self->volumes->len; i++)
    {
      JsonObject *volume = json_object_new ();

      SET (g_ptr_array_index (self->volumes, i), pool_texts, volume);
      json_array_add_object_element (array, volume);
    }
  json_object_set_array_member (object, "volumes", array);
}

static void
set_kernel (const DomuimgManifest *self, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "kernel");
  JsonObject *kernel;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    json_object_set_object_member (object, "kernel", json_object_new ());
  kernel = json_object_get_object_member (object, "kernel");
  SET (&self->kernel, kernel_texts, kernel);
}

static void
set_lines (const GPtrArray *lines, JsonObject *object, const char *name)
{
  JsonArray *array = json_array_sized_new (lines->len);

  for (guint i = 0; i < lines->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (lines, i));
  json_object_set_array_member (object, name, array);
}

static void
set_origin (const DomuimgManifest *self, JsonObject *object)
{
  SET (self, origin_texts, object);
  if (self->converted)
    json_object_set_int_member (object, "unused_bytes_left_out", self->unused);
  else
    json_object_remove_member (object, "system");
  if (self->check != NULL)
    json_object_set_member (object, "check", json_node_copy (self->check));
}

static void
set_installer (const DomuimgManifest *self, JsonObject *object)
{
  JsonObject *installer;

  if (self->installer.config == NULL)
    return;
  installer = json_object_new ();
  SET (&self->installer, installer_texts, installer);
  json_object_set_object_member (object, "installer", installer);
}

/* Only guests of one application have any. */
static void
set_documents (const DomuimgManifest *self, JsonObject *object)
{
  gboolean has_any = FALSE;

  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    has_any |= self->documents[i] != NULL;
  if (!has_any)
    return;
  if (!json_object_has_member (object, "documents"))
    json_object_set_object_member (object, "documents", json_object_new ());
  SET (self, document_texts, json_object_get_object_member (object, "documents"));
}

static void
set_guest (const DomuimgManifest *self, JsonObject *object)
{
  json_object_set_int_member (object, "json_version", MANIFEST_VERSION);
  SET (self, guest_texts, object);
  json_object_set_string_member (object, "type", domuimg_guest_type_to_string (self->type));
  for (gsize i = 0; i < G_N_ELEMENTS (guest_sizes); i++)
    json_object_set_int_member (object, guest_sizes[i].name,
                                (gint64) G_STRUCT_MEMBER (guint, self, guest_sizes[i].offset) << 20);
  json_object_set_int_member (object, "vcpus", self->vcpus);
  set_origin (self, object);
  set_kernel (self, object);
  set_installer (self, object);
  set_disks (self, object);
  set_nics (self, object);
  set_libvirt (self, object);
  SET (self, file_texts, object);
  set_documents (self, object);
  if (self->identity->len > 0)
    set_lines (self->identity, object, "identity");
  set_lines (self->changes, object, "changes");
  set_lines (self->warnings, object, "warnings");
  if (self->spec != NULL)
    json_object_set_member (object, "spec", json_node_copy (self->spec));
}

char *
domuimg_manifest_write (const DomuimgManifest *self)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;

  json_node_take_object (root, self->json != NULL ? json_object_ref (self->json)
                                                  : json_object_new ());
  set_guest (self, json_node_get_object (root));
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}

static gboolean
damaged (const char *name, const char *expected, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "its member “%s” is not %s", name,
                       expected);
}

/* (nullable) The member, unless it is null. */
static JsonNode *
find (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

static gboolean
is_text (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
take_texts (gpointer self, const Member *members, gsize n, JsonObject *object, GError **error)
{
  for (gsize i = 0; i < n; i++)
    {
      JsonNode *node = find (object, members[i].name);

      if (node == NULL)
        continue;
      if (!is_text (node))
        return damaged (members[i].name, "text", error);
      *text_at (self, &members[i]) = json_node_dup_string (node);
    }
  return TRUE;
}

static gboolean
take_number (JsonObject *object, const char *name, gint64 max, gint64 *value, GError **error)
{
  JsonNode *node = find (object, name);

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return damaged (name, "a number", error);
  *value = json_node_get_int (node);
  return (*value >= 0 && *value <= max) || damaged (name, "a number that it can be", error);
}

/* @array (transfer none) (nullable): it is missing or null. */
static gboolean
take_array (JsonObject *object, const char *name, JsonArray **array, GError **error)
{
  JsonNode *node = find (object, name);

  *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  return node == NULL || *array != NULL || damaged (name, "a list", error);
}

/* Calls @take with each object in the list @name. */
static gboolean
take_objects (DomuimgManifest *self, JsonObject *object, const char *name,
              gboolean (*take) (DomuimgManifest *self, JsonObject *object, GError **error),
              GError **error)
{
  JsonArray *array;

  if (!take_array (object, name, &array, error))
    return FALSE;
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_OBJECT (node))
        return damaged (name, "a list of objects", error);
      if (!take (self, json_node_get_object (node), error))
        return FALSE;
    }
  return TRUE;
}

/* *@member (transfer none) (nullable): it is missing or null. */
static gboolean
take_object (JsonObject *object, const char *name, JsonObject **member, GError **error)
{
  JsonNode *node = find (object, name);

  *member = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  return node == NULL || *member != NULL || damaged (name, "an object", error);
}

static gboolean
take_base (DomuimgManifestDisk *disk, JsonObject *object, GError **error)
{
  JsonObject *base;

  if (!take_object (object, "base", &base, error))
    return FALSE;
  if (base == NULL)
    return TRUE;
  disk->base = g_new0 (DomuimgManifestBase, 1);
  return TAKE (disk->base, base_texts, base, error)
         && take_number (base, "mtime", G_MAXINT64, &disk->base->mtime, error)
         && take_number (base, "size", G_MAXINT64, &disk->base->size, error);
}

static gboolean
take_disk (DomuimgManifest *self, JsonObject *object, GError **error)
{
  DomuimgManifestDisk *disk = domuimg_manifest_add_disk (self);

  disk->json = json_object_ref (object);
  return TAKE (disk, disk_texts, object, error) && TAKE (disk, made_texts, object, error)
         && TAKE (disk, converted_texts, object, error) && TAKE (disk, volume_texts, object, error)
         && take_number (object, "size", G_MAXINT64, &disk->size, error)
         && take_base (disk, object, error);
}

static gboolean
take_nic (DomuimgManifest *self, JsonObject *object, GError **error)
{
  DomuimgManifestNic *nic = domuimg_manifest_add_nic (self);

  return TAKE (nic, nic_texts, object, error) && TAKE (nic, lease_texts, object, error);
}

static gboolean
take_volume (DomuimgManifest *self, JsonObject *object, GError **error)
{
  return TAKE (domuimg_manifest_add_volume (self), pool_texts, object, error);
}

static gboolean
take_lines (GPtrArray *lines, JsonObject *object, const char *name, GError **error)
{
  JsonArray *array;

  if (!take_array (object, name, &array, error))
    return FALSE;
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!is_text (node))
        return damaged (name, "a list of lines", error);
      g_ptr_array_add (lines, json_node_dup_string (node));
    }
  return TRUE;
}

static gboolean
take_type (DomuimgManifest *self, JsonObject *object, GError **error)
{
  JsonNode *node = find (object, "type");

  return node == NULL
         || (is_text (node)
             && domuimg_guest_type_from_string (json_node_get_string (node), &self->type, NULL))
         || damaged ("type", "a type of guest", error);
}

static gboolean
take_sizes (DomuimgManifest *self, JsonObject *object, GError **error)
{
  int shift = json_object_has_member (object, "json_version") ? 20 : 0;
  gint64 vcpus = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (guest_sizes); i++)
    {
      gint64 value = 0;

      if (!take_number (object, guest_sizes[i].name, (gint64) G_MAXUINT << shift, &value, error))
        return FALSE;
      G_STRUCT_MEMBER (guint, self, guest_sizes[i].offset) = (guint) (value >> shift);
    }
  if (!take_number (object, "vcpus", G_MAXUINT, &vcpus, error))
    return FALSE;
  self->vcpus = (guint) vcpus;
  return take_number (object, "unused_bytes_left_out", G_MAXINT64, &self->unused, error);
}

static gboolean
take_kernel (DomuimgManifest *self, JsonObject *object, GError **error)
{
  JsonObject *kernel, *installer, *documents;

  return take_object (object, "kernel", &kernel, error)
         && take_object (object, "installer", &installer, error)
         && take_object (object, "documents", &documents, error)
         && (documents == NULL || TAKE (self, document_texts, documents, error))
         && (kernel == NULL || TAKE (&self->kernel, kernel_texts, kernel, error))
         && (installer == NULL || TAKE (&self->installer, installer_texts, installer, error));
}

static JsonNode *
copy_node (JsonObject *object, const char *name)
{
  JsonNode *node = find (object, name);

  return node != NULL ? json_node_copy (node) : NULL;
}

static gboolean
take_guest (DomuimgManifest *self, JsonObject *object, GError **error)
{
  self->json = json_object_ref (object);
  self->converted = json_object_has_member (object, "unused_bytes_left_out");
  self->check = copy_node (object, "check");
  self->spec = copy_node (object, "spec");
  return TAKE (self, guest_texts, object, error) && TAKE (self, origin_texts, object, error)
         && TAKE (self, file_texts, object, error) && take_type (self, object, error)
         && take_sizes (self, object, error) && take_kernel (self, object, error)
         && take_objects (self, object, "disks", take_disk, error)
         && take_objects (self, object, "nics", take_nic, error)
         && take_objects (self, object, "volumes", take_volume, error)
         && TAKE (self, defined_texts, object, error)
         && take_lines (self->identity, object, "identity", error)
         && take_lines (self->changes, object, "changes", error)
         && take_lines (self->warnings, object, "warnings", error);
}

static JsonParser *
parse (const char *path, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  struct stat status;
  gsize length;

  if (stat (path, &status) != 0)
    domuimg_set_errno (error, errno, "opening %s", path);
  else if (!S_ISREG (status.st_mode) || status.st_size > MANIFEST_MAX)
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is not a manifest of domuimg", path);
  else if (!g_file_get_contents (path, &text, &length, &local))
    domuimg_fail (error,
                  g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_ACCES)
                      ? DOMUIMG_ERROR_PERMISSION
                      : DOMUIMG_ERROR_IO,
                  "%s", local->message);
  else if (!domuimg_json_load (parser, text, length, &local))
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                  "%s is not a manifest of domuimg, or is damaged: %s", path, local->message);
  else
    return g_steal_pointer (&parser);
  return NULL;
}

DomuimgManifest *
domuimg_manifest_read (const char *path, GError **error)
{
  g_autoptr (DomuimgManifest) self = domuimg_manifest_new ();
  g_autoptr (JsonParser) parser = parse (path, error);
  JsonNode *root = parser != NULL ? json_parser_get_root (parser) : NULL;
  g_autoptr (GError) local = NULL;

  if (parser == NULL)
    return NULL;
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)
      || !json_object_has_member (json_node_get_object (root), "domuimg"))
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is not a manifest of domuimg", path);
      return NULL;
    }
  if (take_guest (self, json_node_get_object (root), &local))
    return g_steal_pointer (&self);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "the manifest %s is damaged: %s", path,
                local->message);
  return NULL;
}

gboolean
domuimg_manifest_read_if_any (const char *path, DomuimgManifest **manifest, GError **error)
{
  g_autoptr (GError) local = NULL;

  *manifest = domuimg_manifest_read (path, &local);
  if (*manifest != NULL || g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
