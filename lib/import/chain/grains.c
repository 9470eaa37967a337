/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks the grains of a streamOptimized VMDK on all processors. */
#include "config.h"
#include "lib/import/chain/grains.h"

#include <errno.h>

#include "lib/base/inflate.h"
#include "lib/base/sparse.h"
#include "lib/import/chain/link.h"

/* VMware's "Virtual Disk Format 5.0". */
#define SECTOR 512
/* A grain begins with where it belongs, and how many bytes follow. */
#define MARKER 12
/* Most grains are read at once so. */
#define FIRST_READ (32 * 1024)
/* So that an inflater has room to see the end of a grain that fills its buffer. */
#define SLACK 64
#define THREADS_MAX 4
/* What an entry of a table says of a grain of zeros. */
#define ZEROS 1

typedef struct {
  DomuimgRegion *region; /* the VMDK */
  const DomuimgVmdkGrains *grains;
  const DomuimgGrainsTarget *target;
  GCancellable *cancellable;
  gint n_tables;
  gint next;    /* atomic: the next table that nobody has taken */
  gint is_over; /* atomic: there is an error */
  GMutex lock;
  gint n_done;
  GError *error;
} Copy;

/* What a thread works with. */
typedef struct {
  Copy *copy;
  DomuimgInflate *inflate;
  guint32 *table;
  guint8 *packed;
  guint8 *plain;
} Worker;

static guint64
grain_bytes (const Copy *self)
{
  return self->grains->size * SECTOR;
}

/* What QEMU takes, too: compression may make it larger. */
static gsize
packed_max (const Copy *self)
{
  return 2 * grain_bytes (self);
}

static gboolean
read_at (const Copy *self, guint64 offset, void *buffer, gsize length, GError **error)
{
  gssize got = domuimg_region_read (self->region, offset, buffer, length);

  if (got < 0)
    return domuimg_set_errno (error, errno, "reading %s", self->region->name);
  return (gsize) got == length
         || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is cut off", self->region->name);
}

static gboolean
fail_grain (const Copy *self, guint64 sector, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: its grain at sector %" G_GUINT64_FORMAT " is damaged",
                       self->region->name, sector);
}

/* The compressed bytes; 0 on error. */
static gsize
read_grain (Worker *self, guint64 sector, GError **error)
{
  const Copy *copy = self->copy;
  guint64 at = sector * SECTOR;
  gssize got = domuimg_region_read (copy->region, at, self->packed,
                                    MIN (FIRST_READ, MARKER + packed_max (copy)));
  guint32 size = 0;

  if (got < 0)
    {
      domuimg_set_errno (error, errno, "reading %s", copy->region->name);
      return 0;
    }
  if (!domuimg_bytes_le32 (domuimg_bytes (self->packed, (gsize) got), MARKER - 4, &size)
      || size == 0 || size > packed_max (copy))
    {
      fail_grain (copy, sector, error);
      return 0;
    }
  if (MARKER + size > (gsize) got
      && !read_at (copy, at + (guint64) got, self->packed + got, MARKER + size - (gsize) got, error))
    return 0;
  return size;
}

/* FALSE, too, for one that is shorter than the part of the disk that it stands for. */
static gboolean
unpack_grain (Worker *self, gsize size, gsize wanted)
{
  gsize room = grain_bytes (self->copy) + SLACK;
  DomuimgInflateBuffers buffers = { self->packed + MARKER, size, self->plain, room };
  DomuimgInflateStatus status;
  gsize left;

  domuimg_inflate_reset (self->inflate);
  do
    {
      left = buffers.in_left + buffers.out_left;
      status = domuimg_inflate_run (self->inflate, &buffers);
    }
  while (status == DOMUIMG_INFLATE_GOES_ON && left != buffers.in_left + buffers.out_left);
  return status == DOMUIMG_INFLATE_ENDED && buffers.out_left >= SLACK
         && room - buffers.out_left >= wanted;
}

static gboolean
copy_grain (Worker *self, guint64 sector, guint64 offset, GError **error)
{
  const Copy *copy = self->copy;
  gsize wanted = MIN (grain_bytes (copy), copy->grains->capacity * SECTOR - offset);
  gsize size = read_grain (self, sector, error);

  if (size == 0)
    return FALSE;
  if (!unpack_grain (self, size, wanted))
    return fail_grain (copy, sector, error);
  return domuimg_sparse_write (copy->target->fd, self->plain, wanted, offset)
         || domuimg_set_errno (error, errno, "writing %s", copy->target->name);
}

