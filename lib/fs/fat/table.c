/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The boot sector and the allocation table of a FAT filesystem, and chains of clusters. */
#include "config.h"
#include "lib/fs/fat/fat.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"

#define SECTOR 512
#define SLOT 32
#define TABLE_MAX ((guint64) 64 << 20)

static gboolean
corrupt (const DomuimgRegion *region, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the FAT filesystem is damaged: %s",
                       region->name, what);
}

void
domuimg_fat_free (DomuimgFat *self)
{
  g_clear_pointer (&self->region, domuimg_region_unref);
  g_free (self->table);
  g_free (self);
}

/* The places by the BIOS parameter block; FALSE where they cannot be. */
static gboolean
parse (DomuimgFat *self, DomuimgBytes boot)
{
  guint16 sector, reserved, roots, small, fat16, info;
  guint8 per_cluster, n_tables;
  guint32 large, fat32, root;
  guint64 sectors, fat, root_sectors, data;

  if (!domuimg_bytes_le16 (boot, 11, &sector) || !domuimg_bytes_u8 (boot, 13, &per_cluster)
      || !domuimg_bytes_le16 (boot, 14, &reserved) || !domuimg_bytes_u8 (boot, 16, &n_tables)
      || !domuimg_bytes_le16 (boot, 17, &roots) || !domuimg_bytes_le16 (boot, 19, &small)
      || !domuimg_bytes_le16 (boot, 22, &fat16) || !domuimg_bytes_le32 (boot, 32, &large)
      || !domuimg_bytes_le32 (boot, 36, &fat32) || !domuimg_bytes_le32 (boot, 44, &root)
      || !domuimg_bytes_le16 (boot, 48, &info))
    return FALSE;
  if (sector < SECTOR || sector > 4096 || (sector & (sector - 1)) != 0 || per_cluster == 0
      || (per_cluster & (per_cluster - 1)) != 0 || n_tables == 0 || n_tables > 4 || reserved == 0)
    return FALSE;
  sectors = small != 0 ? small : large;
  fat = fat16 != 0 ? fat16 : fat32;
  root_sectors = ((guint64) roots * SLOT + sector - 1) / sector;
  data = reserved + n_tables * fat + root_sectors;
  if (fat == 0 || fat * sector > TABLE_MAX || data >= sectors
      || sectors * sector > self->region->length)
    return FALSE;
  self->cluster = (guint32) sector * per_cluster;
  self->n_clusters = (sectors - data) / per_cluster;
  self->bits = self->n_clusters < 4085 ? 12 : self->n_clusters < 65525 ? 16 : 32;
  if (fat16 == 0)
    self->bits = 32;
  self->root = self->bits == 32 ? root : 0;
  self->n_tables = n_tables;
  self->table_at = (guint64) reserved * sector;
  self->table_length = fat * sector;
  self->root_at = self->table_at + n_tables * fat * sector;
  self->root_length = root_sectors * sector;
  self->data_at = data * sector;
  self->info_at = self->bits == 32 && info != 0 && info < reserved ? (guint64) info * sector : 0;
  /* Each cluster has its number in the table. */
  return ((guint64) self->n_clusters + 2) * self->bits <= (guint64) self->table_length * 8;
}

DomuimgFat *
domuimg_fat_new (DomuimgRegion *region, GError **error)
{
  g_autoptr (DomuimgFat) self = g_new0 (DomuimgFat, 1);
  guint8 boot[SECTOR];
  gssize got = domuimg_region_read (region, 0, boot, sizeof boot);

  self->region = domuimg_region_ref (region);
  self->hint = 2;
  if (got >= 0 && !parse (self, domuimg_bytes (boot, got)))
    {
      corrupt (region, "its first sector says what cannot be", error);
      return NULL;
    }
  if (got >= 0)
    {
      self->table = g_malloc (self->table_length);
      got = domuimg_region_read (region, self->table_at, self->table, self->table_length);
    }
  if (got < 0)
    {
      domuimg_set_errno (error, errno, "%s: reading the FAT filesystem", region->name);
      return NULL;
    }
  if ((gsize) got == self->table_length)
    return g_steal_pointer (&self);
  corrupt (region, "its table is cut off", error);
  return NULL;
}

