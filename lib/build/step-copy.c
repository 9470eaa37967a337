/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies the disks once, without unused blocks, and then adds the changes. */
#include "config.h"
#include "lib/build/state.h"

#include <fcntl.h>

#include "lib/base/fd.h"
#include "lib/base/thread.h"
#include "lib/build/transfer.h"
#include "lib/image/unused.h"

/* The clusters of the overlays. */
#define GRANULARITY 65536

typedef struct {
  DomuimgTransfer *transfer;
  guint disk;
} Unused;

static gboolean
forget (guint64 offset, guint64 length, gpointer data, GError **error)
{
  Unused *self = data;
  DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, self->disk);
  const DomuimgRange range = { offset, length };

  g_array_append_val (disk->unused, range);
  self->transfer->unused += length;
  return domuimg_export_forget (self->transfer->export, self->disk, offset, length, error);
}

static gint
compare_ranges (gconstpointer a, gconstpointer b)
{
  const DomuimgRange *one = a, *other = b;

  return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/* What a volume group or a filesystem that is not known here leaves unused cannot be told. */
static gboolean
leave_out_unused (DomuimgBuildState *self, GError **error)
{
  Unused unused = { self->transfer, 0 };

  for (; unused.disk < self->transfer->disks->len; unused.disk++)
    {
      DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, unused.disk);
      GPtrArray *volumes = domuimg_image_list_partitions (disk->image, NULL);

      if (disk->is_result)
        continue;
      for (guint i = 0; volumes != NULL && i < volumes->len; i++)
        if (!domuimg_image_each_unused (disk->image, g_ptr_array_index (volumes, i), GRANULARITY,
                                        forget, &unused, error))
          return FALSE;
      g_array_sort (disk->unused, compare_ranges);
    }
  return TRUE;
}

/* A whole copy that was worked on may be what is wanted. */
static gboolean
take_copy (DomuimgBuildState *self, guint i)
{
  const DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, i);
  const DomuimgDiskKind *kind = domuimg_plan_get_disk (self->plan, i)->kind;

  return disk->path != NULL && kind->take != NULL
         && kind->take (domuimg_build_get_disk (self, i)->path, disk->path);
}

/* What its filesystems do not use need not be kept. It is only room, so that an error is none. */
static void
punch_holes (const char *path, const GArray *unused)
{
  g_auto (DomuimgFd) fd = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

  for (guint i = 0; fd >= 0 && i < unused->len; i++)
    {
      const DomuimgRange *range = &g_array_index (unused, DomuimgRange, i);

      if (fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) range->offset,
                     (off_t) range->length) != 0)
        return;
    }
}

/* What was written here for this guest is moved, where a raw file on the same filesystem is wanted. */
static gboolean
take_own_file (DomuimgBuildState *self, guint i)
{
  DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, i);
  const DomuimgDiskKind *kind = domuimg_plan_get_disk (self->plan, i)->kind;
  const char *from = domuimg_import_get_own_file (self->plan->import, i);
  const char *to = domuimg_build_get_disk (self, i)->path;

  if (from == NULL || disk->overlay == NULL || kind->take == NULL || !kind->take (to, from))
    return FALSE;
  g_free (disk->node);
  disk->node = domuimg_file_to_node (to, "raw");
  punch_holes (to, disk->unused);
  return TRUE;
}

/* Where qemu-img writes to: an image that holds nothing yet. */
static gboolean
begin_copy (DomuimgBuildState *self, guint i, const char *path, GCancellable *cancellable,
            GError **error)
{
  const DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, i);
  const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);

  return spec->kind->allocate != NULL
             ? spec->kind->allocate (spec, path, disk->size, NULL, cancellable, error)
             : domuimg_build_begin_disk (self, i, disk->size, cancellable, error);
}

