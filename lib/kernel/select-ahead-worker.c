/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads kernels or initramfs in a thread of its own, from where a writer has put their bytes. */
#include "config.h"
#include "lib/kernel/select-ahead-worker.h"

#include <errno.h>
#include <string.h>

/* Larger kernels are read when they are asked for: until then they would take memory. */
#define KERNEL_MAX ((guint64) 64 << 20)

typedef enum {
  WAITING,
  RUNNING,
  DONE,
} State;

typedef struct {
  DomuimgAheadKind kind;
  State state;
  gint is_obsolete; /* atomic: a newer one has come, or all is over */
  char *path;
  char *version;
  guint64 ino;
  guint64 size;
  DomuimgTime mtime;
  DomuimgRegion *region; /* (nullable) once it is read */
  GArray *pieces;
  DomuimgKernel *kernel;       /* (nullable) */
  DomuimgInitramfs *initramfs; /* (nullable) */
} Job;

struct _DomuimgAheadWorker {
  GThread *thread; /* (nullable) where none could be started, and before the first job */
  GMutex lock;
  GCond changed;
  gboolean is_ending;
  DomuimgAheadKind kind;
  GPtrArray *jobs; /* of Job: at most one that is not obsolete */
};

static void
job_free (gpointer data)
{
  Job *self = data;

  g_clear_pointer (&self->region, domuimg_region_unref);
  g_array_unref (self->pieces);
  g_clear_object (&self->kernel);
  g_clear_pointer (&self->initramfs, domuimg_initramfs_free);
  g_free (self->path);
  g_free (self->version);
  g_free (self);
}

DomuimgAheadWorker *
domuimg_ahead_worker_new (DomuimgAheadKind kind)
{
  DomuimgAheadWorker *self = g_new0 (DomuimgAheadWorker, 1);

  self->kind = kind;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->jobs = g_ptr_array_new_with_free_func (job_free);
  return self;
}

/* The piece that @offset lies in, or the next one, or none. */
static const DomuimgPiece *
piece_at (const Job *self, guint64 offset)
{
  for (guint i = 0; i < self->pieces->len; i++)
    {
      const DomuimgPiece *piece = &g_array_index (self->pieces, DomuimgPiece, i);

      if (offset < piece->offset + piece->length)
        return piece;
    }
  return NULL;
}

static gssize
read_at (gpointer user_data, guint64 offset, void *buffer, gsize length, GError **error)
{
  Job *self = user_data;
  const DomuimgPiece *piece = piece_at (self, offset);
  gssize got;

  if (g_atomic_int_get (&self->is_obsolete))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "nobody asks for it");
      return -1;
    }
  if (offset >= self->size)
    return 0;
  length = MIN (length, self->size - offset);
  if (piece == NULL || offset < piece->offset)
    {
      length = piece != NULL ? MIN (length, piece->offset - offset) : length;
      memset (buffer, 0, length);
      return (gssize) length;
    }
  length = MIN (length, piece->offset + piece->length - offset);
  got = domuimg_region_read (self->region, piece->at + (offset - piece->offset), buffer, length);
  if (got <= 0)
    {
      domuimg_set_errno (error, got < 0 ? errno : EIO, "reading %s", self->path);
      return -1;
    }
  return got;
}

static GBytes *
read_whole (Job *self)
{
  g_autofree guint8 *bytes = self->size <= KERNEL_MAX ? g_try_malloc (self->size) : NULL;
  guint64 done = 0;

  while (bytes != NULL && done < self->size)
    {
      gssize got = read_at (self, done, bytes + done, self->size - done, NULL);

      if (got < 0)
        return NULL;
      done += (guint64) got;
    }
  return bytes != NULL ? g_bytes_new_take (g_steal_pointer (&bytes), self->size) : NULL;
}

/* Without an error: whoever asks for the file reads it again then, and gets the same one. */
static void
look (Job *self)
{
  DomuimgInput input = { read_at, self, self->path };
  g_autofree char *name = g_strconcat ("/", self->path, NULL);
  g_autoptr (GBytes) bytes = NULL;

  if (self->kind == DOMUIMG_AHEAD_INITRAMFS)
    self->initramfs = domuimg_initramfs_new (&input, NULL);
  else if ((bytes = read_whole (self)) != NULL)
    self->kernel = domuimg_kernel_new_for_bytes (bytes, name, NULL);
  g_clear_pointer (&self->region, domuimg_region_unref);
}

