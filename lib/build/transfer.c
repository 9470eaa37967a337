/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/build/transfer.h"

#include "lib/base/exec.h"

static void
disk_free (gpointer data)
{
  DomuimgTransferDisk *self = data;

  g_clear_pointer (&self->image, domuimg_image_free);
  g_free (self->overlay);
  g_free (self->node);
  g_free (self->path);
  g_free (self);
}

static void
mount_free (gpointer data)
{
  DomuimgTransferMount *self = data;

  g_clear_object (&self->tree);
  g_free (self->name);
  g_free (self);
}

DomuimgTransfer *
domuimg_transfer_new (void)
{
  DomuimgTransfer *self = g_new0 (DomuimgTransfer, 1);

  self->system = DOMUIMG_SYSTEM_UNKNOWN;
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->mounts = g_ptr_array_new_with_free_func (mount_free);
  return self;
}

void
domuimg_transfer_free (DomuimgTransfer *self)
{
  g_clear_pointer (&self->copy, domuimg_disk_copy_free);
  /* Files first: what shows them goes last. */
  g_ptr_array_unref (self->mounts);
  g_ptr_array_unref (self->disks);
  g_clear_pointer (&self->export, domuimg_export_free);
  g_free (self->system_name);
  g_free (self->root_fs);
  g_free (self->root_uuid);
  g_free (self->cmdline);
  g_free (self);
}

static gboolean
make_overlay (const char *path, guint64 size, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  domuimg_exec_arg (exec, "create");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "qcow2");
  domuimg_exec_arg (exec, path);
  domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT, size);
  return domuimg_exec_run (exec, cancellable, error);
}

/* An overlay that stays names what it lies over. */
static gboolean
make_result_overlay (DomuimgImport *import, guint i, const char *path,
                     GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  domuimg_exec_arg (exec, "create");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "qcow2");
  domuimg_exec_arg (exec, "-F");
  domuimg_exec_arg (exec, domuimg_import_get_format (import, i));
  domuimg_exec_arg (exec, "-b");
  domuimg_exec_arg (exec, domuimg_import_get_backing (import, i));
  domuimg_exec_arg (exec, path);
  return domuimg_exec_run (exec, cancellable, error);
}

/* Where there is no FUSE: a whole copy, to work on. */
static gboolean
materialise (DomuimgTransferDisk *disk, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  domuimg_exec_arg (exec, "convert");
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_arg (exec, "raw");
  domuimg_exec_argf (exec, "json:%s", disk->node);
  domuimg_exec_arg (exec, path);
  disk->path = g_strdup (path);
  return domuimg_exec_run (exec, cancellable, error);
}

static gboolean
add_disk (DomuimgTransfer *self, DomuimgImport *import, guint i, const char *directory,
          const char *result, GCancellable *cancellable, GError **error)
{
  DomuimgTransferDisk *disk = g_new0 (DomuimgTransferDisk, 1);
  g_autofree char *name = g_strdup_printf ("disk%u.%s", i, self->export != NULL ? "qcow2" : "raw");
  g_autofree char *path = g_build_filename (directory, name, NULL);

  g_ptr_array_add (self->disks, disk);
  disk->node = domuimg_import_get_node (import, i);
  disk->size = domuimg_import_get_size (import, i);
  disk->is_result = result != NULL;
  if (self->export == NULL)
    return materialise (disk, path, cancellable, error);
  disk->overlay = g_strdup (result != NULL ? result : path);
  domuimg_export_add (self->export, disk->overlay, disk->node);
  return result != NULL ? make_result_overlay (import, i, result, cancellable, error)
                        : make_overlay (path, disk->size, cancellable, error);
}

static gboolean
open_images (DomuimgTransfer *self, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      DomuimgTransferDisk *disk = g_ptr_array_index (self->disks, i);

      if (self->export != NULL)
        {
          g_free (disk->path);
          disk->path = g_strdup (domuimg_export_get_path (self->export, i));
        }
      disk->image = domuimg_image_open (disk->path, "raw", error);
      if (disk->image == NULL)
        return FALSE;
    }
  return TRUE;
}

/* What libguestfs has to look into. It resolves the names of files, and those that are shown have
 * none. */