static gboolean
add_copy (DomuimgBuildState *self, guint i, GCancellable *cancellable, GError **error)
{
  const DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, i);
  const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);
  const char *path = domuimg_build_get_disk (self, i)->path;
  g_autofree char *target = spec->kind->to_node (path);
  g_autofree char *node = disk->overlay != NULL
                              ? domuimg_overlay_to_node (disk->overlay, disk->node)
                              : domuimg_file_to_node (disk->path, "raw");
  const DomuimgDiskCopyJob job = { .node = node,
                                   .size = disk->size,
                                   .name = domuimg_import_get_name (self->plan->import, i),
                                   .target = target,
                                   .format = spec->kind->driver != NULL ? spec->kind->driver
                                                                        : spec->kind->format,
                                   .is_compressed = spec->is_compressed,
                                   .path = spec->kind->begin == NULL && spec->kind->open != NULL
                                               ? path
                                               : NULL,
                                   .result = spec->path };

  if (!begin_copy (self, i, path, cancellable, error))
    return FALSE;
  domuimg_disk_copy_add (self->transfer->copy, &job);
  /* The overlay has nothing but what is unused so far. */
  if (disk->overlay != NULL)
    domuimg_disk_copy_add_grains (self->transfer->copy,
                                  domuimg_import_get_grains (self->plan->import, i), disk->unused);
  return TRUE;
}

/* A whole copy that is not a result itself is copied once more. */
static gboolean
start_copies (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  self->transfer->copy = domuimg_disk_copy_new ();
  for (guint i = 0; i < self->transfer->disks->len; i++)
    {
      const DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, i);

      if (!disk->is_result && !take_copy (self, i) && !take_own_file (self, i)
          && !add_copy (self, i, cancellable, error))
        return FALSE;
    }
  domuimg_disk_copy_start (self->transfer->copy);
  return TRUE;
}

gboolean
domuimg_build_step_begin_copy (DomuimgBuildState *self, DomuimgProgress *progress,
                               GCancellable *cancellable, GError **error)
{
  if (self->transfer->export == NULL)
    return TRUE;
  if (!leave_out_unused (self, error))
    return FALSE;
  domuimg_transfer_close_images (self->transfer);
  if (!domuimg_export_stop (self->transfer->export, error))
    return FALSE;
  return start_copies (self, cancellable, error)
         && domuimg_transfer_go_over (self->transfer, self->work_directory, cancellable, error);
}

typedef struct {
  DomuimgImport *import;
  GCancellable *cancellable;
} Verification;

static gpointer
verify (gpointer data)
{
  const Verification *self = data;
  GError *error = NULL;

  return domuimg_import_verify (self->import, self->cancellable, &error) ? NULL : error;
}

/* The copies are as the disks were; what was changed since is added. */
static gboolean
merge_all (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->transfer->disks->len; i++)
    {
      const DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, i);
      const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);
      g_autofree char *target = spec->kind->to_node (domuimg_build_get_disk (self, i)->path);

      if (disk->is_result
          || domuimg_disk_copy_merge (disk->overlay, target, cancellable, error))
        continue;
      g_prefix_error (error, "writing %s: ", spec->path);
      return FALSE;
    }
  return TRUE;
}

static gboolean
copy_all (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
          GError **error)
{
  gboolean is_ahead = self->transfer->copy != NULL;

  domuimg_transfer_close_images (self->transfer);
  if (self->transfer->export != NULL && !domuimg_export_stop (self->transfer->export, error))
    return FALSE;
  if (!is_ahead && !start_copies (self, cancellable, error))
    return FALSE;
  return domuimg_disk_copy_wait (self->transfer->copy, progress, cancellable, error)
         && (!is_ahead || merge_all (self, cancellable, error));
}

/* Both read the same bytes at about the same time, which then come from memory once. */
gboolean
domuimg_build_step_copy (DomuimgBuildState *self, DomuimgProgress *progress,
                         GCancellable *cancellable, GError **error)
{
  Verification verification = { self->plan->import, cancellable };
  GThread *thread = NULL;
  GError *mismatch = NULL;
  gboolean ok;

  if (domuimg_import_has_manifest (self->plan->import))
    {
      thread = domuimg_thread_start ("domuimg-verify", verify, &verification, error);
      if (thread == NULL)
        return FALSE;
    }
  ok = copy_all (self, progress, cancellable, error);
  if (thread != NULL)
    mismatch = g_thread_join (thread);
  if (mismatch == NULL)
    return ok;
  if (ok)
    g_propagate_error (error, mismatch);
  else
    g_error_free (mismatch);
  return FALSE;
}
