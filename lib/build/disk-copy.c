/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies disks in a thread, one after the other, by qemu-img or by their grains, and tells how far it
 * is. */
#include "config.h"
#include "lib/build/disk-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/thread.h"
#include "lib/image/export.h"

/* How often a user is told how far it is. */
#define POLL_MICROSECONDS 100000
#define MIB 1048576

typedef struct {
  char *node;
  char *target;
  char *format;
  char *name;
  char *result;
  char *path; /* (nullable) */
  guint64 size;
  gboolean is_compressed;
  DomuimgImageChain *grains; /* (unowned) (nullable) */
  GArray *unused;            /* (nullable) of DomuimgRange */
} Disk;

struct _DomuimgDiskCopy {
  GPtrArray *disks; /* of Disk */
  GCancellable *cancellable;
  GThread *thread; /* (nullable) until it is waited for */
  GMutex mutex;
  GCond changed;
  /* Under the mutex. */
  guint current;
  double fraction; /* of the current one */
  gboolean is_done;
  GError *error;
};

static void
disk_free (gpointer data)
{
  Disk *self = data;

  g_free (self->node);
  g_free (self->target);
  g_free (self->format);
  g_free (self->name);
  g_free (self->result);
  g_free (self->path);
  g_clear_pointer (&self->unused, g_array_unref);
  g_free (self);
}

DomuimgDiskCopy *
domuimg_disk_copy_new (void)
{
  DomuimgDiskCopy *self = g_new0 (DomuimgDiskCopy, 1);

  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->cancellable = g_cancellable_new ();
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
  return self;
}

void
domuimg_disk_copy_free (DomuimgDiskCopy *self)
{
  g_cancellable_cancel (self->cancellable);
  if (self->thread != NULL)
    g_thread_join (self->thread);
  g_clear_error (&self->error);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->disks);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->changed);
  g_free (self);
}

void
domuimg_disk_copy_add (DomuimgDiskCopy *self, const DomuimgDiskCopyJob *job)
{
  Disk *disk = g_new0 (Disk, 1);

  disk->node = g_strdup (job->node);
  disk->target = g_strdup (job->target);
  disk->format = g_strdup (job->format);
  disk->name = g_strdup (job->name);
  disk->result = g_strdup (job->result);
  disk->path = g_strdup (job->path);
  disk->size = job->size;
  disk->is_compressed = job->is_compressed;
  g_ptr_array_add (self->disks, disk);
}

void
domuimg_disk_copy_add_grains (DomuimgDiskCopy *self, DomuimgImageChain *grains, GArray *unused)
{
  Disk *disk = g_ptr_array_index (self->disks, self->disks->len - 1);

  disk->grains = grains;
  disk->unused = g_array_ref (unused);
}

static void
on_fraction (double fraction, gpointer data)
{
  DomuimgDiskCopy *self = data;

  g_mutex_lock (&self->mutex);
  self->fraction = fraction;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->mutex);
}

/* "    (12.50/100%)" */
static void
on_line (const char *line, gpointer data)
{
  const char *number = strchr (line, '(');

  if (number != NULL && strstr (line, "/100%)") != NULL)
    on_fraction (CLAMP (g_ascii_strtod (number + 1, NULL), 0, 100) / 100, data);
}

static gboolean
copy_grains (DomuimgDiskCopy *self, const Disk *disk, GError **error)
{
  DomuimgGrainsTarget target = { -1, disk->result, disk->unused, on_fraction, self };
  gboolean ok;

  target.fd = open (disk->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (target.fd < 0)
    return domuimg_set_errno (error, errno, "opening %s", disk->result);
  ok = domuimg_image_chain_copy_grains (disk->grains, &target, self->cancellable, error);
  if (close (target.fd) != 0 && ok)
    ok = domuimg_set_errno (error, errno, "writing %s", disk->result);
  return ok;
}

static gboolean
copy (DomuimgDiskCopy *self, const Disk *disk, GError **error)
{
  g_autoptr (DomuimgExec) exec = NULL;

  if (disk->grains != NULL && disk->path != NULL)
    return copy_grains (self, disk, error);
  exec = domuimg_exec_new ("qemu-img");
  domuimg_exec_arg (exec, "convert");
  domuimg_exec_arg (exec, "-p");
  domuimg_exec_arg (exec, "-n");
  domuimg_exec_arg (exec, "--target-is-zero");
  /* Blocks may be written as they come: a file that is new has no order. */
  domuimg_exec_arg (exec, "-W");
  if (disk->is_compressed)
    domuimg_exec_arg (exec, "-c");
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_arg (exec, disk->format);
  domuimg_exec_argf (exec, "json:%s", disk->node);
  domuimg_exec_argf (exec, "json:%s", disk->target);
  domuimg_exec_on_line (exec, on_line, self);
  if (domuimg_exec_run (exec, self->cancellable, error))
    return TRUE;
  g_prefix_error (error, "writing %s: ", disk->result);
  return FALSE;
}

static gpointer
copy_all (gpointer data)
{
  DomuimgDiskCopy *self = data;
  GError *error = NULL;

  for (guint i = 0; error == NULL && i < self->disks->len; i++)
    {
      g_mutex_lock (&self->mutex);
      self->current = i;
      self->fraction = 0;
      g_mutex_unlock (&self->mutex);
      copy (self, g_ptr_array_index (self->disks, i), &error);
    }
  g_mutex_lock (&self->mutex);
  self->error = error;
  self->is_done = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->mutex);
  return NULL;
}

void
domuimg_disk_copy_start (DomuimgDiskCopy *self)
{
  g_autoptr (GError) local = NULL;

  self->thread = domuimg_thread_start ("domuimg-copy", copy_all, self, &local);
  /* Once it runs, these are the thread's: it may have ended already. */
  if (self->thread != NULL)
    return;
  /* That it cannot start is an error of the copy, for who waits for it. */
  self->error = g_steal_pointer (&local);
  self->is_done = TRUE;
}

/* Under the mutex. */
static void
tell (DomuimgDiskCopy *self, DomuimgProgress *progress)
{
  const Disk *disk;

  if (self->disks->len == 0)
    return;
  disk = g_ptr_array_index (self->disks, self->current);
  domuimg_progress_set_fraction (progress, (self->current + self->fraction) / self->disks->len);
  domuimg_progress_set_message (progress,
                                "Copying %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " MiB",
                                disk->name, (guint64) (disk->size * self->fraction) / MIB,
                                disk->size / MIB);
}

gboolean
domuimg_disk_copy_wait (DomuimgDiskCopy *self, DomuimgProgress *progress,
                        GCancellable *cancellable, GError **error)
{
  g_mutex_lock (&self->mutex);
  while (!self->is_done)
    {
      if (g_cancellable_is_cancelled (cancellable))
        g_cancellable_cancel (self->cancellable);
      tell (self, progress);
      g_cond_wait_until (&self->changed, &self->mutex, g_get_monotonic_time () + POLL_MICROSECONDS);
    }
  g_mutex_unlock (&self->mutex);
  if (self->thread != NULL)
    g_thread_join (g_steal_pointer (&self->thread));
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

gboolean
domuimg_disk_copy_merge (const char *overlay, const char *target, GCancellable *cancellable,
                         GError **error)
{
  g_autofree char *node = domuimg_overlay_to_node (overlay, target);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  domuimg_exec_arg (exec, "commit");
  domuimg_exec_arg (exec, "-q");
  /* The overlay is thrown away: there is no need to empty it. */
  domuimg_exec_arg (exec, "-d");
  domuimg_exec_argf (exec, "json:%s", node);
  return domuimg_exec_run (exec, cancellable, error);
}
