/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A region of an image's bytes in which what is changed goes to a qcow2 file, 2 KiB at a time. */
#include "config.h"
#include "lib/disk/overlay-write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/disk/qcow2-write.h"

#define CLUSTER ((guint64) 65536)
#define PART (CLUSTER / DOMUIMG_QCOW2_PARTS)

typedef struct {
  DomuimgRegion *base;
  DomuimgRegion *content; /* what the file has, cluster by cluster */
  DomuimgClusters *clusters; /* of @content */
  GArray *parts;          /* of guint32, for each slot: which parts of the cluster are there */
  GMutex lock;
} Overlay;

/* Where in the file the part with the guest's byte @offset is; FALSE where it is not there. */
static gboolean
find_part (Overlay *self, guint64 offset, guint64 *place)
{
  guint32 slot = domuimg_clusters_get_slot (self->clusters, offset / CLUSTER);
  guint part = (guint) (offset % CLUSTER / PART);

  if (slot == DOMUIMG_NO_SLOT || (g_array_index (self->parts, guint32, slot) & 1u << part) == 0)
    return FALSE;
  *place = (1 + (guint64) slot) * CLUSTER + offset % CLUSTER;
  return TRUE;
}

/* What the base has not is zeros. */
static gboolean
read_base (Overlay *self, guint64 offset, guint8 *buffer, gsize length)
{
  gssize got = domuimg_region_read (self->base, offset, buffer, length);

  if (got >= 0)
    memset (buffer + got, 0, length - (gsize) got);
  return got >= 0;
}

static gboolean
read_file (Overlay *self, guint64 place, guint8 *buffer, gsize length)
{
  gssize got
      = TEMP_FAILURE_RETRY (pread (domuimg_clusters_get_fd (self->clusters), buffer, length,
                                   (off_t) place));

  if (got >= 0 && (gsize) got < length)
    errno = EIO;
  return got >= 0 && (gsize) got == length;
}

/* Bytes from @offset that are all in the file, one behind the other, or all in the base. */
static gsize
run_length (Overlay *self, guint64 offset, gsize length, gboolean *is_there, guint64 *place)
{
  gsize done = MIN (length, PART - offset % PART);

  *is_there = find_part (self, offset, place);
  while (done < length)
    {
      guint64 next = 0;
      gboolean there = find_part (self, offset + done, &next);

      if (there != *is_there || (there && next != *place + done))
        break;
      done += MIN (length - done, PART);
    }
  return done;
}

static gboolean
read_all (Overlay *self, guint64 offset, guint8 *buffer, gsize length)
{
  while (length > 0)
    {
      guint64 place = 0;
      gboolean there;
      gsize now = run_length (self, offset, length, &there, &place);

      if (!(there ? read_file (self, place, buffer, now) : read_base (self, offset, buffer, now)))
        return FALSE;
      offset += now;
      buffer += now;
      length -= now;
    }
  return TRUE;
}

static gboolean
add_part (Overlay *self, guint64 offset, const guint8 *bytes)
{
  guint32 slot = domuimg_clusters_take_slot (self->clusters, offset / CLUSTER);
  guint64 place = (1 + (guint64) slot) * CLUSTER + offset % CLUSTER;

  if (slot >= self->parts->len)
    g_array_set_size (self->parts, slot + 1);
  if (!domuimg_pwrite_all (domuimg_clusters_get_fd (self->clusters), bytes, PART, place))
    return FALSE;
  g_array_index (self->parts, guint32, slot) |= 1u << offset % CLUSTER / PART;
  return TRUE;
}

/* Bytes that all lie in one part. */
static gboolean
write_part (Overlay *self, guint64 offset, const guint8 *bytes, gsize length)
{
  guint64 first = offset - offset % PART;
  guint8 old[PART], part[PART];
  guint64 place;

  if (find_part (self, offset, &place))
    return domuimg_pwrite_all (domuimg_clusters_get_fd (self->clusters), bytes, length, place);
  if (!read_base (self, first, old, PART))
    return FALSE;
  memcpy (part, old, PART);
  memcpy (part + (offset - first), bytes, length);
  return memcmp (old, part, PART) == 0 || add_part (self, first, part);
}

static gboolean
overlay_read (gpointer data, guint64 offset, void *buffer, gsize length)
{
  Overlay *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return read_all (self, offset, buffer, length);
}

static gboolean
overlay_write (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  Overlay *self = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const guint8 *from = bytes;

  while (length > 0)
    {
      gsize now = MIN (length, PART - offset % PART);

      if (!write_part (self, offset, from, now))
        return FALSE;
      offset += now;
      from += now;
      length -= now;
    }
  return TRUE;
}

static gboolean
overlay_sync (gpointer data, gboolean wait)
{
  Overlay *self = data;

  return !wait || domuimg_region_sync (self->content);
}

static void
overlay_free (gpointer data)
{
  Overlay *self = data;

  domuimg_region_unref (self->base);
  domuimg_region_unref (self->content);
  g_array_unref (self->parts);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static const DomuimgRegionBack overlay = {
  .read = overlay_read,
  .write = overlay_write,
  .sync = overlay_sync,
  .free = overlay_free,
};

DomuimgRegion *
domuimg_overlay_begin (int fd, DomuimgRegion *base, const char *name, GError **error)
{
  DomuimgRegion *content = domuimg_qcow2_begin (fd, base->length, name, error);
  Overlay *self;

  if (content == NULL)
    return NULL;
  self = g_new0 (Overlay, 1);
  self->base = domuimg_region_ref (base);
  self->content = content;
  self->clusters = domuimg_clusters_of (content);
  self->parts = g_array_new (FALSE, TRUE, sizeof (guint32));
  g_mutex_init (&self->lock);
  return domuimg_region_new_backed (&overlay, self, base->length, name);
}

gboolean
domuimg_overlay_end (DomuimgRegion *self, const char *path, const char *format, GError **error)
{
  Overlay *data = self->data;
  const DomuimgQcow2Base base
      = { .path = path, .format = format, .parts = (const guint32 *) (void *) data->parts->data };

  return domuimg_qcow2_end_over (data->content, &base, error);
}
