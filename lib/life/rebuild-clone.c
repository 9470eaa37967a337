/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a clone is made again from: what it was cloned of, by the options in its manifest. */
#include "config.h"
#include "lib/life/rebuild.h"

#include <unistd.h>

#include "lib/disk/copy.h"

/* What was written to the others is data that a new copy does not have; a seed is made for each clone. */
static gboolean
check_disks (const DomuimgManifest *manifest, GError **error)
{
  for (guint i = 1; i < manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (manifest->disks, i);

      if (g_strcmp0 (disk->fs, "iso9660") != 0)
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                             "%s has more than one disk, and what was written to %s since it was cloned would be"
                             " lost: if that is meant, use domuimg clone --force",
                             manifest->name, disk->path);
    }
  return TRUE;
}

/* Those that it went through and no others, whatever is usual by now. */
static char *
name_cleaners (const DomuimgManifest *manifest)
{
  GString *text = g_string_new ("none");

  for (guint i = 0; i < manifest->identity->len; i++)
    g_string_append_printf (text, ",%s", (const char *) g_ptr_array_index (manifest->identity, i));
  return g_string_free (text, FALSE);
}

/* One that shares nothing with its source is to depend on it no more than before. */
static gboolean
shares_nothing (const DomuimgManifest *manifest)
{
  const DomuimgManifestDisk *first = manifest->disks->len > 0 ? manifest->disks->pdata[0] : NULL;

  return first == NULL || (first->base == NULL && first->backing == NULL);
}

static gboolean
check_source (const DomuimgManifest *manifest, GError **error)
{
  return access (manifest->clone_of, F_OK) == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                          "%s cannot be made again without what it was cloned of: %s cannot be found", manifest->name,
                          manifest->clone_of);
}

DomuimgClone *
domuimg_rebuild_make_clone (const DomuimgManifest *manifest, const DomuimgRebuildOptions *options,
                            GError **error)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (DomuimgClone) clone = domuimg_clone_new (manifest->clone_of, NULL);
  g_autofree char *cleaners = name_cleaners (manifest);

  if (!check_disks (manifest, error) || !check_source (manifest, error)
      || !domuimg_rebuild_add_kept (spec, manifest, options, error)
      || !domuimg_clone_set_identity (clone, cleaners, error) || !domuimg_clone_add (clone, spec, error))
    return NULL;
  if (shares_nothing (manifest))
    domuimg_clone_set_copy (clone, domuimg_copy_way_sparse.name);
  return g_steal_pointer (&clone);
}
