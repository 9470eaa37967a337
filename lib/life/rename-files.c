/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files of a guest are named for it. */
#include "config.h"
#include "lib/life/rename.h"

#include <string.h>

#include "lib/base/block.h"
#include "lib/base/volumes.h"
#include "lib/guest/manifest-spec.h"
#include "lib/spec/parse.h"

static void
path_free (gpointer data)
{
  DomuimgRenamePath *self = data;

  g_free (self->from);
  g_free (self->to);
  g_free (self);
}

/* (nullable) "web1-xvdb.img" as "web2-xvdb.img"; of "web10.img" nothing is known. */
static char *
rename_path (const char *path, const char *old, const char *name)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  gsize length = strlen (old);

  if (strncmp (base, old, length) != 0 || (base[length] != '.' && base[length] != '-'))
    return NULL;
  return g_strdup_printf ("%s/%s%s", directory, name, base + length);
}

static void
add (GPtrArray *paths, const DomuimgManifest *manifest, const char *path, const char *name)
{
  g_autofree char *to = path != NULL ? rename_path (path, manifest->name, name) : NULL;
  DomuimgRenamePath *one;

  if (to == NULL || domuimg_rename_find (paths, path) != NULL)
    return;
  one = g_new0 (DomuimgRenamePath, 1);
  one->from = g_strdup (path);
  one->to = g_steal_pointer (&to);
  g_ptr_array_add (paths, one);
}

static gboolean
is_path_of (const char *value, const char *path)
{
  g_autoptr (DomuimgDiskSpec) disk = domuimg_disk_spec_parse (value, NULL);
  g_autofree char *asked = disk != NULL && disk->path != NULL ? g_path_get_basename (disk->path) : NULL;
  g_autofree char *has = g_path_get_basename (path);

  return g_strcmp0 (asked, has) == 0;
}

/* Whether who made the guest said where this disk is to be. */
static gboolean
is_chosen (const DomuimgManifest *manifest, const char *path)
{
  g_auto (GStrv) values = domuimg_manifest_get_setting (manifest, "disk");

  for (guint i = 0; values[i] != NULL; i++)
    if (is_path_of (values[i], path))
      return TRUE;
  return FALSE;
}

static gboolean
is_of_pool (const DomuimgManifest *manifest, const char *path)
{
  for (guint i = 0; i < manifest->volumes->len; i++)
    if (g_strcmp0 (((const DomuimgManifestVolume *) manifest->volumes->pdata[i])->path, path) == 0)
      return TRUE;
  return FALSE;
}

static void
add_disk (GPtrArray *paths, const DomuimgManifest *manifest, const DomuimgManifestDisk *disk,
          const char *name)
{
  if (disk->path == NULL || domuimg_volumes_find (disk->kind) != NULL
      || domuimg_block_is_place (disk->path) || is_of_pool (manifest, disk->path)
      || is_chosen (manifest, disk->path))
    return;
  add (paths, manifest, disk->path, name);
}

GPtrArray *
domuimg_rename_list_paths (const DomuimgManifest *manifest, const char *path, const char *name)
{
  const char *const texts[] = { path, manifest->manifest, manifest->config, manifest->xml,
                                manifest->installer.config };
  const char *const kernels[] = { manifest->kernel.path, manifest->kernel.ramdisk,
                                  manifest->installer.kernel, manifest->installer.ramdisk };
  GPtrArray *paths = g_ptr_array_new_with_free_func (path_free);

  for (guint i = 0; i < manifest->disks->len; i++)
    add_disk (paths, manifest, g_ptr_array_index (manifest->disks, i), name);
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    if (domuimg_manifest_owns_kernel (manifest) && kernels[i] != NULL
        && !domuimg_manifest_is_elsewhere (manifest, kernels[i]))
      add (paths, manifest, kernels[i], name);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    add (paths, manifest, texts[i], name);
  return paths;
}

const char *
domuimg_rename_find (const GPtrArray *paths, const char *path)
{
  for (guint i = 0; i < paths->len; i++)
    {
      const DomuimgRenamePath *one = g_ptr_array_index (paths, i);

      if (g_strcmp0 (one->from, path) == 0)
        return one->to;
    }
  return NULL;
}
