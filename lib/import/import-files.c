/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/import/chain/part.h"
#include "lib/import/import-parts.h"
#include "lib/import/names.h"

/* Machines that lie in a directory: a description and images, or an image alone. */

static gboolean
is_inside (const char *directory, const char *path)
{
  g_autofree char *real = realpath (path, NULL);
  g_autofree char *above = realpath (directory, NULL);

  return real != NULL && above != NULL && domuimg_path_is_below (real, above);
}

/* Beside the description, where machines are moved to. Names but for case, as on the old machine's
 * system, come after all others. */
static char *
find_beside (const char *directory, const char *path)
{
  static const char *const suffixes[] = { "", ".raw", ".qcow2", ".vmdk" };
  const char *last = domuimg_name_last_part (path);

  for (guint i = 0; i < 2 * G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (last, suffixes[i % G_N_ELEMENTS (suffixes)], NULL);
      g_autofree char *exact = g_build_filename (directory, name, NULL);
      g_autofree char *beside = i < G_N_ELEMENTS (suffixes) ? g_strdup (exact)
                                                            : domuimg_name_find (directory, name);

      if (*last != '\0' && beside != NULL && access (beside, F_OK) == 0
          && is_inside (directory, beside))
        return g_steal_pointer (&beside);
    }
  return NULL;
}

static const char *
get_description (const DomuimgImport *self)
{
  return self->description != NULL ? self->description : self->path;
}

static void
note_other_name (DomuimgImport *self, const char *path, const char *beside)
{
  g_autofree char *name = g_path_get_basename (beside);
  const char *last = domuimg_name_last_part (path);

  if (!g_str_has_prefix (name, last))
    domuimg_import_note (self, "%s names the disk %s; it is taken to be %s",
                         get_description (self), path, beside);
}

/* Where the file that a description names @path is. It could name any file of this host. */
static char *
find_file (DomuimgImport *self, const char *directory, const char *path, GError **error)
{
  g_autofree char *named = g_canonicalize_filename (path, directory);
  g_autofree char *beside = NULL;

  if (access (named, F_OK) == 0 && (self->allow_backing || is_inside (directory, named)))
    return g_steal_pointer (&named);
  beside = find_beside (directory, path);
  if (beside != NULL)
    {
      note_other_name (self, path, beside);
      return g_steal_pointer (&beside);
    }
  if (access (named, F_OK) == 0)
    domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                  "%s names the disk %s, which is outside of its directory; use --allow-backing if"
                  " you trust it",
                  get_description (self), named);
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "%s names the disk %s, which is neither there nor beside it; copy it into the same"
                  " directory",
                  get_description (self), path);
  return NULL;
}

static gboolean
add_gzip (DomuimgImport *self, const DomuimgHardwareDisk *from, const char *path, GError **error)
{
  DomuimgImportDisk *disk = domuimg_import_add_disk (self, path);
  struct stat status;

  if (stat (path, &status) != 0)
    return domuimg_set_errno (error, errno, "opening %s", path);
  if (from->capacity == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the compressed disk %s has no capacity", self->path, path);
  disk->is_gzip = TRUE;
  disk->capacity = from->capacity;
  disk->length = (guint64) status.st_size;
  disk->bus = g_strdup (from->bus);
  return TRUE;
}

static void
note_chain (DomuimgImport *self, DomuimgImageChain *chain)
{
  GPtrArray *notes = domuimg_image_chain_get_notes (chain);

  for (guint i = 0; i < notes->len; i++)
    domuimg_import_note (self, "%s", (const char *) g_ptr_array_index (notes, i));
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
  if (disk->chain == NULL)
    return FALSE;
  note_chain (self, disk->chain);
  return TRUE;
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
      if (from->is_split)
        {
          if (!domuimg_import_add_pieces (self, from, directory, error))
            return FALSE;
          continue;
        }
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
