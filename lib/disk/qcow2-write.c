/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The header and the tables of a qcow2 file, which follow its clusters. */
#include "config.h"
#include "lib/disk/qcow2-write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/sparse.h"

#define CLUSTER_BITS 16
#define CLUSTER ((guint64) 1 << CLUSTER_BITS)
#define ENTRIES (CLUSTER / 8)          /* of a table of addresses */
#define COUNTS (CLUSTER / 2)           /* of a block of reference counts of 16 bits */
#define REFCOUNT_ORDER 4
#define USED_ONCE ((guint64) 1 << 63)  /* may be written to where it is */
#define MAGIC 0x514649fb
#define HAS_PARTS ((guint64) 1 << 4)   /* of the incompatible features: "extended L2 entries" */
#define EXTENSION_FORMAT 0xe2792aca    /* of the header: what the backing file's format is */

typedef struct {
  guint32 magic, version;
  guint64 backing_file_offset;
  guint32 backing_file_size, cluster_bits;
  guint64 size;
  guint32 crypt_method, l1_size;
  guint64 l1_table_offset, refcount_table_offset;
  guint32 refcount_table_clusters, nb_snapshots;
  guint64 snapshots_offset, incompatible_features, compatible_features, autoclear_features;
  guint32 refcount_order, header_length;
} Header;

G_STATIC_ASSERT (sizeof (Header) == 104);

/* Where everything is, in clusters of the file. The header is the first one, then come the guest's. */
typedef struct {
  DomuimgClusters *clusters;
  const char *name;
  const DomuimgQcow2Base *base; /* (nullable) */
  guint64 n_l2;     /* tables, those that are empty included */
  guint64 n_used;   /* those that are there */
  guint64 l2, l1, n_l1, counts, n_counts, table, n_table, end;
} Layout;

static guint64
divide_up (guint64 value, guint64 by)
{
  return (value + by - 1) / by;
}

static gboolean
write_at (const Layout *self, const void *data, gsize length, guint64 cluster, GError **error)
{
  return domuimg_sparse_write (domuimg_clusters_get_fd (self->clusters), data, length,
                               cluster * CLUSTER)
         || domuimg_set_errno (error, errno, "writing %s", self->name);
}

/* How many words of 64 bits an entry for a cluster has; the second is of its parts. */
static guint64
words_of (const Layout *self)
{
  return self->base != NULL ? 2 : 1;
}

/* Clusters for which a table has entries. */
static guint64
reach_of (const Layout *self)
{
  return ENTRIES / words_of (self);
}

static gboolean
is_used (const Layout *self, guint64 table)
{
  guint64 end = MIN ((table + 1) * reach_of (self), domuimg_clusters_get_n (self->clusters));

  for (guint64 i = table * reach_of (self); i < end; i++)
    if (domuimg_clusters_get_slot (self->clusters, i) != DOMUIMG_NO_SLOT)
      return TRUE;
  return FALSE;
}

/* The reference counts have themselves to be counted. */
static void
place_counts (Layout *self)
{
  guint64 before = self->l1 + self->n_l1;
  guint64 n_counts = 1, n_table = 1;

  for (;;)
    {
      guint64 end = before + n_counts + n_table;

      self->n_counts = divide_up (end, COUNTS);
      self->n_table = divide_up (self->n_counts, ENTRIES);
      if (self->n_counts == n_counts && self->n_table == n_table)
        break;
      n_counts = self->n_counts;
      n_table = self->n_table;
    }
  self->counts = before;
  self->table = before + n_counts;
  self->end = self->table + n_table;
}

static void
place_all (Layout *self)
{
  self->n_l2 = divide_up (domuimg_clusters_get_n (self->clusters), reach_of (self));
  for (guint64 i = 0; i < self->n_l2; i++)
    self->n_used += is_used (self, i);
  self->l2 = 1 + (guint64) domuimg_clusters_get_n_slots (self->clusters);
  self->l1 = self->l2 + self->n_used;
  self->n_l1 = MAX (divide_up (self->n_l2, ENTRIES), 1);
  place_counts (self);
}

static gboolean
write_l2 (const Layout *self, guint64 table, guint64 cluster, GError **error)
{
  g_autofree guint64 *entries = g_new0 (guint64, ENTRIES);
  guint64 first = table * reach_of (self);
  guint64 n = MIN (reach_of (self), domuimg_clusters_get_n (self->clusters) - first);

  for (guint64 i = 0; i < n; i++)
    {
      guint32 slot = domuimg_clusters_get_slot (self->clusters, first + i);

      if (slot == DOMUIMG_NO_SLOT)
        continue;
      entries[i * words_of (self)] = GUINT64_TO_BE ((1 + (guint64) slot) * CLUSTER | USED_ONCE);
      if (self->base != NULL)
        entries[i * 2 + 1] = GUINT64_TO_BE ((guint64) self->base->parts[slot]);
    }
  return write_at (self, entries, CLUSTER, cluster, error);
}

