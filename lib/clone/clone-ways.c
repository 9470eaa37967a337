/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses how disks are copied for clones. */
#include "config.h"
#include "lib/clone/clone-ways.h"

#include "lib/base/base.h"

/* The directory, or the nearest above it that is there. */
static char *
find_present (const char *directory)
{
  char *path = g_canonicalize_filename (directory, NULL);

  while (!g_file_test (path, G_FILE_TEST_IS_DIR) && path[1] != '\0')
    {
      char *parent = g_path_get_dirname (path);

      g_free (path);
      path = parent;
    }
  return path;
}

/* What another Linux writes to has to be a file of the guest's bytes. */
static gboolean
check_way (const DomuimgCloneSource *source, guint i, const DomuimgCopyWay *way,
           const char *directory, GError **error)
{
  const DomuimgCloneDisk *disk = g_ptr_array_index (source->disks, i);

  for (guint j = 0; way->end != NULL && j < source->mounts->len; j++)
    {
      const DomuimgCloneMount *mount = g_ptr_array_index (source->mounts, j);

      if (mount->disk == i && !mount->is_direct)
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                             "%s: files in %s%s can be changed in a copy only, and not in an overlay",
                             disk->original.path,
                             mount->volume->lv != NULL ? "a logical volume, " : "",
                             mount->volume->fs);
    }
  return way->check (&disk->original, directory, error);
}

static const DomuimgCopyWay *
choose (const DomuimgCloneSource *source, guint i, const char *directory, const char *name,
        GError **error)
{
  const DomuimgCloneDisk *disk = g_ptr_array_index (source->disks, i);
  const DomuimgCopyWay *const *ways = disk->kind->copies;
  g_autofree char *all = NULL;

  for (guint j = 0; ways[j] != NULL; j++)
    {
      if (name != NULL && !g_str_equal (ways[j]->name, name))
        continue;
      if (check_way (source, i, ways[j], directory, name != NULL ? error : NULL))
        return ways[j];
      if (name != NULL)
        return NULL;
    }
  all = domuimg_disk_kind_list_copies ();
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s cannot be copied as “%s”; the ways to copy a disk are %s", disk->original.path,
                name != NULL ? name : "any", all);
  return NULL;
}

const DomuimgCopyWay **
domuimg_clone_choose_ways (const DomuimgCloneSource *source, const char *directory,
                           const char *name, GError **error)
{
  g_autofree const DomuimgCopyWay **ways = g_new0 (const DomuimgCopyWay *, source->disks->len + 1);
  g_autofree char *present = find_present (directory);

  for (guint i = 0; i < source->disks->len; i++)
    {
      ways[i] = choose (source, i, present, name, error);
      if (ways[i] == NULL)
        return NULL;
    }
  return g_steal_pointer (&ways);
}

gboolean
domuimg_clone_check_ways (const DomuimgCloneSource *source, const DomuimgCopyWay *const *ways,
                          const char *directory, GError **error)
{
  g_autofree char *present = find_present (directory);

  for (guint i = 0; i < source->disks->len; i++)
    if (!check_way (source, i, ways[i], present, error))
      return FALSE;
  return TRUE;
}
