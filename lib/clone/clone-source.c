/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds what clones are made of: configuration, manifest and disks. */
#include "config.h"
#include "lib/clone/clone-source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "domuimg/domain-config.h"
#include "lib/base/block.h"
#include "lib/base/lease.h"
#include "lib/base/path.h"
#include "lib/domain/config/file.h"
#include "lib/guest/manifest-find.h"
#include "lib/import/chain/follow.h"

/* What is larger is no configuration. */
#define CONFIG_MAX (1 << 20)

static void
disk_free (gpointer data)
{
  DomuimgCloneDisk *self = data;

  g_clear_pointer (&self->image, domuimg_image_free);
  g_clear_pointer (&self->base, domuimg_manifest_base_free);
  g_free ((char *) self->original.path);
  g_free (self->vdev);
  g_free (self);
}

static void
mount_free (gpointer data)
{
  g_free (((DomuimgCloneMount *) data)->point);
  g_free (data);
}

void
domuimg_clone_source_free (DomuimgCloneSource *self)
{
  g_free (self->name);
  g_free (self->path);
  g_free (self->config_text);
  g_free (self->seed_path);
  g_clear_object (&self->domain);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_ptr_array_unref (self->mounts);
  g_ptr_array_unref (self->disks);
  g_ptr_array_unref (self->notes);
  g_free (self);
}

const char *
domuimg_clone_source_get_own (const DomuimgCloneSource *self, gboolean ramdisk)
{
  const DomuimgManifestKernel *kernel;

  if (self->manifest == NULL || self->domain == NULL
      || !domuimg_manifest_owns_kernel (self->manifest))
    return NULL;
  kernel = &self->manifest->kernel;
  if (ramdisk)
    return g_strcmp0 (kernel->ramdisk, domuimg_domain_get_ramdisk (self->domain)) == 0
               ? kernel->ramdisk
               : NULL;
  return g_strcmp0 (kernel->path, domuimg_domain_get_kernel (self->domain)) == 0 ? kernel->path
                                                                                 : NULL;
}

/* (nullable) What the manifest says of the disk at @path. */
static const DomuimgManifestDisk *
find_made (const DomuimgCloneSource *self, const char *path)
{
  for (guint i = 0; self->manifest != NULL && i < self->manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (self->manifest->disks, i);

      if (g_strcmp0 (disk->path, path) == 0)
        return disk;
    }
  return NULL;
}

static const DomuimgDiskKind *
find_kind (const DomuimgManifestDisk *made, const char *path, const char *format)
{
  const DomuimgDiskKind *kind
      = made != NULL ? domuimg_disk_kind_find_stored (made->kind, format) : NULL;

  if (kind == NULL)
    kind = domuimg_disk_kind_find_claim (path);
  return kind != NULL ? kind : domuimg_disk_kind_find_stored (NULL, format);
}

static gboolean
open_disk (DomuimgCloneSource *self, DomuimgCloneDisk *disk, const char *format, GError **error)
{
  const char *path = disk->original.path;
  const DomuimgManifestDisk *made = find_made (self, path);
  const char *backing = made != NULL && made->base != NULL ? made->base->path
                        : made != NULL                     ? made->backing
                                                           : NULL;

  if (domuimg_file_is_busy (path))
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "%s is in use: a guest that runs cannot be cloned, since its disk changes"
                         " meanwhile; shut it down first",
                         path);
  disk->base = domuimg_manifest_base_new (path, error);
  disk->image = disk->base != NULL ? domuimg_image_open (path, format, error) : NULL;
  if (disk->image == NULL || !domuimg_image_follow (disk->image, backing, FALSE, error))
    return FALSE;
  disk->original.format = domuimg_image_get_format (disk->image);
  disk->kind = find_kind (made, path, disk->original.format);
  if (disk->kind == NULL || disk->kind->copies == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: a disk in the format %s cannot be cloned; domuimg create --from disk"
                         " copies it",
                         path, disk->original.format);
  if (disk->kind->driver != NULL)
    disk->original.format = disk->kind->driver;
  disk->original.bytes = domuimg_image_get_bytes (disk->image);
  return disk->original.bytes != NULL
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s: this host cannot show an image in the format %s as plain bytes, which"
                          " takes qemu-storage-daemon and FUSE",
                          path, disk->original.format);
}

static gboolean
add_disk (DomuimgCloneSource *self, const char *path, const char *format, const char *vdev,
          int index, GError **error)
{
  DomuimgCloneDisk *disk = g_new0 (DomuimgCloneDisk, 1);

  disk->vdev = g_strdup (vdev);
  disk->index = index;
  disk->original.path = realpath (path, NULL);
  g_ptr_array_add (self->disks, disk);
  if (disk->original.path == NULL)
    return domuimg_set_errno (error, errno, "opening the disk %s", path);
  return open_disk (self, disk, format, error);
}

static gboolean
is_seed (const DomuimgCloneSource *self, const char *path)
{
  const DomuimgManifestDisk *made = find_made (self, path);

  return made != NULL && g_strcmp0 (made->fs, "iso9660") == 0;
}