static gboolean
write_maps (const Layout *self, GError **error)
{
  g_autofree guint64 *l1 = g_new0 (guint64, self->n_l1 * ENTRIES);
  guint64 next = self->l2;

  for (guint64 i = 0; i < self->n_l2; i++)
    {
      if (!is_used (self, i))
        continue;
      l1[i] = GUINT64_TO_BE (next * CLUSTER | USED_ONCE);
      if (!write_l2 (self, i, next++, error))
        return FALSE;
    }
  return write_at (self, l1, self->n_l1 * CLUSTER, self->l1, error);
}

static gboolean
write_counts (const Layout *self, GError **error)
{
  g_autofree guint64 *table = g_new0 (guint64, self->n_table * ENTRIES);
  g_autofree guint16 *counts = g_new0 (guint16, COUNTS);

  for (guint64 i = 0; i < self->n_counts; i++)
    {
      for (guint64 j = 0; j < COUNTS; j++)
        counts[j] = GUINT16_TO_BE (i * COUNTS + j < self->end);
      table[i] = GUINT64_TO_BE ((self->counts + i) * CLUSTER);
      if (!write_at (self, counts, CLUSTER, self->counts + i, error))
        return FALSE;
    }
  return write_at (self, table, self->n_table * CLUSTER, self->table, error);
}

static void
append_be32 (GByteArray *to, guint32 value)
{
  const guint32 bytes = GUINT32_TO_BE (value);

  g_byte_array_append (to, (const guint8 *) &bytes, sizeof bytes);
}

/* What follows the header: the format of what the file lies over, and its path. */
static GByteArray *
make_base (const DomuimgQcow2Base *base, Header *header)
{
  static const guint8 zeros[8];
  GByteArray *bytes = g_byte_array_new ();
  gsize length = strlen (base->format);

  append_be32 (bytes, EXTENSION_FORMAT);
  append_be32 (bytes, (guint32) length);
  g_byte_array_append (bytes, (const guint8 *) base->format, (guint) length);
  g_byte_array_append (bytes, zeros, (guint) (-length & 7));
  g_byte_array_append (bytes, zeros, 8);
  header->backing_file_offset = GUINT64_TO_BE (sizeof *header + bytes->len);
  header->backing_file_size = GUINT32_TO_BE ((guint32) strlen (base->path));
  header->incompatible_features = GUINT64_TO_BE (HAS_PARTS);
  g_byte_array_append (bytes, (const guint8 *) base->path, (guint) strlen (base->path));
  return bytes;
}

static gboolean
write_header (const Layout *self, GError **error)
{
  Header header = {
    .magic = GUINT32_TO_BE (MAGIC),
    .version = GUINT32_TO_BE (3),
    .cluster_bits = GUINT32_TO_BE (CLUSTER_BITS),
    .size = GUINT64_TO_BE (domuimg_clusters_get_size (self->clusters)),
    .l1_size = GUINT32_TO_BE ((guint32) self->n_l2),
    .l1_table_offset = GUINT64_TO_BE (self->l1 * CLUSTER),
    .refcount_table_offset = GUINT64_TO_BE (self->table * CLUSTER),
    .refcount_table_clusters = GUINT32_TO_BE ((guint32) self->n_table),
    .refcount_order = GUINT32_TO_BE (REFCOUNT_ORDER),
    .header_length = GUINT32_TO_BE (sizeof (Header)),
  };
  g_autoptr (GByteArray) base = self->base != NULL ? make_base (self->base, &header) : NULL;
  g_autoptr (GByteArray) all = g_byte_array_new ();

  g_byte_array_append (all, (const guint8 *) &header, sizeof header);
  if (base != NULL)
    g_byte_array_append (all, base->data, base->len);
  return write_at (self, all->data, all->len, 0, error);
}

DomuimgRegion *
domuimg_qcow2_begin (int fd, guint64 size, const char *name, GError **error)
{
  const DomuimgClustersShape shape
      = { .size = size, .cluster_size = CLUSTER, .first = CLUSTER, .stride = CLUSTER };

  return domuimg_clusters_new (&shape, fd, name, error);
}

gboolean
domuimg_qcow2_end (DomuimgRegion *self, GError **error)
{
  return domuimg_qcow2_end_over (self, NULL, error);
}

gboolean
domuimg_qcow2_end_over (DomuimgRegion *self, const DomuimgQcow2Base *base, GError **error)
{
  Layout layout = { .clusters = domuimg_clusters_of (self), .name = self->name, .base = base };

  place_all (&layout);
  if (ftruncate (domuimg_clusters_get_fd (layout.clusters), (off_t) (layout.end * CLUSTER)) != 0)
    return domuimg_set_errno (error, errno, "writing %s", self->name);
  return write_maps (&layout, error) && write_counts (&layout, error)
         && write_header (&layout, error);
}
