/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The footer, the header and the block allocation table of a VHD. */
#include "config.h"
#include "lib/disk/vhd-write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/uuid.h"
#include "lib/tree/tree.h"

#define SECTOR ((guint64) 512)
#define PAGE ((guint64) 4096)
#define BLOCK ((guint64) 2 << 20)
#define STRIDE (BLOCK + PAGE) /* the bitmap is the last sector before the data */
#define HEADER_AT SECTOR
#define TABLE_AT (SECTOR + 1024)
#define VERSION 0x00010000
#define EPOCH_2000 946684800

enum { FIXED = 2, DYNAMIC = 3 };

typedef struct {
  char cookie[8];
  guint32 features, version;
  guint64 data_offset;
  guint32 timestamp;
  char creator[4];
  guint32 creator_version;
  char creator_host[4];
  guint64 original_size, current_size;
  guint16 cylinders;
  guint8 heads, sectors;
  guint32 type, checksum;
  guint8 uuid[16];
  guint8 saved, reserved[427];
} __attribute__ ((packed)) Footer;

G_STATIC_ASSERT (sizeof (Footer) == SECTOR);

typedef struct {
  char cookie[8];
  guint64 data_offset, table_offset;
  guint32 version, n_entries, block_size, checksum;
  guint8 parent[984]; /* there is none */
} __attribute__ ((packed)) Head;

G_STATIC_ASSERT (sizeof (Head) == 1024);

/* One's complement of the sum of all bytes, the checksum's own being 0. */
static guint32
checksum (const void *data, gsize length)
{
  const guint8 *bytes = data;
  guint32 sum = 0;

  for (gsize i = 0; i < length; i++)
    sum += bytes[i];
  return GUINT32_TO_BE (~sum);
}

/* The specification's appendix: CHS calculation. */
static void
set_geometry (Footer *footer, guint64 size)
{
  guint64 total = MIN (size / SECTOR, (guint64) 65535 * 16 * 255);
  guint32 sectors = 17, heads, tracks;

  if (total >= 65535 * 16 * 63)
    {
      sectors = 255;
      heads = 16;
      tracks = total / sectors;
    }
  else
    {
      tracks = total / sectors;
      heads = MAX ((tracks + 1023) / 1024, 4);
      if (tracks >= heads * 1024 || heads > 16)
        {
          sectors = 31;
          heads = 16;
          tracks = total / sectors;
        }
      if (tracks >= heads * 1024)
        {
          sectors = 63;
          heads = 16;
          tracks = total / sectors;
        }
    }
  footer->cylinders = GUINT16_TO_BE (tracks / heads);
  footer->heads = heads;
  footer->sectors = sectors;
}

/* QEMU takes the size from the geometry, which is not exact, unless it knows the creator: blktap's. */
static Footer
make_footer (guint64 size, guint32 type, const char *uuid)
{
  Footer footer = { .cookie = "conectix",
                    .features = GUINT32_TO_BE (2),
                    .version = GUINT32_TO_BE (VERSION),
                    .data_offset = type == FIXED ? ~(guint64) 0 : GUINT64_TO_BE (HEADER_AT),
                    .timestamp = GUINT32_TO_BE ((guint32) (domuimg_build_time ().sec - EPOCH_2000)),
                    .creator = "tap",
                    .creator_version = GUINT32_TO_BE (0x00010003),
                    .original_size = GUINT64_TO_BE (size),
                    .current_size = GUINT64_TO_BE (size),
                    .type = GUINT32_TO_BE (type) };

  set_geometry (&footer, size);
  domuimg_uuid_read (uuid, footer.uuid);
  footer.checksum = checksum (&footer, sizeof footer);
  return footer;
}

static guint64
table_size (guint64 n)
{
  return (n * 4 + SECTOR - 1) / SECTOR * SECTOR;
}

static guint64
first_data (guint64 size)
{
  guint64 end = TABLE_AT + table_size ((size + BLOCK - 1) / BLOCK) + SECTOR;

  return (end + PAGE - 1) / PAGE * PAGE;
}

DomuimgRegion *
domuimg_vhd_begin (int fd, guint64 size, const char *name, GError **error)
{
  const DomuimgClustersShape shape
      = { .size = size, .cluster_size = BLOCK, .first = first_data (size), .stride = STRIDE };

  return domuimg_clusters_new (&shape, fd, name, error);
}

static gboolean
write_at (int fd, const void *data, gsize length, guint64 at, const char *name, GError **error)
{
  return domuimg_pwrite_all (fd, data, length, at)
         || domuimg_set_errno (error, errno, "writing %s", name);
}

/* All sectors of a block that is there are: what nobody has written reads as zeros. */
static gboolean
write_table (const DomuimgClusters *clusters, const char *name, GError **error)
{
  guint64 n = domuimg_clusters_get_n (clusters);
  gsize size = table_size (n);
  guint64 first = first_data (domuimg_clusters_get_size (clusters));
  g_autofree guint32 *table = g_malloc (size);
  guint8 bitmap[SECTOR];

  memset (table, 0xff, size);
  memset (bitmap, 0xff, sizeof bitmap);
  for (guint64 i = 0; i < n; i++)
    {
      guint32 slot = domuimg_clusters_get_slot (clusters, i);
      guint64 at = first + slot * STRIDE - SECTOR;

      if (slot == DOMUIMG_NO_SLOT)
        continue;
      table[i] = GUINT32_TO_BE ((guint32) (at / SECTOR));
      if (!write_at (domuimg_clusters_get_fd (clusters), bitmap, sizeof bitmap, at, name, error))
        return FALSE;
    }
  return write_at (domuimg_clusters_get_fd (clusters), table, size, TABLE_AT, name, error);
}

static gboolean
write_head (const DomuimgClusters *clusters, const char *name, GError **error)
{
  Head head = { .cookie = "cxsparse",
                .data_offset = ~(guint64) 0,
                .table_offset = GUINT64_TO_BE (TABLE_AT),
                .version = GUINT32_TO_BE (VERSION),
                .n_entries = GUINT32_TO_BE ((guint32) domuimg_clusters_get_n (clusters)),
                .block_size = GUINT32_TO_BE ((guint32) BLOCK) };

  head.checksum = checksum (&head, sizeof head);
  return write_at (domuimg_clusters_get_fd (clusters), &head, sizeof head, HEADER_AT, name, error);
}

gboolean
domuimg_vhd_end (DomuimgRegion *self, const char *uuid, GError **error)
{
  const DomuimgClusters *clusters = domuimg_clusters_of (self);
  guint64 size = domuimg_clusters_get_size (clusters);
  Footer footer = make_footer (size, DYNAMIC, uuid);
  guint64 end = first_data (size) + (guint64) domuimg_clusters_get_n_slots (clusters) * STRIDE;
  int fd = domuimg_clusters_get_fd (clusters);

  return write_table (clusters, self->name, error) && write_head (clusters, self->name, error)
         && write_at (fd, &footer, sizeof footer, end, self->name, error)
         && write_at (fd, &footer, sizeof footer, 0, self->name, error);
}

gboolean
domuimg_vhd_end_fixed (int fd, guint64 size, const char *uuid, const char *name, GError **error)
{
  Footer footer = make_footer (size, FIXED, uuid);

  return write_at (fd, &footer, sizeof footer, size, name, error);
}
