/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images that other guests' disks lie over. */
#include "config.h"
#include "lib/host/base-image.h"

#include "lib/image/references.h"
#include "lib/import/chain/chain.h"

/* What the manifest says of a clone's base. */
static const char *
get_noted (const DomuimgManifestDisk *disk)
{
  JsonNode *node = disk->json != NULL ? json_object_get_member (disk->json, "base") : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return disk->backing;
  node = json_object_get_member (json_node_get_object (node), "path");
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : disk->backing;
}

static gboolean
refers_on (const DomuimgManifestDisk *disk)
{
  g_autoptr (DomuimgRegion) region = domuimg_region_open (disk->path, FALSE, NULL);
  gboolean refers = FALSE;

  return region != NULL && domuimg_image_refers_to_others (region, disk->format, &refers, NULL)
         && refers;
}

/* A raw image names nothing, and a format that is not known is never guessed. */
static char *
find_in_image (const DomuimgManifestDisk *disk)
{
  g_autoptr (DomuimgImageChain) chain = NULL;
  GPtrArray *files;

  if (disk->path == NULL || disk->format == NULL || g_str_equal (disk->format, "raw")
      || !refers_on (disk))
    return NULL;
  chain = domuimg_image_chain_open (disk->path, disk->format, TRUE, NULL);
  files = chain != NULL ? domuimg_image_chain_get_files (chain) : NULL;
  return files != NULL && files->len > 1 ? g_strdup (g_ptr_array_index (files, 1)) : NULL;
}

char *
domuimg_base_image_find (const DomuimgManifestDisk *disk)
{
  const char *noted = get_noted (disk);
  g_autofree char *directory = disk->path != NULL ? g_path_get_dirname (disk->path) : NULL;

  return noted != NULL ? g_canonicalize_filename (noted, directory) : find_in_image (disk);
}

/* Whether a disk of @guest lies over one of @manifest's. */
static gboolean
lies_over (const DomuimgManifest *guest, const DomuimgManifest *manifest)
{
  for (guint i = 0; i < guest->disks->len; i++)
    {
      g_autofree char *base = domuimg_base_image_find (g_ptr_array_index (guest->disks, i));

      for (guint j = 0; base != NULL && j < manifest->disks->len; j++)
        if (g_strcmp0 (((const DomuimgManifestDisk *) manifest->disks->pdata[j])->path, base) == 0)
          return TRUE;
    }
  return FALSE;
}

gboolean
domuimg_base_image_check_unused (const GPtrArray *known, const DomuimgManifest *manifest,
                                 GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < known->len; i++)
    {
      const DomuimgKnown *one = g_ptr_array_index (known, i);
      g_autofree char *name = NULL;

      if (one->manifest == NULL || !lies_over (one->manifest, manifest))
        continue;
      name = domuimg_known_get_name (one);
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
    }
  if (names->len == 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                       "disks of other guests (%s) lie over those of %s, and would be lost without:"
                       " delete these guests first",
                       names->str, manifest->name != NULL ? manifest->name : "this guest");
}
