/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses an image of a directory by its tag and platform, and reads what is said of it. */
#include "config.h"
#include "lib/source/oci-image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "lib/source/oci-layout.h"

/* An index of indexes of indexes. */
#define DEPTH_MAX 4
/* An image for each platform, of each of some versions, has some hundreds. */
#define MANIFESTS_MAX 4096

/* What is looked for, and what was found. */
typedef struct {
  DomuimgOciLayout layout;
  const char *tag;  /* (nullable) */
  const char *arch;
  GCancellable *cancellable; /* (nullable) */
  GHashTable *seen; /* a set of the digests of all indexes and manifests that were read */
  GPtrArray *found; /* (element-type DomuimgOciImage) each once */
  GPtrArray *platforms; /* (element-type utf8) of all that there are, each once */
  GPtrArray *tags;      /* (element-type utf8) */
} Search;

static void
layer_free (gpointer data)
{
  DomuimgOciLayer *self = data;

  g_free (self->path);
  g_free (self->name);
  g_free (self->digest);
  g_free (self);
}

void
domuimg_oci_image_free (DomuimgOciImage *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->config, domuimg_oci_config_free);
  g_ptr_array_unref (self->layers);
  g_free (self->digest);
  g_free (self);
}

char *
domuimg_oci_arch (const char *given)
{
  static const char *const names[][2] = {
    { "x86_64", "amd64" }, { "i386", "386" },     { "i686", "386" },     { "aarch64", "arm64" },
    { "armhf", "arm" },    { "armv7l", "arm" },   { "ppc64el", "ppc64le" },
  };
  struct utsname machine;
  const char *name = given;

  if (name == NULL && uname (&machine) == 0)
    name = machine.machine;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (names[i][0], name) == 0)
      return g_strdup (names[i][1]);
  return g_strdup (name);
}

static void
add_once (GPtrArray *list, char *text)
{
  if (text == NULL || g_ptr_array_find_with_equal_func (list, text, g_str_equal, NULL))
    g_free (text);
  else
    g_ptr_array_add (list, text);
}

static DomuimgOciImage *
new_image (const char *digest, DomuimgOciConfig *config)
{
  DomuimgOciImage *self = g_new0 (DomuimgOciImage, 1);

  self->digest = g_strdup (digest);
  self->config = config;
  self->layers = g_ptr_array_new_with_free_func (layer_free);
  return self;
}

static gboolean
add_layer (DomuimgOciImage *self, char *path, const char *image, const char *digest, guint64 size,
           GError **error)
{
  DomuimgOciLayer *layer = g_new0 (DomuimgOciLayer, 1);
  struct stat status;

  layer->path = path;
  layer->digest = g_strdup (digest);
  layer->name = g_strdup_printf ("%s: layer %u (%.19s…)", image, self->layers->len + 1, digest);
  g_ptr_array_add (self->layers, layer);
  if (lstat (path, &status) != 0)
    return domuimg_set_errno (error, errno, "%s", layer->name);
  if (!S_ISREG (status.st_mode))
    return domuimg_oci_fail_kind (path, layer->name, error);
  layer->size = status.st_size;
  if (size == 0 || size == layer->size)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s has %" G_GUINT64_FORMAT " bytes, and its manifest says %" G_GUINT64_FORMAT
                       "; get the image again",
                       layer->name, layer->size, size);
}

/* A layer of another kind than these is encrypted, or not a tar. */
static gboolean
check_layer_type (Search *self, const DomuimgOciDescriptor *layer, GError **error)
{
  const char *type = layer->media_type;

  if (type == NULL
      || (strstr (type, "tar") != NULL && strstr (type, "encrypted") == NULL
          && strstr (type, "foreign") == NULL))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s has a layer of the type %s, which is not an archive that could be unpacked",
                       self->layout.name, type);
}

/* Whether the image is of the platform that is looked for. */
static gboolean
note_platform (Search *self, const DomuimgOciConfig *config)
{
  const char *os = config->os != NULL ? config->os : "linux";
  const char *arch = config->architecture != NULL ? config->architecture : "unknown";

  add_once (self->platforms, g_strdup_printf ("%s/%s", os, arch));
  return g_str_equal (os, "linux") && g_str_equal (arch, self->arch);
}

