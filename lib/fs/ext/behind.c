/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that writes buffers one after another, while the next one is filled. */
#include "config.h"
#include "lib/fs/ext/behind.h"

#include <errno.h>

#define N_BUFFERS 4
/* So that they can be written past the kernel's cache. */
#define ALIGNMENT 4096

typedef struct {
  guint8 *data;
  gsize length;
  guint64 at;
} Buffer;

struct _DomuimgExtBehind {
  GThread *thread;
  DomuimgRegion *region;
  DomuimgExtWritten written;
  gpointer written_data;
  GMutex lock;
  GCond changed;
  Buffer buffers[N_BUFFERS]; /* a ring: the next ones to be written, then the free ones */
  guint first;               /* of those to be written */
  guint n_waiting;
  gboolean is_ending;
  int error; /* errno of what could not be written, 0 for none */
};

static void
write_first (DomuimgExtBehind *self)
{
  const Buffer *buffer = &self->buffers[self->first];

  if (domuimg_region_write (self->region, buffer->at, buffer->data, buffer->length))
    self->written (buffer->length, self->written_data);
  else
    g_atomic_int_set (&self->error, errno);
}

static gpointer
work (gpointer data)
{
  DomuimgExtBehind *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (!self->is_ending)
    {
      if (self->n_waiting == 0)
        {
          g_cond_wait (&self->changed, &self->lock);
          continue;
        }
      g_mutex_unlock (&self->lock);
      if (g_atomic_int_get (&self->error) == 0)
        write_first (self);
      g_mutex_lock (&self->lock);
      self->first = (self->first + 1) % N_BUFFERS;
      self->n_waiting--;
      g_cond_broadcast (&self->changed);
    }
  return NULL;
}

DomuimgExtBehind *
domuimg_ext_behind_new (DomuimgRegion *region, DomuimgExtWritten written, gpointer data)
{
  DomuimgExtBehind *self;

  if (g_get_num_processors () < 2)
    return NULL;
  self = g_new0 (DomuimgExtBehind, 1);
  self->region = domuimg_region_ref (region);
  self->written = written;
  self->written_data = data;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  for (guint i = 0; i < N_BUFFERS; i++)
    self->buffers[i].data = g_aligned_alloc (1, DOMUIMG_EXT_BEHIND_SIZE, ALIGNMENT);
  self->thread = g_thread_try_new ("write", work, self, NULL);
  if (self->thread != NULL)
    return self;
  domuimg_ext_behind_free (self);
  return NULL;
}

void
domuimg_ext_behind_free (DomuimgExtBehind *self)
{
  g_mutex_lock (&self->lock);
  self->is_ending = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->thread, g_thread_join);
  for (guint i = 0; i < N_BUFFERS; i++)
    g_aligned_free (self->buffers[i].data);
  domuimg_region_unref (self->region);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

static Buffer *
next_free (DomuimgExtBehind *self)
{
  return &self->buffers[(self->first + self->n_waiting) % N_BUFFERS];
}

static gboolean
is_fine (DomuimgExtBehind *self)
{
  errno = g_atomic_int_get (&self->error);
  return errno == 0;
}

guint8 *
domuimg_ext_behind_get_buffer (DomuimgExtBehind *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->n_waiting == N_BUFFERS)
    g_cond_wait (&self->changed, &self->lock);
  return next_free (self)->data;
}

gboolean
domuimg_ext_behind_write (DomuimgExtBehind *self, gsize length, guint64 at)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Buffer *buffer = next_free (self);

  domuimg_region_reserve (self->region, at, buffer->data, length);
  buffer->length = length;
  buffer->at = at;
  self->n_waiting++;
  g_cond_broadcast (&self->changed);
  return is_fine (self);
}

gboolean
domuimg_ext_behind_wait (DomuimgExtBehind *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->n_waiting > 0)
    g_cond_wait (&self->changed, &self->lock);
  return is_fine (self);
}
