/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that tells the kernel to write a file out, again and again. */
#include "config.h"
#include "lib/fs/ext/writeback.h"

struct _DomuimgExtWriteback {
  GThread *thread;
  DomuimgRegion *region;
  GMutex lock;
  GCond changed;
  gboolean is_wanted;
  gboolean is_ending;
};

static gpointer
work (gpointer data)
{
  DomuimgExtWriteback *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (!self->is_ending)
    {
      if (!self->is_wanted)
        {
          g_cond_wait (&self->changed, &self->lock);
          continue;
        }
      self->is_wanted = FALSE;
      g_mutex_unlock (&self->lock);
      domuimg_region_begin_sync (self->region);
      g_mutex_lock (&self->lock);
    }
  return NULL;
}

static void
set (DomuimgExtWriteback *self, gboolean *what)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *what = TRUE;
  g_cond_signal (&self->changed);
}

void
domuimg_ext_writeback_begin (DomuimgExtWriteback *self)
{
  set (self, &self->is_wanted);
}

void
domuimg_ext_writeback_free (DomuimgExtWriteback *self)
{
  set (self, &self->is_ending);
  g_clear_pointer (&self->thread, g_thread_join);
  domuimg_region_unref (self->region);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

DomuimgExtWriteback *
domuimg_ext_writeback_new (DomuimgRegion *region)
{
  DomuimgExtWriteback *self = g_new0 (DomuimgExtWriteback, 1);

  self->region = domuimg_region_ref (region);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->thread = g_thread_try_new ("writeback", work, self, NULL);
  if (self->thread != NULL)
    return self;
  domuimg_ext_writeback_free (self);
  return NULL;
}