static gboolean
needs_appliance (DomuimgTransfer *self)
{
  static const char *const direct[] = { "ext2", "ext3", "ext4", "swap", "vfat", NULL };

  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgTransferDisk *disk = g_ptr_array_index (self->disks, i);
      GPtrArray *volumes = domuimg_image_list_volumes (disk->image, NULL);

      for (guint j = 0; volumes != NULL && j < volumes->len; j++)
        {
          const char *fs = ((DomuimgVolume *) g_ptr_array_index (volumes, j))->fs;

          if (fs != NULL && !g_strv_contains (direct, fs))
            return TRUE;
        }
    }
  return FALSE;
}

void
domuimg_transfer_close_images (DomuimgTransfer *self)
{
  for (guint i = 0; i < self->disks->len; i++)
    g_clear_pointer (&((DomuimgTransferDisk *) g_ptr_array_index (self->disks, i))->image,
                     domuimg_image_free);
}

static gboolean
use_copies (DomuimgTransfer *self, const char *directory, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      DomuimgTransferDisk *disk = g_ptr_array_index (self->disks, i);
      g_autofree char *name = g_strdup_printf ("disk%u.raw", i);
      g_autofree char *path = g_build_filename (directory, name, NULL);

      g_clear_pointer (&disk->overlay, g_free);
      g_clear_pointer (&disk->path, g_free);
      if (!materialise (disk, path, cancellable, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_transfer_open (DomuimgTransfer *self, DomuimgImport *import, const char *directory,
                     const char *const *overlays, GPtrArray *warnings, GCancellable *cancellable,
                     GError **error)
{
  g_autofree char *why_not = NULL;

  if (domuimg_export_is_possible (&why_not))
    self->export = domuimg_export_new (directory);
  else
    g_ptr_array_add (warnings, g_strdup_printf ("each disk is copied once more than necessary,"
                                                " since %s",
                                                why_not));
  for (guint i = 0; i < domuimg_import_get_n_disks (import); i++)
    if (self->export == NULL && overlays[i] != NULL)
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                           "overlay: the guest cannot be changed in it, since %s; use --disk"
                           " format=qcow2",
                           why_not);
  for (guint i = 0; i < domuimg_import_get_n_disks (import); i++)
    if (!add_disk (self, import, i, directory, overlays[i], cancellable, error))
      return FALSE;
  if (self->export != NULL && !domuimg_export_start (self->export, cancellable, error))
    return FALSE;
  if (!open_images (self, error))
    return FALSE;
  if (self->export == NULL || !needs_appliance (self))
    return TRUE;
  for (guint i = 0; i < self->disks->len; i++)
    if (overlays[i] != NULL)
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                           "overlay: the guest has filesystems other than ext, which cannot be"
                           " changed in it; use --disk format=qcow2");
  domuimg_transfer_close_images (self);
  g_clear_pointer (&self->export, domuimg_export_free);
  return use_copies (self, directory, cancellable, error) && open_images (self, error);
}

gboolean
domuimg_transfer_close_trees (DomuimgTransfer *self, GError **error)
{
  gboolean ok = TRUE;

  while (self->mounts->len > 0)
    {
      DomuimgTransferMount *mount = g_ptr_array_index (self->mounts, self->mounts->len - 1);

      if (mount->tree != NULL
          && !domuimg_image_close_tree (mount->disk->image, g_steal_pointer (&mount->tree),
                                        ok ? error : NULL))
        ok = FALSE;
      g_ptr_array_set_size (self->mounts, self->mounts->len - 1);
    }
  return ok;
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
  domuimg_transfer_close_images (self);
  if (!domuimg_export_stop (self->export, error))
    return FALSE;
  g_clear_pointer (&self->export, domuimg_export_free);
  self->export = domuimg_export_new (directory);
  for (guint i = 0; i < self->disks->len; i++)
    {
      DomuimgTransferDisk *disk = g_ptr_array_index (self->disks, i);
      g_autofree char *name = g_strdup_printf ("changes%u.qcow2", i);
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (!disk->is_result && !add_overlay (disk, path, cancellable, error))
        return FALSE;
      domuimg_export_add (self->export, disk->overlay, disk->node);
    }
  return domuimg_export_start (self->export, cancellable, error) && open_images (self, error);
}
