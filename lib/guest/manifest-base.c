/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an overlay lies over, and whether that is still as it was. */
#include "config.h"
#include "lib/guest/manifest.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/label.h"

gboolean
domuimg_manifest_set_base (DomuimgManifestDisk *self, const char *path, GError **error)
{
  g_autofree char *label = domuimg_label_of (path, error);
  struct stat status;

  if (label == NULL)
    return FALSE;
  if (stat (path, &status) != 0)
    return domuimg_set_errno (error, errno, "looking at %s", path);
  g_return_val_if_fail (self->base == NULL, FALSE);
  self->base = g_new0 (DomuimgManifestBase, 1);
  self->base->path = g_strdup (path);
  self->base->digest = g_steal_pointer (&label);
  self->base->mtime = status.st_mtim.tv_sec;
  self->base->size = status.st_size;
  return TRUE;
}

static gboolean
check_base (const DomuimgManifest *self, const DomuimgManifestBase *base, GError **error)
{
  g_autofree char *label = base->path != NULL ? domuimg_label_of (base->path, error) : NULL;

  if (base->path == NULL)
    return TRUE;
  if (label == NULL)
    return FALSE;
  if (domuimg_label_is_absent (label))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s, which %s is a clone of and needs, is not there any more: put it back",
                         base->path, self->name);
  return g_strcmp0 (label, base->digest) == 0
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "%s was changed since %s was cloned from it, whose disk shares its bytes and"
                          " is damaged by that: restore it from a copy",
                          base->path, self->name);
}

gboolean
domuimg_manifest_check_bases (const DomuimgManifest *self, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (self->disks, i);

      if (disk->base != NULL && !check_base (self, disk->base, error))
        return FALSE;
    }
  return TRUE;
}
