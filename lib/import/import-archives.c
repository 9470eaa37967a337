/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/private-file.h"
#include "lib/base/gunzip.h"
#include "lib/import/import-parts.h"

/* Bytes; no image file can hold more. */
#define MOST_CAPACITY ((guint64) 1 << 60)

/* Machines in an archive: OVA, whose disks are read where they lie, and XVA, whose disks are in
 * pieces. */

static gboolean
add_member (DomuimgImport *self, const DomuimgHardwareDisk *from, GError **error)
{
  const DomuimgOvaMember *member = domuimg_ova_find (self->ova, from->path);
  DomuimgImportDisk *disk;

  if (from->is_split)
    return domuimg_import_add_pieces (self, from, NULL, error);
  if (member == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s: its description names the disk %s, which is not in the archive",
                         self->path, from->path);
  disk = domuimg_import_add_disk (self, member->name);
  disk->bus = g_strdup (from->bus);
  disk->offset = member->offset;
  disk->length = member->length;
  disk->is_gzip = from->is_gzip;
  disk->capacity = from->capacity;
  if (disk->is_gzip)
    return from->capacity > 0
           || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                            "%s: the compressed disk %s has no capacity", self->path, from->path);
  disk->chain = domuimg_image_chain_open_member (self->path, member->offset, member->length,
                                                 member->name, NULL, error);
  return disk->chain != NULL;
}

gboolean
domuimg_import_open_ova (DomuimgImport *self, GError **error)
{
  const char *text;
  gsize length;

  self->ova = domuimg_ova_open (self->path, error);
  if (self->ova == NULL)
    return FALSE;
  text = domuimg_ova_get_ovf (self->ova, &length);
  self->hardware = domuimg_ovf_parse (text, length, domuimg_ova_get_ovf_name (self->ova), error);
  if (self->hardware == NULL)
    return FALSE;
  for (guint i = 0; i < self->hardware->disks->len; i++)
    {
      const DomuimgHardwareDisk *from = g_ptr_array_index (self->hardware->disks, i);

      if (!from->is_cdrom && from->path != NULL && !add_member (self, from, error))
        return FALSE;
    }
  return TRUE;
}

static void
take_nics (DomuimgImport *self, const DomuimgXvaMachine *machine)
{
  for (guint i = 0; i < machine->nics->len; i++)
    {
      const DomuimgXvaNic *from = g_ptr_array_index (machine->nics, i);
      DomuimgHardwareNic *nic = domuimg_hardware_add_nic (self->hardware);

      nic->mac = g_strdup (from->mac);
      nic->network = g_strdup (from->network);
    }
}

static void
take_others (DomuimgImport *self, const DomuimgXvaMachine *machine)
{
  self->hardware->secure_boot = machine->has_secure_boot;
  if (machine->has_tpm)
    domuimg_hardware_note_unmapped (self->hardware, "the TPM is left out, with the keys in it");
  for (guint i = 0; i < machine->n_cdroms; i++)
    domuimg_hardware_add_disk (self->hardware)->is_cdrom = TRUE;
}

gboolean
domuimg_import_open_xva (DomuimgImport *self, GError **error)
{
  const DomuimgXvaMachine *machine;

  self->xva = domuimg_xva_open (self->path, error);
  if (self->xva == NULL)
    return FALSE;
  machine = domuimg_xva_get_machine (self->xva);
  self->hardware = domuimg_hardware_new ("XenServer");
  self->hardware->name = g_strdup (machine->name);
  self->hardware->memory = machine->memory;
  self->hardware->vcpus = machine->vcpus;
  if (machine->is_hvm)
    self->hardware->firmware = machine->is_uefi ? DOMUIMG_FIRMWARE_UEFI : DOMUIMG_FIRMWARE_BIOS;
  take_nics (self, machine);
  take_others (self, machine);
  for (guint i = 0; i < machine->disks->len; i++)
    {
      const DomuimgXvaDisk *from = g_ptr_array_index (machine->disks, i);
      g_autofree char *name
          = g_strdup_printf ("%s: %s", self->path, from->name != NULL ? from->name : from->ref);
      DomuimgImportDisk *disk = domuimg_import_add_disk (self, name);

      disk->capacity = from->size;
    }
  return TRUE;
}

/* Where a disk is unpacked to. */
static int
make_file (const char *directory, guint i, char **path, GError **error)
{
  g_autofree char *name = g_strdup_printf ("unpacked%u.raw", i);

  *path = g_build_filename (directory, name, NULL);
  return domuimg_private_file_make (*path, error);
}