static Job *
find_waiting (DomuimgAheadWorker *self)
{
  for (guint i = 0; i < self->jobs->len; i++)
    {
      Job *job = g_ptr_array_index (self->jobs, i);

      if (job->state == WAITING)
        return job;
    }
  return NULL;
}

static gpointer
work (gpointer data)
{
  DomuimgAheadWorker *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (!self->is_ending)
    {
      Job *job = find_waiting (self);

      if (job == NULL)
        {
          g_cond_wait (&self->changed, &self->lock);
          continue;
        }
      job->state = RUNNING;
      g_mutex_unlock (&self->lock);
      look (job);
      g_mutex_lock (&self->lock);
      job->state = DONE;
      if (g_atomic_int_get (&job->is_obsolete))
        g_ptr_array_remove (self->jobs, job);
      g_cond_broadcast (&self->changed);
    }
  return NULL;
}

/* The one that is under way ends soon, and goes then. */
static void
discard (DomuimgAheadWorker *self, Job *job)
{
  if (job->state == RUNNING)
    g_atomic_int_set (&job->is_obsolete, TRUE);
  else
    g_ptr_array_remove (self->jobs, job);
}

void
domuimg_ahead_worker_free (DomuimgAheadWorker *self)
{
  g_mutex_lock (&self->lock);
  self->is_ending = TRUE;
  for (guint i = self->jobs->len; i > 0; i--)
    discard (self, g_ptr_array_index (self->jobs, i - 1));
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->thread, g_thread_join);
  g_ptr_array_unref (self->jobs);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

static Job *
newest (DomuimgAheadWorker *self)
{
  for (guint i = 0; i < self->jobs->len; i++)
    {
      Job *job = g_ptr_array_index (self->jobs, i);

      if (!g_atomic_int_get (&job->is_obsolete))
        return job;
    }
  return NULL;
}

/* By the order in which kernels are tried: those in /boot before their copies. */
static gboolean
is_newer (const Job *job, const char *path, const char *version)
{
  int order = strverscmp (version, job->version);

  if (order != 0)
    return order > 0;
  return g_str_has_prefix (path, "boot/") && !g_str_has_prefix (job->path, "boot/");
}

gboolean
domuimg_ahead_worker_wants (DomuimgAheadWorker *self, const char *path, const char *version)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Job *job = newest (self);

  return job == NULL || is_newer (job, path, version);
}

static Job *
job_new (DomuimgAheadKind kind, const DomuimgAheadFile *file,
         const char *version, DomuimgRegion *region, GArray *pieces)
{
  Job *self = g_new0 (Job, 1);

  self->kind = kind;
  self->path = g_strdup (file->path);
  self->version = g_strdup (version);
  self->ino = file->ino;
  self->size = file->size;
  self->mtime = file->mtime;
  self->region = domuimg_region_ref (region);
  self->pieces = g_array_ref (pieces);
  return self;
}

void
domuimg_ahead_worker_add (DomuimgAheadWorker *self, const DomuimgAheadFile *file,
                          const char *version, DomuimgRegion *region, GArray *pieces)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Job *old = newest (self);

  if (old != NULL)
    discard (self, old);
  g_ptr_array_add (self->jobs, job_new (self->kind, file, version, region, pieces));
  if (self->thread == NULL)
    self->thread = g_thread_try_new ("look-ahead", work, self, NULL);
  g_cond_broadcast (&self->changed);
}

static gboolean
is_same (const Job *job, const DomuimgAheadFile *file)
{
  return g_str_equal (job->path, file->path) && job->ino == file->ino && job->size == file->size
         && job->mtime.sec == file->mtime.sec && job->mtime.nsec == file->mtime.nsec;
}

/* What may be under way before it is obsolete, and ends soon. */
static Job *
wait_for (DomuimgAheadWorker *self, const DomuimgAheadFile *file)
{
  Job *job = newest (self);

  if (job == NULL || !is_same (job, file))
    return NULL;
  /* Without a thread nobody ever reads it. */
  while (job->state != DONE && self->thread != NULL)
    g_cond_wait (&self->changed, &self->lock);
  return job;
}

DomuimgKernel *
domuimg_ahead_worker_find_kernel (DomuimgAheadWorker *self, const DomuimgAheadFile *file)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Job *job = wait_for (self, file);

  return job != NULL && job->kernel != NULL ? g_object_ref (job->kernel) : NULL;
}

DomuimgInitramfs *
domuimg_ahead_worker_find_initramfs (DomuimgAheadWorker *self, const DomuimgAheadFile *file)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Job *job = wait_for (self, file);

  return job != NULL && job->initramfs != NULL ? domuimg_initramfs_ref (job->initramfs) : NULL;
}
