/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that copies a file's blocks while the rest of the guest is read. */
#include "config.h"
#include "lib/bootloader/copier.h"

#include <errno.h>

#include "lib/base/fd.h"

typedef struct {
  DomuimgExtCopy *copy; /* NULL: this is the end */
  int fd;
  guint alignment;
  GError *error;
} Job;

struct _DomuimgCopier {
  GThread *thread; /* (nullable) */
  GAsyncQueue *jobs;
  GAsyncQueue *done;
  guint pending;
};

static void
job_free (Job *self)
{
  g_clear_pointer (&self->copy, domuimg_ext_copy_free);
  g_clear_error (&self->error);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

static void
job_run (Job *self)
{
  if (!domuimg_pad_file (self->fd, self->alignment))
    domuimg_set_errno (&self->error, errno, "writing a copy");
  else
    domuimg_ext_copy_run (self->copy, self->fd, &self->error);
}

static gpointer
work (gpointer data)
{
  DomuimgCopier *self = data;

  g_async_queue_push (self->done, g_new0 (Job, 1));
  for (;;)
    {
      g_autoptr (Job) job = g_async_queue_pop (self->jobs);

      if (job->copy == NULL)
        return NULL;
      job_run (job);
      g_async_queue_push (self->done, g_steal_pointer (&job));
    }
}

DomuimgCopier *
domuimg_copier_new (void)
{
  DomuimgCopier *self = g_new0 (DomuimgCopier, 1);

  self->jobs = g_async_queue_new ();
  self->done = g_async_queue_new ();
  return self;
}

void
domuimg_copier_start (DomuimgCopier *self)
{
  /* Where it cannot be had, there is one thread. */
  self->thread = g_thread_try_new ("copier", work, self, NULL);
  /* The system calls with which a thread starts are soon taken away. */
  if (self->thread != NULL)
    job_free (g_async_queue_pop (self->done));
}

void
domuimg_copier_free (DomuimgCopier *self)
{
  domuimg_copier_wait (self, NULL);
  if (self->thread != NULL)
    {
      g_async_queue_push (self->jobs, g_new0 (Job, 1));
      g_thread_join (self->thread);
    }
  g_async_queue_unref (self->jobs);
  g_async_queue_unref (self->done);
  g_free (self);
}

void
domuimg_copier_add (DomuimgCopier *self, DomuimgExtCopy *copy, int fd, guint alignment)
{
  Job *job = g_new0 (Job, 1);

  job->copy = copy;
  job->fd = fd;
  job->alignment = alignment;
  self->pending++;
  if (self->thread == NULL)
    job_run (job);
  g_async_queue_push (self->thread != NULL ? self->jobs : self->done, job);
}

gboolean
domuimg_copier_wait (DomuimgCopier *self, GError **error)
{
  gboolean ok = TRUE;

  for (; self->pending > 0; self->pending--)
    {
      g_autoptr (Job) job = g_async_queue_pop (self->done);

      if (job->error == NULL)
        continue;
      if (ok)
        g_propagate_error (error, g_steal_pointer (&job->error));
      ok = FALSE;
    }
  return ok;
}