/* Where what is packed lies, once its pieces are put together in @directory. */
static char *
join (DomuimgImport *self, guint i, const char *directory, GCancellable *cancellable, GError **error)
{
  DomuimgImportDisk *disk = g_ptr_array_index (self->disks, i);
  g_autofree char *name = g_strdup_printf ("joined%u", i);
  g_autofree char *path = NULL;

  if (disk->pieces == NULL)
    return g_strdup (self->ova != NULL ? self->path : disk->name);
  path = g_build_filename (directory, name, NULL);
  disk->offset = 0;
  disk->length = domuimg_import_get_pieces_length (disk);
  return domuimg_import_join (disk, path, cancellable, error) ? g_steal_pointer (&path) : NULL;
}

static gboolean
unpack_pieces (DomuimgImport *self, guint i, const char *directory, GCancellable *cancellable,
               GError **error)
{
  DomuimgImportDisk *disk = g_ptr_array_index (self->disks, i);
  g_autofree char *path = join (self, i, directory, cancellable, error);

  if (path != NULL)
    disk->chain = domuimg_image_chain_open (path, NULL, FALSE, error);
  return disk->chain != NULL;
}

static gboolean
unpack_gzip (DomuimgImport *self, guint i, const char *directory, GCancellable *cancellable,
             GError **error)
{
  DomuimgImportDisk *disk = g_ptr_array_index (self->disks, i);
  g_autofree char *from = join (self, i, directory, cancellable, error);
  g_autofree char *path = NULL;
  guint64 capacity = MIN (disk->capacity, MOST_CAPACITY);
  int fd = from != NULL ? make_file (directory, i, &path, error) : -1;
  gboolean ok;

  if (fd < 0)
    return FALSE;
  /* What is packed is an image with headers of its own, somewhat larger than the disk. */
  ok = domuimg_gunzip_to (from, disk->offset, disk->length, fd,
                          capacity + capacity / 8 + (64 << 20), cancellable, error);
  close (fd);
  if (disk->pieces != NULL)
    unlink (from);
  if (!ok)
    return FALSE;
  disk->chain = domuimg_image_chain_open (path, NULL, FALSE, error);
  return disk->chain != NULL;
}

static gboolean
open_unpacked (DomuimgImport *self, char **paths, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      DomuimgImportDisk *disk = g_ptr_array_index (self->disks, i);

      disk->chain = domuimg_image_chain_open (paths[i], "raw", FALSE, error);
      if (disk->chain == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
unpack_xva (DomuimgImport *self, const char *directory, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  g_auto (GStrv) paths = g_new0 (char *, self->disks->len + 1);
  g_autofree int *fds = g_new (int, self->disks->len);
  gboolean ok = TRUE;
  guint made = 0;

  for (; ok && made < self->disks->len; made++)
    {
      fds[made] = make_file (directory, made, &paths[made], error);
      if (fds[made] < 0)
        {
          ok = FALSE;
          break;
        }
    }
  ok = ok && domuimg_xva_extract (self->xva, fds, progress, cancellable, error);
  for (guint i = 0; i < made; i++)
    close (fds[i]);
  return ok && open_unpacked (self, paths, error);
}

gboolean
domuimg_import_prepare (DomuimgImport *self, const char *work_directory,
                         DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  if (self->xva != NULL)
    return unpack_xva (self, work_directory, progress, cancellable, error);
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgImportDisk *disk = g_ptr_array_index (self->disks, i);

      if (disk->is_gzip ? !unpack_gzip (self, i, work_directory, cancellable, error)
                        : disk->pieces != NULL
                              && !unpack_pieces (self, i, work_directory, cancellable, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_ovf (DomuimgImport *self)
{
  return self->hardware != NULL && g_str_equal (self->hardware->origin, "OVF")
         && self->ova == NULL;
}

static const char *
ovf_path (DomuimgImport *self)
{
  return self->description != NULL ? self->description : self->path;
}

gboolean
domuimg_import_has_manifest (DomuimgImport *self)
{
  if (self->ova != NULL)
    return domuimg_ova_has_manifest (self->ova);
  return is_ovf (self) && domuimg_ovf_has_manifest (ovf_path (self));
}

gboolean
domuimg_import_verify (DomuimgImport *self, GCancellable *cancellable, GError **error)
{
  if (self->ova != NULL)
    return domuimg_ova_verify (self->ova, NULL, cancellable, error);
  return !is_ovf (self) || domuimg_ovf_verify_directory (ovf_path (self), NULL, cancellable, error);
}