static guint32
get_next (const DomuimgFat *self, guint32 number)
{
  const guint8 *at;

  if (self->bits == 12)
    {
      at = self->table + number + number / 2;
      return (number & 1) != 0 ? (at[0] >> 4) | (at[1] << 4) : at[0] | ((at[1] & 0xf) << 8);
    }
  at = self->table + (gsize) number * self->bits / 8;
  if (self->bits == 16)
    return at[0] | at[1] << 8;
  return (at[0] | at[1] << 8 | at[2] << 16 | (guint32) at[3] << 24) & 0x0fffffff;
}

static void
set_next (DomuimgFat *self, guint32 number, guint32 next)
{
  guint8 *at = self->table + (gsize) number * self->bits / 8;

  self->is_changed = TRUE;
  if (self->bits == 12)
    {
      at = self->table + number + number / 2;
      at[0] = (number & 1) != 0 ? (at[0] & 0x0f) | (next << 4) : next;
      at[1] = (number & 1) != 0 ? next >> 4 : (at[1] & 0xf0) | ((next >> 8) & 0x0f);
      return;
    }
  at[0] = next;
  at[1] = next >> 8;
  if (self->bits == 16)
    return;
  at[2] = next >> 16;
  at[3] = (at[3] & 0xf0) | ((next >> 24) & 0x0f);
}

static guint32
end_mark (const DomuimgFat *self)
{
  return self->bits == 32 ? 0x0fffffff : (1u << self->bits) - 1;
}

static gboolean
is_cluster (const DomuimgFat *self, guint32 number)
{
  return number >= 2 && number < self->n_clusters + 2;
}

static guint64
place_of (const DomuimgFat *self, guint32 number)
{
  return self->data_at + (guint64) (number - 2) * self->cluster;
}

/* The clusters from @first on; a chain that is longer than all of them goes round. */
static GArray *
list_chain (DomuimgFat *self, guint32 first, GError **error)
{
  g_autoptr (GArray) chain = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 at = first; at != 0 && at < end_mark (self) - 8; at = get_next (self, at))
    {
      if (!is_cluster (self, at) || chain->len > self->n_clusters)
        {
          corrupt (self->region, "a file leads out of it, or round in it", error);
          return NULL;
        }
      g_array_append_val (chain, at);
    }
  return g_steal_pointer (&chain);
}

GByteArray *
domuimg_fat_read (DomuimgFat *self, guint32 first, gboolean is_root, guint64 max, GError **error)
{
  gboolean is_fixed = is_root && self->root == 0;
  g_autoptr (GArray) chain = list_chain (self, is_fixed ? 0 : first, error);
  g_autoptr (GByteArray) bytes = NULL;
  guint64 length;
  gssize got;

  if (chain == NULL)
    return NULL;
  length = is_fixed ? self->root_length : MIN ((guint64) chain->len * self->cluster, max);
  bytes = g_byte_array_sized_new (length);
  g_byte_array_set_size (bytes, length);
  got = is_fixed ? domuimg_region_read (self->region, self->root_at, bytes->data, length)
                 : domuimg_fat_read_at (self, first, 0, bytes->data, length, error);
  if (got == (gssize) length)
    return g_steal_pointer (&bytes);
  if (is_fixed)
    domuimg_set_errno (error, got < 0 ? errno : EIO, "%s: reading a directory",
                       self->region->name);
  return NULL;
}

gssize
domuimg_fat_read_at (DomuimgFat *self, guint32 first, guint64 offset, void *buffer, gsize length,
                     GError **error)
{
  g_autoptr (GArray) chain = list_chain (self, first, error);
  gsize done = 0;

  if (chain == NULL)
    return -1;
  while (done < length && (offset + done) / self->cluster < chain->len)
    {
      guint32 number = g_array_index (chain, guint32, (offset + done) / self->cluster);
      guint32 inside = (offset + done) % self->cluster;
      gsize now = MIN (length - done, self->cluster - inside);

      if (!domuimg_region_read_all (self->region, place_of (self, number) + inside,
                                    (guint8 *) buffer + done, now))
        {
          domuimg_set_errno (error, errno, "%s: reading a file", self->region->name);
          return -1;
        }
      done += now;
    }
  return done;
}

