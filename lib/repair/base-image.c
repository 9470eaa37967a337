/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images that other guests' disks lie over. */
#include "config.h"
#include "lib/repair/base-image.h"

#include "lib/image/references.h"
#include "lib/import/chain/chain.h"
#include "lib/repair/owned.h"

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

/* *@users are the names of guests of this host that lie over one of @images; NULL without. */
static gboolean
name_users (const GPtrArray *images, char **users, GError **error)
{
  g_autoptr (DomuimgOwned) owned = domuimg_owned_new (error);

  if (owned == NULL)
    return FALSE;
  *users = domuimg_owned_name_users (owned, images);
  return TRUE;
}

gboolean
domuimg_base_image_check_files (GPtrArray *paths, GError **error)
{
  g_autofree char *names = NULL;

  if (!name_users (paths, &names, error))
    return FALSE;
  return names == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "%s: disks of other guests (%s) lie over it, and would not fit it any more: change"
                          " a copy of it, or delete these guests first",
                          (const char *) g_ptr_array_index (paths, 0), names);
}

gboolean
domuimg_base_image_check_file (const char *path, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();

  g_ptr_array_add (paths, (gpointer) path);
  return domuimg_base_image_check_files (paths, error);
}

gboolean
domuimg_base_image_check_unused (const DomuimgManifest *manifest, GError **error)
{
  g_autoptr (GPtrArray) images = g_ptr_array_new ();
  g_autofree char *names = NULL;

  for (guint i = 0; i < manifest->disks->len; i++)
    if (((const DomuimgManifestDisk *) manifest->disks->pdata[i])->path != NULL)
      g_ptr_array_add (images, ((const DomuimgManifestDisk *) manifest->disks->pdata[i])->path);
  if (!name_users (images, &names, error))
    return FALSE;
  return names == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "disks of other guests (%s) lie over those of %s, and would be lost if these change or go: clone"
                          " it, or delete these guests first",
                          names, manifest->name != NULL ? manifest->name : "this guest");
}