static gboolean
read_image (Search *self, const DomuimgOciDescriptor *of, const DomuimgOciManifest *manifest,
            GError **error)
{
  g_autoptr (GBytes) bytes = domuimg_oci_layout_read (&self->layout, manifest->config, error);
  DomuimgOciConfig *config
      = bytes != NULL ? domuimg_oci_config_parse (bytes, self->layout.name, error) : NULL;
  g_autoptr (DomuimgOciImage) image = config != NULL ? new_image (of->digest, config) : NULL;

  if (image == NULL)
    return FALSE;
  if (!note_platform (self, config))
    return TRUE;
  for (guint i = 0; i < manifest->layers->len; i++)
    {
      const DomuimgOciDescriptor *layer = g_ptr_array_index (manifest->layers, i);

      if (!check_layer_type (self, layer, error)
          || !add_layer (image, domuimg_oci_layout_path (&self->layout, layer->digest), self->layout.name,
                         layer->digest, layer->size, error))
        return FALSE;
    }
  g_ptr_array_add (self->found, g_steal_pointer (&image));
  return TRUE;
}

/* Whether the descriptor itself says that it is of another platform: such are not even read, and need not
 * be there. */
static gboolean
is_foreign (Search *self, const DomuimgOciDescriptor *of)
{
  if (of->os == NULL || of->architecture == NULL)
    return FALSE;
  if (g_str_equal (of->os, "linux") && g_str_equal (of->architecture, self->arch))
    return FALSE;
  /* What builders attach to an image has this platform. */
  if (!g_str_equal (of->os, "unknown"))
    add_once (self->platforms, g_strdup_printf ("%s/%s", of->os, of->architecture));
  return TRUE;
}

static gboolean search_index (Search *self, const DomuimgOciManifest *index, guint depth, GError **error);

/* Indexes may name the same ones again and again, at each depth. */
static gboolean
note_seen (Search *self, const char *digest, GError **error)
{
  if (g_hash_table_size (self->seen) >= MANIFESTS_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its indexes lead to more than %d manifests",
                         self->layout.name, MANIFESTS_MAX);
  g_hash_table_add (self->seen, g_strdup (digest));
  return TRUE;
}

static gboolean
search_descriptor (Search *self, const DomuimgOciDescriptor *of, guint depth, GError **error)
{
  g_autoptr (DomuimgOciManifest) manifest = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (is_foreign (self, of) || g_hash_table_contains (self->seen, of->digest))
    return TRUE;
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error) || !note_seen (self, of->digest, error))
    return FALSE;
  bytes = domuimg_oci_layout_read (&self->layout, of, error);
  if (bytes != NULL)
    manifest = domuimg_oci_manifest_parse (bytes, self->layout.name, error);
  if (manifest == NULL)
    return FALSE;
  return manifest->is_index ? search_index (self, manifest, depth + 1, error)
                            : read_image (self, of, manifest, error);
}

static gboolean
search_index (Search *self, const DomuimgOciManifest *index, guint depth, GError **error)
{
  if (depth > DEPTH_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: indexes lead to indexes more than %d deep",
                         self->layout.name, DEPTH_MAX);
  for (guint i = 0; i < index->manifests->len; i++)
    {
      const DomuimgOciDescriptor *of = g_ptr_array_index (index->manifests, i);

      if (depth == 0)
        add_once (self->tags, g_strdup (of->tag));
      if (depth == 0 && self->tag != NULL && g_strcmp0 (of->tag, self->tag) != 0)
        continue;
      if (!search_descriptor (self, of, depth, error))
        return FALSE;
    }
  return TRUE;
}