/* What is not written to can be shared, but for what tells one guest about itself. */
static gboolean
take_disk (DomuimgCloneSource *self, DomuimgDomainDisk *from, int index, GError **error)
{
  const char *target = domuimg_domain_disk_get_target (from);
  const char *vdev = domuimg_domain_disk_get_vdev (from);

  if (target == NULL || *target == '\0')
    return TRUE;
  if (is_seed (self, target))
    {
      self->seed_path = g_strdup (target);
      return TRUE;
    }
  if (domuimg_domain_disk_get_cdrom (from) || domuimg_domain_disk_get_readonly (from))
    return TRUE;
  if (*target != '/')
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "the disk %s of %s, %s, is not a file or a device of this host, so it cannot be"
                         " cloned here",
                         vdev, self->name, target);
  return add_disk (self, target, domuimg_domain_disk_get_format (from), vdev, index, error);
}

static gboolean
take_domain (DomuimgCloneSource *self, const char *path, GError **error)
{
  struct stat status;
  GPtrArray *disks;

  self->config_text = domuimg_config_read (path, &status, error);
  self->domain = self->config_text != NULL
                     ? domuimg_domain_new_from_text (self->config_text, self->name, error)
                     : NULL;
  if (self->domain == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  disks = domuimg_domain_get_disks (self->domain);
  for (guint i = 0; i < disks->len; i++)
    if (!take_disk (self, g_ptr_array_index (disks, i), (int) i, error))
      return FALSE;
  return self->disks->len > 0
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "%s has no disk that could be cloned", self->name);
}

static gboolean
take_manifest (DomuimgCloneSource *self, GError **error)
{
  const DomuimgManifest *manifest = self->manifest;
  const char *config = manifest->config != NULL ? manifest->config : manifest->xml;

  if (!domuimg_manifest_check_bases (manifest, error))
    return FALSE;
  if (config != NULL)
    return take_domain (self, config, error);
  for (guint i = 0; i < manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (manifest->disks, i);

      if (disk->path != NULL && g_strcmp0 (disk->fs, "iso9660") != 0
          && !add_disk (self, disk->path, disk->format, disk->vdev, -1, error))
        return FALSE;
    }
  return TRUE;
}

/* Configurations and manifests have no zeros, and images do. */
static gboolean
has_zeros (const char *path, gboolean *answer, GError **error)
{
  g_autofree char *bytes = g_malloc (CONFIG_MAX);
  g_autoptr (DomuimgRegion) region = domuimg_region_open (path, FALSE, error);
  gssize got = region != NULL ? domuimg_region_read (region, 0, bytes, CONFIG_MAX) : -1;

  if (region == NULL)
    return FALSE;
  if (got < 0)
    return domuimg_set_errno (error, errno, "reading %s", path);
  *answer = memchr (bytes, 0, (gsize) got) != NULL;
  return TRUE;
}

/* Whether @what is a disk and no text. */
static gboolean
is_image (const char *what, gboolean *answer, GError **error)
{
  struct stat status;

  if (!domuimg_path_look (what, &status, error))
    return FALSE;
  *answer = S_ISBLK (status.st_mode) || (S_ISREG (status.st_mode) && status.st_size > CONFIG_MAX);
  return *answer || !S_ISREG (status.st_mode) || has_zeros (what, answer, error);
}

/* A guest that was made elsewhere has a configuration only. */
static gboolean
take_guest (DomuimgCloneSource *self, const char *dir, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *config = NULL;
  g_autoptr (GError) local = NULL;

  self->manifest = domuimg_manifest_find_guest (self->name, dir, &path, &local);
  if (self->manifest != NULL)
    {
      self->path = g_canonicalize_filename (path, NULL);
      return take_manifest (self, error);
    }
  config = dir == NULL ? domuimg_domain_find_config (self->name, NULL) : NULL;
  if (config != NULL && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      self->path = g_canonicalize_filename (config, NULL);
      return take_domain (self, config, error);
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static DomuimgCloneSource *
source_new (const char *what)
{
  DomuimgCloneSource *self = g_new0 (DomuimgCloneSource, 1);

  self->name = g_strdup (what);
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->mounts = g_ptr_array_new_with_free_func (mount_free);
  self->notes = g_ptr_array_new_with_free_func (g_free);
  return self;
}

DomuimgCloneSource *
domuimg_clone_source_open_image (const char *path, GError **error)
{
  g_autoptr (DomuimgCloneSource) self = source_new (path);

  self->path = g_canonicalize_filename (path, NULL);
  if (!add_disk (self, path, NULL, "xvda", -1, error)
      || !domuimg_clone_source_find_mounts (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

DomuimgCloneSource *
domuimg_clone_source_open (const char *what, const char *dir, GError **error)
{
  g_autoptr (DomuimgCloneSource) self = NULL;
  gboolean is_disk = FALSE;

  if (dir == NULL && !is_image (what, &is_disk, error))
    return NULL;
  if (is_disk)
    return domuimg_clone_source_open_image (what, error);
  self = source_new (what);
  if (!take_guest (self, dir, error) || !domuimg_clone_source_find_mounts (self, error))
    return NULL;
  return g_steal_pointer (&self);
}