static guint32
find_free (DomuimgFat *self)
{
  for (guint32 i = 0; i < self->n_clusters; i++)
    {
      guint32 number = 2 + (self->hint - 2 + i) % self->n_clusters;

      if (get_next (self, number) == 0)
        {
          self->hint = number;
          return number;
        }
    }
  return 0;
}

/* A free cluster behind @last (0: the first of a chain); 0 where there is none. */
static guint32
extend (DomuimgFat *self, guint32 last, GError **error)
{
  guint32 number = find_free (self);

  if (number == 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE, "%s: the FAT filesystem is full",
                    self->region->name);
      return 0;
    }
  set_next (self, number, end_mark (self));
  if (last != 0)
    set_next (self, last, number);
  return number;
}

static gboolean
write_cluster (DomuimgFat *self, guint32 number, const guint8 *data, gsize length, GError **error)
{
  g_autofree guint8 *buffer = g_malloc0 (self->cluster);

  memcpy (buffer, data, MIN (length, self->cluster));
  return domuimg_region_write (self->region, place_of (self, number), buffer, self->cluster)
         || domuimg_set_errno (error, errno, "%s: writing a file", self->region->name);
}

gboolean
domuimg_fat_store (DomuimgFat *self, const void *data, gsize length, guint32 *first,
                   GError **error)
{
  guint32 last = 0;

  *first = 0;
  for (gsize at = 0; at < length; at += self->cluster)
    {
      last = extend (self, last, error);
      if (*first == 0)
        *first = last;
      if (last != 0
          && write_cluster (self, last, (const guint8 *) data + at, length - at, error))
        continue;
      domuimg_fat_release (self, *first);
      return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_fat_rewrite (DomuimgFat *self, guint32 first, gboolean is_root, const GByteArray *data,
                     GError **error)
{
  g_autoptr (GArray) chain = NULL;

  if (is_root && self->root == 0)
    {
      if (data->len > self->root_length)
        return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE, "%s: its root directory is full",
                             self->region->name);
      return domuimg_region_write (self->region, self->root_at, data->data, data->len)
             || domuimg_set_errno (error, errno, "%s: writing a directory", self->region->name);
    }
  chain = list_chain (self, first, error);
  if (chain != NULL && chain->len == 0)
    return corrupt (self->region, "a directory has no place", error);
  for (gsize at = 0; chain != NULL && at < data->len; at += self->cluster)
    {
      guint32 number = at / self->cluster < chain->len
                           ? g_array_index (chain, guint32, at / self->cluster)
                           : extend (self, g_array_index (chain, guint32, chain->len - 1), error);

      if (number == 0 || !write_cluster (self, number, data->data + at, data->len - at, error))
        return FALSE;
      if (at / self->cluster >= chain->len)
        g_array_append_val (chain, number);
    }
  return chain != NULL;
}

void
domuimg_fat_release (DomuimgFat *self, guint32 first)
{
  for (guint32 i = 0, at = first; is_cluster (self, at) && i < self->n_clusters; i++)
    {
      guint32 next = get_next (self, at);

      set_next (self, at, 0);
      self->hint = MIN (self->hint, at);
      at = next;
    }
}

/* How many clusters are free, and which is the first of them, is only a hint; a wrong one is what
 * fsck complains about. */
static gboolean
write_info (DomuimgFat *self)
{
  guint32 values[2] = { 0, 0xffffffff };

  for (guint32 number = 2; number < self->n_clusters + 2; number++)
    if (get_next (self, number) == 0)
      {
        values[0]++;
        values[1] = MIN (values[1], number);
      }
  values[0] = GUINT32_TO_LE (values[0]);
  values[1] = GUINT32_TO_LE (values[1]);
  return self->info_at == 0
         || domuimg_region_write (self->region, self->info_at + 488, values, sizeof values);
}

gboolean
domuimg_fat_flush (DomuimgFat *self, GError **error)
{
  gboolean ok = TRUE;

  if (!self->is_changed)
    return TRUE;
  for (guint i = 0; ok && i < self->n_tables; i++)
    ok = domuimg_region_write (self->region, self->table_at + (guint64) i * self->table_length,
                               self->table, self->table_length);
  if (!ok || !write_info (self))
    return domuimg_set_errno (error, errno, "%s: writing the FAT filesystem", self->region->name);
  self->is_changed = FALSE;
  return TRUE;
}
