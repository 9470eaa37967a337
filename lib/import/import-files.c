/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/import/chain/part.h"
#include "lib/import/import-parts.h"

/* Machines that lie in a directory: a description and images, or an image alone. */

/* The last component, of whatever system's path, without the storage of Proxmox VE. */
static const char *
last_part (const char *path)
{
  const char *part = path;

  for (const char *c = path; *c != '\0'; c++)
    if (*c == '/' || *c == '\\' || *c == ':')
      part = c + 1;
  return part;
}

static gboolean
is_inside (const char *directory, const char *path)
{
  g_autofree char *real = realpath (path, NULL);
  g_autofree char *above = realpath (directory, NULL);

  return real != NULL && above != NULL && domuimg_path_is_below (real, above);
}

/* Where the file that a description names @path is: as it says, or since machines are moved,
 * beside the description. A description could name any file of this host. */
static char *
find_file (DomuimgImport *self, const char *directory, const char *path, GError **error)
{
  static const char *const suffixes[] = { "", ".raw", ".qcow2", ".vmdk" };
  g_autofree char *named = g_canonicalize_filename (path, directory);

  if (access (named, F_OK) == 0 && (self->allow_backing || is_inside (directory, named)))
    return g_steal_pointer (&named);
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (last_part (path), suffixes[i], NULL);
      g_autofree char *beside = g_build_filename (directory, name, NULL);

      if (*last_part (path) != '\0' && access (beside, F_OK) == 0 && is_inside (directory, beside))
        return g_steal_pointer (&beside);
    }
  if (access (named, F_OK) == 0)
    domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                  "%s names the disk %s, which is outside of its directory; use --allow-backing if"
                  " you trust it",
                  self->description != NULL ? self->description : self->path, named);
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "%s names the disk %s, which is neither there nor beside it",
                  self->description != NULL ? self->description : self->path, path);
  return NULL;
}

static gboolean
add_gzip (DomuimgImport *self, const DomuimgHardwareDisk *from, const char *path, GError **error)
{
  DomuimgImportDisk *disk = domuimg_import_add_disk (self, path);

  if (from->capacity == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the compressed disk %s has no capacity", self->path, path);
  disk->is_gzip = TRUE;
  disk->capacity = from->capacity;
  disk->length = G_MAXUINT64;
  disk->bus = g_strdup (from->bus);
  return TRUE;
}

static gboolean
add_disk (DomuimgImport *self, const DomuimgHardwareDisk *from, const char *path, GError **error)
{
  DomuimgImportDisk *disk;

  if (from != NULL && from->is_gzip)
    return add_gzip (self, from, path, error);
  disk = domuimg_import_add_disk (self, path);
  disk->bus = from != NULL ? g_strdup (from->bus) : NULL;
  disk->chain = domuimg_image_chain_open (path, NULL, self->allow_backing, error);
  return disk->chain != NULL;
}

static gboolean
add_all (DomuimgImport *self, const char *description, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (description);

  for (guint i = 0; i < self->hardware->disks->len; i++)
    {
      const DomuimgHardwareDisk *from = g_ptr_array_index (self->hardware->disks, i);
      g_autofree char *path = NULL;

      if (from->is_cdrom || from->path == NULL)
        continue;
      path = find_file (self, directory, from->path, error);
      if (path == NULL || !add_disk (self, from, path, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_import_open_description (DomuimgImport *self, GError **error)
{
  self->hardware = domuimg_hardware_read (self->path, error);
  return self->hardware != NULL && add_all (self, self->path, error);
}

gboolean
domuimg_import_open_image (DomuimgImport *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  self->hardware = domuimg_hardware_find_beside (self->path, &self->description, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (self->hardware != NULL)
    return add_all (self, self->description, error);
  return add_disk (self, NULL, self->path, error);
}
