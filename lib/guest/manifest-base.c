/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an overlay lies over, and whether that is still as it was. */
#include "config.h"
#include "lib/guest/manifest.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/label.h"

void
domuimg_manifest_base_free (DomuimgManifestBase *self)
{
  g_free (self->path);
  g_free (self->digest);
  g_free (self);
}

DomuimgManifestBase *
domuimg_manifest_base_new (const char *path, GError **error)
{
  g_autofree char *label = domuimg_label_of (path, error);
  DomuimgManifestBase *self;
  struct stat status;

  if (label == NULL)
    return NULL;
  if (stat (path, &status) != 0)
    {
      domuimg_set_errno (error, errno, "looking at %s", path);
      return NULL;
    }
  self = g_new0 (DomuimgManifestBase, 1);
  self->path = g_strdup (path);
  self->digest = g_steal_pointer (&label);
  self->mtime = status.st_mtim.tv_sec;
  self->size = status.st_size;
  return self;
}

void
domuimg_manifest_set_base (DomuimgManifestDisk *self, const DomuimgManifestBase *base)
{
  g_return_if_fail (self->base == NULL);
  self->base = g_new0 (DomuimgManifestBase, 1);
  self->base->path = g_strdup (base->path);
  self->base->digest = g_strdup (base->digest);
  self->base->mtime = base->mtime;
  self->base->size = base->size;
}

gboolean
domuimg_manifest_base_check (const DomuimgManifestBase *self, GError **error)
{
  g_autofree char *label = domuimg_label_of (self->path, error);

  if (label == NULL)
    return FALSE;
  if (domuimg_label_is_absent (label))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s, which is cloned, is not there any more",
                         self->path);
  return g_strcmp0 (label, self->digest) == 0
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "%s was changed while it was cloned: leave it as it is meanwhile, and try again",
                          self->path);
}

/* What tells the file from others comes first in a label. */
static const char *
skip_number (const char *label)
{
  const char *colon = label != NULL ? strchr (label, ':') : NULL;

  return colon != NULL ? colon + 1 : NULL;
}

/* A copy that was put back has another number and birth. */
static gboolean
is_same (const DomuimgManifestBase *self, const char *label)
{
  return g_strcmp0 (skip_number (self->digest), skip_number (label)) == 0;
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
  return is_same (base, label)
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "%s was changed since %s was cloned from it, whose disk shares its bytes and"
                          " is damaged by that: restore it from a copy that"
                          " has its times, too",
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
