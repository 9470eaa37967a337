/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks of a machine as they are seen while it is converted. */
#include "config.h"
#include "lib/build/transfer.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/disk/file.h"

static void
disk_free (gpointer data)
{
  DomuimgTransferDisk *self = data;

  g_clear_pointer (&self->image, domuimg_image_free);
  g_free (self->overlay);
  g_free (self->node);
  g_free (self->name);
  g_free (self->path);
  g_clear_pointer (&self->unused, g_array_unref);
  g_free (self);
}

DomuimgTransfer *
domuimg_transfer_new (const char *directory)
{
  DomuimgTransfer *self = g_new0 (DomuimgTransfer, 1);

  self->directory = g_strdup (directory);
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  return self;
}

void
domuimg_transfer_free (DomuimgTransfer *self)
{
  g_clear_pointer (&self->copy, domuimg_disk_copy_free);
  g_ptr_array_unref (self->disks);
  g_clear_pointer (&self->export, domuimg_export_free);
  g_free (self->directory);
  g_free (self);
}

static gboolean
make_overlay (const char *path, guint64 size, GCancellable *cancellable, GError **error)
{
  return domuimg_disk_file_allocate_qcow2 (NULL, path, size, NULL, cancellable, error);
}

/* Makes a whole copy to work on, if there is no FUSE. */
static gboolean
materialise (DomuimgTransferDisk *disk, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");
  g_auto (DomuimgFd) fd = domuimg_private_file_make (path, error);

  /* qemu-img, which makes files that all may read, leaves the mode of one that is there. */
  if (fd < 0)
    return FALSE;
  domuimg_exec_arg (exec, "convert");
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_arg (exec, "raw");
  domuimg_exec_argf (exec, "json:%s", disk->node);
  domuimg_exec_arg (exec, path);
  disk->path = g_strdup (path);
  return domuimg_exec_run (exec, cancellable, error)
         && (truncate (path, (off_t) disk->size) == 0
             || domuimg_set_errno (error, errno, "giving %s its size", path));
}

static gboolean
add_disk (DomuimgTransfer *self, DomuimgImport *import, guint i, const char *directory,
          const char *result, guint64 size, GCancellable *cancellable, GError **error)
{
  DomuimgTransferDisk *disk = g_new0 (DomuimgTransferDisk, 1);
  g_autofree char *name = g_strdup_printf ("disk%u.%s", i, self->export != NULL ? "qcow2" : "raw");
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_ptr_array_add (self->disks, disk);
  disk->node = domuimg_import_get_node (import, i);
  disk->size = size;
  disk->unused = g_array_new (FALSE, FALSE, sizeof (DomuimgRange));
  disk->name = g_strdup (domuimg_import_get_name (import, i));
  disk->is_result = result != NULL;
  if (self->export == NULL)
    return materialise (disk, path, cancellable, error);
  disk->overlay = g_strdup (result != NULL ? result : path);
  domuimg_export_add (self->export, disk->overlay, disk->node, disk->name);
  return result != NULL || make_overlay (path, disk->size, cancellable, error);
}

static DomuimgImage *
open_copy (const DomuimgTransferDisk *disk, GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_region_open (disk->path, TRUE, error);
  g_autoptr (DomuimgRegion) named
      = region != NULL ? domuimg_region_new_named (region, disk->name) : NULL;
  g_autoptr (DomuimgAppliance) appliance = domuimg_appliance_new (disk->path, "raw");

  return named != NULL ? domuimg_image_new (named, "raw", appliance, error) : NULL;
}

gboolean
domuimg_transfer_reopen (DomuimgTransfer *self, guint i, GError **error)
{
  DomuimgTransferDisk *disk = g_ptr_array_index (self->disks, i);

  g_clear_pointer (&disk->image, domuimg_image_free);
  disk->image = self->export != NULL ? domuimg_export_open_image (self->export, i, error)
                                     : open_copy (disk, error);
  return disk->image != NULL;
}

static gboolean
open_images (DomuimgTransfer *self, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    if (!domuimg_transfer_reopen (self, i, error))
      return FALSE;
  return TRUE;
}

void
domuimg_transfer_close_images (DomuimgTransfer *self)
{
  for (guint i = 0; i < self->disks->len; i++)
    g_clear_pointer (&((DomuimgTransferDisk *) g_ptr_array_index (self->disks, i))->image,
                     domuimg_image_free);
}

gboolean
domuimg_transfer_open (DomuimgTransfer *self, DomuimgImport *import, const char *directory,
                     const char *const *overlays, const guint64 *sizes, GPtrArray *warnings,
                     GCancellable *cancellable, GError **error)
{
  g_autofree char *why_not = NULL;

  if (domuimg_export_is_possible (&why_not))
    self->export = domuimg_export_new (self->directory);
  else
    g_ptr_array_add (warnings, g_strdup_printf ("each disk is copied once more than necessary,"
                                                " since %s",
                                                why_not));
  for (guint i = 0; i < domuimg_import_get_n_disks (import); i++)
    if (self->export == NULL && overlays[i] != NULL)
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                           "the guest cannot be changed in a disk that lies over another, since"
                           " %s; use --disk format=qcow2",
                           why_not);
  for (guint i = 0; i < domuimg_import_get_n_disks (import); i++)
    if (!add_disk (self, import, i, directory, overlays[i], sizes[i], cancellable, error))
      return FALSE;
  if (self->export != NULL && !domuimg_export_start (self->export, cancellable, error))
    return FALSE;
  return open_images (self, error);
}

static gboolean
add_overlay (DomuimgTransferDisk *disk, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *below = domuimg_overlay_to_node (disk->overlay, disk->node);

  g_free (disk->node);
  disk->node = g_steal_pointer (&below);
  g_free (disk->overlay);
  disk->overlay = g_strdup (path);
  return make_overlay (path, disk->size, cancellable, error);
}

gboolean
domuimg_transfer_go_over (DomuimgTransfer *self, const char *directory, GCancellable *cancellable,
                        GError **error)
{
  g_clear_pointer (&self->export, domuimg_export_free);
  self->export = domuimg_export_new (self->directory);
  for (guint i = 0; i < self->disks->len; i++)
    {
      DomuimgTransferDisk *disk = g_ptr_array_index (self->disks, i);
      g_autofree char *name = g_strdup_printf ("changes%u.qcow2", i);
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (!disk->is_result && !add_overlay (disk, path, cancellable, error))
        return FALSE;
      domuimg_export_add (self->export, disk->overlay, disk->node, disk->name);
    }
  return domuimg_export_start (self->export, cancellable, error) && open_images (self, error);
}
