/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a guest: those that its manifest names, with what they are now. */
#include "config.h"
#include "lib/life/files.h"

#include "lib/base/path.h"
#include "lib/base/region.h"

#define BLOCK 512

/* All of a device is the guest's; how much of a thin one is in use only its own tools know. */
static gboolean
measure (DomuimgLifeFile *self, GError **error)
{
  struct stat status;

  if (!domuimg_path_look (self->path, &status, error))
    return FALSE;
  self->is_there = status.st_mode != 0;
  self->mode = status.st_mode & 07777;
  self->size = (guint64) status.st_size;
  self->allocated = (guint64) status.st_blocks * BLOCK;
  if (S_ISBLK (status.st_mode))
    {
      g_autoptr (DomuimgRegion) device = domuimg_region_open (self->path, FALSE, NULL);

      self->size = device != NULL ? device->length : (guint64) self->disk->size;
      self->allocated = self->size;
    }
  return TRUE;
}

static gboolean
add (GPtrArray *files, const DomuimgManifest *manifest, const char *role, const char *path,
     const DomuimgManifestDisk *disk, GError **error)
{
  DomuimgLifeFile *file;

  if (path == NULL)
    return TRUE;
  file = g_new0 (DomuimgLifeFile, 1);
  file->role = role;
  file->path = path;
  file->disk = disk;
  file->is_elsewhere = domuimg_manifest_is_elsewhere (manifest, path);
  g_ptr_array_add (files, file);
  return file->is_elsewhere || measure (file, error);
}

static gboolean
add_disks (GPtrArray *files, const DomuimgManifest *manifest, GError **error)
{
  for (guint i = 0; i < manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (manifest->disks, i);

      if (!add (files, manifest, "disk", disk->path, disk, error))
        return FALSE;
    }
  return TRUE;
}

GPtrArray *
domuimg_life_list_files (const DomuimgManifest *manifest, GError **error)
{
  const struct {
    const char *role, *path;
  } others[] = {
    { "kernel", manifest->kernel.path },           { "ramdisk", manifest->kernel.ramdisk },
    { "xl.cfg", manifest->config },                { "libvirt", manifest->xml },
    { "installer", manifest->installer.config },   { "installer's kernel", manifest->installer.kernel },
    { "installer's ramdisk", manifest->installer.ramdisk }, { "manifest", manifest->manifest },
  };
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  if (!add_disks (files, manifest, error))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (!add (files, manifest, others[i].role, others[i].path, NULL, error))
      return NULL;
  return g_steal_pointer (&files);
}

guint64
domuimg_life_sum_disks (const GPtrArray *files)
{
  guint64 sum = 0;

  for (guint i = 0; i < files->len; i++)
    {
      const DomuimgLifeFile *file = g_ptr_array_index (files, i);

      if (file->disk != NULL)
        sum += file->allocated;
    }
  return sum;
}
