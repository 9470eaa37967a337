/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A region over a file in which clusters have their places in the order in which they came. */
#include "config.h"
#include "lib/disk/clusters.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/sparse.h"

/* A part of the map is there only where there is something. */
#define PART 8192

struct _DomuimgClusters {
  DomuimgClustersShape shape;
  int fd;
  GMutex lock;     /* of what is below: data is written by several threads */
  guint32 **parts; /* of PART slots each, or NULL */
  guint64 n_parts;
  guint32 n_slots;
};

static void
clusters_free (gpointer data)
{
  DomuimgClusters *self = data;

  for (guint64 i = 0; i < self->n_parts; i++)
    g_free (self->parts[i]);
  g_free (self->parts);
  g_mutex_clear (&self->lock);
  close (self->fd);
  g_free (self);
}

guint64
domuimg_clusters_get_n (const DomuimgClusters *self)
{
  return (self->shape.size + self->shape.cluster_size - 1) / self->shape.cluster_size;
}

guint32
domuimg_clusters_get_slot (const DomuimgClusters *self, guint64 i)
{
  const guint32 *part = self->parts[i / PART];

  return part != NULL ? part[i % PART] : DOMUIMG_NO_SLOT;
}

guint32
domuimg_clusters_take_slot (DomuimgClusters *self, guint64 i)
{
  guint32 **part = &self->parts[i / PART];

  if (*part == NULL)
    {
      *part = g_new (guint32, PART);
      memset (*part, 0xff, PART * sizeof (guint32));
    }
  if ((*part)[i % PART] == DOMUIMG_NO_SLOT)
    (*part)[i % PART] = self->n_slots++;
  return (*part)[i % PART];
}

void
domuimg_clusters_fill (DomuimgClusters *self)
{
  for (guint64 i = 0; i < domuimg_clusters_get_n (self); i++)
    domuimg_clusters_take_slot (self, i);
}

/* Bytes from @offset that lie together in the file, or all have no place, *@place is then G_MAXUINT64;
 * with @bytes (nullable) what is not zero gets one. */
static gsize
find (DomuimgClusters *self, guint64 offset, gsize length, const guint8 *bytes, guint64 *place)
{
  guint64 size = self->shape.cluster_size;
  gsize done = 0;

  *place = G_MAXUINT64;
  while (done < length)
    {
      guint64 in = (offset + done) % size;
      gsize now = MIN (length - done, size - in);
      guint32 slot = domuimg_clusters_get_slot (self, (offset + done) / size);
      guint64 at;

      if (slot == DOMUIMG_NO_SLOT && bytes != NULL && !domuimg_is_zero (bytes + done, now))
        slot = domuimg_clusters_take_slot (self, (offset + done) / size);
      at = slot != DOMUIMG_NO_SLOT ? self->shape.first + slot * self->shape.stride + in
                                   : G_MAXUINT64;
      if (done > 0 && at != (*place == G_MAXUINT64 ? *place : *place + done))
        break;
      if (done == 0)
        *place = at;
      done += now;
    }
  return done;
}

static gsize
find_locked (DomuimgClusters *self, guint64 offset, gsize length, const guint8 *bytes,
             guint64 *place)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return find (self, offset, length, bytes, place);
}

/* The file may end where a cluster does not. */
static gboolean
read_file (int fd, guint64 at, guint8 *to, gsize length)
{
  while (length > 0)
    {
      gssize got = TEMP_FAILURE_RETRY (pread (fd, to, length, (off_t) at));

      if (got < 0)
        return FALSE;
      if (got == 0)
        break;
      to += got;
      at += (guint64) got;
      length -= (gsize) got;
    }
  memset (to, 0, length);
  return TRUE;
}

/* Does its part of a read or a write: @length bytes that are at @place in the file, or nowhere. */
typedef gboolean (*Act) (int fd, guint64 place, guint8 *bytes, gsize length);

/* @gives_places: what is not zero gets one. */
static gboolean
each (DomuimgClusters *self, guint64 offset, guint8 *bytes, gsize length, gboolean gives_places,
      Act act)
{
  while (length > 0)
    {
      guint64 place;
      gsize now = find_locked (self, offset, length, gives_places ? bytes : NULL, &place);

      if (!act (self->fd, place, bytes, now))
        return FALSE;
      bytes += now;
      offset += now;
      length -= now;
    }
  return TRUE;
}

static gboolean
read_there (int fd, guint64 place, guint8 *bytes, gsize length)
{
  if (place != G_MAXUINT64)
    return read_file (fd, place, bytes, length);
  memset (bytes, 0, length);
  return TRUE;
}

static gboolean
write_there (int fd, guint64 place, guint8 *bytes, gsize length)
{
  return place == G_MAXUINT64 || domuimg_pwrite_all (fd, bytes, length, place);
}

static gboolean
do_nothing (int fd, guint64 place, guint8 *bytes, gsize length)
{
  return TRUE;
}

static gboolean
clusters_read (gpointer data, guint64 offset, void *buffer, gsize length)
{
  return each (data, offset, buffer, length, FALSE, read_there);
}

static gboolean
clusters_write (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  return each (data, offset, (guint8 *) bytes, length, TRUE, write_there);
}

static void
clusters_reserve (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  each (data, offset, (guint8 *) bytes, length, TRUE, do_nothing);
}

static gboolean
clusters_sync (gpointer data, gboolean wait)
{
  DomuimgClusters *self = data;

  return wait ? fsync (self->fd) == 0
              : sync_file_range (self->fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0;
}

static const DomuimgRegionBack clusters = {
  .read = clusters_read,
  .write = clusters_write,
  .reserve = clusters_reserve,
  .sync = clusters_sync,
  .free = clusters_free,
};

DomuimgRegion *
domuimg_clusters_new (const DomuimgClustersShape *shape, int fd, const char *name, GError **error)
{
  DomuimgClusters *self;
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  if (copy < 0)
    {
      domuimg_set_errno (error, errno, "%s", name);
      return NULL;
    }
  self = g_new0 (DomuimgClusters, 1);
  self->shape = *shape;
  self->fd = copy;
  self->n_parts = domuimg_clusters_get_n (self) / PART + 1;
  self->parts = g_new0 (guint32 *, self->n_parts);
  g_mutex_init (&self->lock);
  return domuimg_region_new_backed (&clusters, self, shape->size, name);
}

DomuimgClusters *
domuimg_clusters_of (const DomuimgRegion *region)
{
  return region->data;
}

int
domuimg_clusters_get_fd (const DomuimgClusters *self)
{
  return self->fd;
}

guint64
domuimg_clusters_get_size (const DomuimgClusters *self)
{
  return self->shape.size;
}

guint32
domuimg_clusters_get_n_slots (const DomuimgClusters *self)
{
  return self->n_slots;
}