/* docker save has the layers unpacked, and their digests in the configuration, whose own is its name. */
static gboolean
read_docker (Search *self, const DomuimgDockerImage *of, GError **error)
{
  g_autoptr (GBytes) bytes = domuimg_oci_layout_load (&self->layout, of->config, error);
  DomuimgOciConfig *config
      = bytes != NULL ? domuimg_oci_config_parse (bytes, self->layout.name, error) : NULL;
  g_autofree char *sum = bytes != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;
  g_autoptr (DomuimgOciImage) image = config != NULL ? new_image (sum, config) : NULL;

  if (image == NULL)
    return FALSE;
  if (strstr (of->config, sum) == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the configuration %s is not what its name, its digest, says; get the image again",
                         self->layout.name, of->config);
  if (!note_platform (self, config))
    return TRUE;
  if (config->diff_ids->len != of->layers->len)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s has %u layers, and its configuration digests of %u", self->layout.name,
                         of->layers->len, config->diff_ids->len);
  for (guint i = 0; i < of->layers->len; i++)
    if (!domuimg_oci_is_digest (config->diff_ids->pdata[i]))
      return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: “%s” is not a digest of a layer",
                           self->layout.name, (char *) config->diff_ids->pdata[i]);
    else if (!add_layer (image, g_build_filename (self->layout.directory, of->layers->pdata[i], NULL),
                    self->layout.name, config->diff_ids->pdata[i], 0, error))
      return FALSE;
  g_ptr_array_add (self->found, g_steal_pointer (&image));
  return TRUE;
}

static gboolean
search_docker (Search *self, GBytes *bytes, GError **error)
{
  g_autoptr (GPtrArray) images = domuimg_docker_manifest_parse (bytes, self->layout.name, error);

  for (guint i = 0; images != NULL && i < images->len; i++)
    {
      const DomuimgDockerImage *image = g_ptr_array_index (images, i);

      for (guint j = 0; j < image->tags->len; j++)
        add_once (self->tags, g_strdup (image->tags->pdata[j]));
      if (self->tag != NULL
          && !g_ptr_array_find_with_equal_func (image->tags, self->tag, g_str_equal, NULL))
        continue;
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error) || !read_docker (self, image, error))
        return FALSE;
    }
  return images != NULL;
}

static gboolean
search (Search *self, GError **error)
{
  g_autoptr (DomuimgOciManifest) index = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gboolean is_docker;

  bytes = domuimg_oci_layout_load_index (&self->layout, &is_docker, error);
  if (bytes == NULL)
    return FALSE;
  if (is_docker)
    return search_docker (self, bytes, error);
  index = domuimg_oci_manifest_parse (bytes, self->layout.name, error);
  if (index == NULL)
    return FALSE;
  if (!index->is_index)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: index.json is not an index",
                         self->layout.name);
  return search_index (self, index, 0, error);
}

static char *
join (GPtrArray *texts)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", (char *) texts->pdata[i]);
  return g_string_free (g_steal_pointer (&list), FALSE);
}

static DomuimgOciImage *
take_only (Search *self, GError **error)
{
  g_autofree char *tags = join (self->tags);
  g_autofree char *platforms = join (self->platforms);

  if (self->found->len == 1)
    return g_ptr_array_steal_index (self->found, 0);
  if (self->found->len > 1)
    domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                  "%s holds %u images for %s%s%s; say which one, by its tag: %s:TAG", self->layout.name,
                  self->found->len, self->arch, self->tags->len > 0 ? ": " : "", tags, self->layout.name);
  else if (self->platforms->len > 0)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s has no image for linux/%s, only for %s; say which one"
                                                  " by --arch",
                  self->layout.name, self->arch, platforms);
  else if (self->tag != NULL && self->tags->len > 0)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s has no image with the tag %s, only %s",
                  self->layout.name, self->tag, tags);
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s holds no image%s%s", self->layout.name,
                  self->tag != NULL ? " with the tag " : "", self->tag != NULL ? self->tag : "");
  return NULL;
}

DomuimgOciImage *
domuimg_oci_image_open (const char *directory, const char *name, const char *tag, const char *arch,
                        GCancellable *cancellable, GError **error)
{
  Search self
      = { .layout = { directory, name }, .tag = tag, .arch = arch, .cancellable = cancellable };
  DomuimgOciImage *image;

  self.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.found = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_oci_image_free);
  self.platforms = g_ptr_array_new_with_free_func (g_free);
  self.tags = g_ptr_array_new_with_free_func (g_free);
  image = search (&self, error) ? take_only (&self, error) : NULL;
  g_hash_table_unref (self.seen);
  g_ptr_array_unref (self.found);
  g_ptr_array_unref (self.platforms);
  g_ptr_array_unref (self.tags);
  return image;
}