/* Whether nobody wants any of these bytes. */
static gboolean
is_unused (const GArray *unused, guint64 offset, guint64 length)
{
  guint low = 0, high = unused->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;
      const DomuimgRange *range = &g_array_index (unused, DomuimgRange, middle);

      if (offset < range->offset)
        high = middle;
      else if (offset >= range->offset + range->length)
        low = middle + 1;
      else
        return offset + length <= range->offset + range->length;
    }
  return FALSE;
}

static gboolean
copy_table (Worker *self, guint64 number, GError **error)
{
  const Copy *copy = self->copy;
  const DomuimgVmdkGrains *grains = copy->grains;
  guint64 offset = number * grains->per_table * grain_bytes (copy);
  guint64 end = grains->capacity * SECTOR;
  guint32 where = 0;

  if (!read_at (copy, grains->directory * SECTOR + number * sizeof where, &where, sizeof where, error))
    return FALSE;
  if (where == 0)
    return TRUE;
  if (!read_at (copy, (guint64) GUINT32_FROM_LE (where) * SECTOR, self->table,
                grains->per_table * sizeof where, error))
    return FALSE;
  for (guint i = 0; i < grains->per_table && offset < end; i++, offset += grain_bytes (copy))
    {
      guint32 sector = GUINT32_FROM_LE (self->table[i]);

      if (g_cancellable_set_error_if_cancelled (copy->cancellable, error))
        return FALSE;
      if (sector > ZEROS && !is_unused (copy->target->unused, offset, grain_bytes (copy))
          && !copy_grain (self, sector, offset, error))
        return FALSE;
    }
  return TRUE;
}

/* The first error is the one that counts. */
static void
end_table (Copy *self, GError *error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (error == NULL)
    self->target->told ((double) ++self->n_done / self->n_tables, self->target->data);
  else if (self->error == NULL)
    self->error = error;
  else
    g_error_free (error);
  if (self->error != NULL)
    g_atomic_int_set (&self->is_over, TRUE);
}

static gpointer
work (gpointer data)
{
  Copy *copy = data;
  g_autoptr (DomuimgInflate) inflate = domuimg_inflate_new (DOMUIMG_WRAPPER_ZLIB);
  g_autofree guint32 *table = g_new (guint32, copy->grains->per_table);
  g_autofree guint8 *packed = g_malloc (MARKER + packed_max (copy));
  g_autofree guint8 *plain = g_malloc (grain_bytes (copy) + SLACK);
  Worker worker = { copy, inflate, table, packed, plain };
  gint number;

  while (!g_atomic_int_get (&copy->is_over)
         && (number = g_atomic_int_add (&copy->next, 1)) < copy->n_tables)
    {
      GError *error = NULL;

      copy_table (&worker, (guint64) number, &error);
      end_table (copy, error);
    }
  return NULL;
}

/* This thread is one of them. */
static void
run (Copy *self)
{
  guint n_threads = MIN (g_get_num_processors (), THREADS_MAX) - 1;
  GThread *threads[THREADS_MAX] = { NULL };

  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_try_new ("grains", work, self, NULL);
  work (self);
  for (guint i = 0; i < n_threads; i++)
    if (threads[i] != NULL)
      g_thread_join (threads[i]);
}

static DomuimgChainLink *
first_link (DomuimgImageChain *chain)
{
  return g_ptr_array_index (chain->links, 0);
}

gboolean
domuimg_image_chain_has_grains (DomuimgImageChain *chain)
{
  return chain->links->len == 1 && first_link (chain)->header.grains.size > 0;
}

static DomuimgRegion *
open_region (DomuimgImageChain *chain, GError **error)
{
  g_autoptr (DomuimgRegion) whole = domuimg_region_open (first_link (chain)->path, FALSE, error);

  if (whole == NULL || !chain->is_member)
    return g_steal_pointer (&whole);
  return domuimg_region_new_part (whole, chain->offset, chain->length);
}

gboolean
domuimg_image_chain_copy_grains (DomuimgImageChain *chain, const DomuimgGrainsTarget *target,
                                 GCancellable *cancellable, GError **error)
{
  const DomuimgVmdkGrains *grains = &first_link (chain)->header.grains;
  g_autoptr (DomuimgRegion) region = open_region (chain, error);
  guint64 per_table = grains->size * grains->per_table;
  Copy self = { region, grains, target, cancellable };

  if (region == NULL)
    return FALSE;
  self.n_tables = (gint) ((grains->capacity + per_table - 1) / per_table);
  g_mutex_init (&self.lock);
  run (&self);
  g_mutex_clear (&self.lock);
  if (self.error == NULL)
    return TRUE;
  g_propagate_error (error, self.error);
  return FALSE;
}
