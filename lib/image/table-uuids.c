/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes other UUIDs into a partition table. */
#include "config.h"
#include "lib/image/table-uuids.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/inflate.h"
#include "lib/base/uuid.h"
#include "lib/image/gpt.h"

/* UEFI specification 2.10, 5.2.1 (DOS) and 5.3.2 (GPT): where what is changed lies, in bytes. */
#define SECTOR 512
#define DOS_SIGNATURE 440
#define HEADER_SIZE 12
#define HEADER_CHECKSUM 16
#define OTHER_HEADER 32
#define DISK_GUID 56
#define ENTRIES 72
#define N_ENTRIES 80
#define ENTRY_SIZE 84
#define ENTRIES_CHECKSUM 88
#define ENTRY_GUID 16
#define TABLE_MAX (1 << 20)

/* "1234abcd-01" */
static gboolean
is_dos (const char *uuid)
{
  return strlen (uuid) == 11 && uuid[8] == '-';
}

char *
domuimg_table_fit_uuid (const char *old, const char *uuid, const char *disk)
{
  return is_dos (old) ? g_strdup_printf ("%.8s-%s", disk, old + 9) : g_strdup (uuid);
}

static gboolean
read_all (DomuimgRegion *disk, guint64 offset, void *buffer, gsize length, GError **error)
{
  return domuimg_region_read_all (disk, offset, buffer, length)
         || domuimg_set_errno (error, errno, "reading the partition table of %s", disk->name);
}

static gboolean
write_all (DomuimgRegion *disk, guint64 offset, const void *bytes, gsize length, GError **error)
{
  return domuimg_region_write (disk, offset, bytes, length)
         || domuimg_set_errno (error, errno, "writing the partition table of %s", disk->name);
}

static guint64
number_at (const guint8 *bytes, gsize at, guint size)
{
  guint64 number = 0;

  for (guint i = size; i-- > 0;)
    number = number << 8 | bytes[at + i];
  return number;
}

static void
put_checksum (guint8 *bytes, gsize at, guint32 checksum)
{
  checksum = GUINT32_TO_LE (checksum);
  memcpy (bytes + at, &checksum, sizeof checksum);
}

/* One of the two copies: its entries, and its header, which has their checksum. */
static gboolean
write_copy (DomuimgRegion *disk, guint64 sector, GHashTable *renamed, const guint8 *guid, GError **error)
{
  guint8 header[SECTOR];
  g_autofree guint8 *entries = NULL;
  guint64 n, size, length;

  if (!read_all (disk, sector * SECTOR, header, sizeof header, error))
    return FALSE;
  n = number_at (header, N_ENTRIES, 4);
  size = number_at (header, ENTRY_SIZE, 4);
  length = number_at (header, HEADER_SIZE, 4);
  if (memcmp (header, "EFI PART", 8) != 0 || size < 2 * DOMUIMG_UUID_SIZE || size > TABLE_MAX || n > TABLE_MAX / size
      || length < ENTRIES_CHECKSUM + 4 || length > SECTOR)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: a copy of its partition table is damaged",
                         disk->name);
  entries = g_malloc (n * size);
  if (!read_all (disk, number_at (header, ENTRIES, 8) * SECTOR, entries, n * size, error))
    return FALSE;
  for (guint64 i = 0; i < n; i++)
    {
      guint8 *at = entries + i * size + ENTRY_GUID;
      g_autofree char *old = domuimg_guid_format (at);
      const char *new = g_hash_table_lookup (renamed, old);

      if (new != NULL)
        domuimg_guid_read (new, at);
    }
  memcpy (header + DISK_GUID, guid, DOMUIMG_UUID_SIZE);
  put_checksum (header, ENTRIES_CHECKSUM, domuimg_crc32 (0, entries, n * size));
  put_checksum (header, HEADER_CHECKSUM, 0);
  put_checksum (header, HEADER_CHECKSUM, domuimg_crc32 (0, header, length));
  return write_all (disk, number_at (header, ENTRIES, 8) * SECTOR, entries, n * size, error)
         && write_all (disk, sector * SECTOR, header, sizeof header, error);
}

static gboolean
set_in_gpt (DomuimgRegion *disk, const guint8 *header, const char *uuid, GHashTable *renamed, GError **error)
{
  guint8 guid[DOMUIMG_UUID_SIZE];

  domuimg_guid_read (uuid, guid);
  return write_copy (disk, number_at (header, OTHER_HEADER, 8), renamed, guid, error)
         && write_copy (disk, 1, renamed, guid, error);
}

static gboolean
set_in_dos (DomuimgRegion *disk, const char *new, GError **error)
{
  guint8 signature[4];

  put_checksum (signature, 0, (guint32) strtoul (new, NULL, 16));
  return write_all (disk, DOS_SIGNATURE, signature, sizeof signature, error);
}

gboolean
domuimg_table_set_uuids (DomuimgRegion *disk, const char *uuid, GHashTable *renamed, GError **error)
{
  guint8 head[2 * SECTOR];
  GHashTableIter iter;
  gpointer old, new;

  g_hash_table_iter_init (&iter, renamed);
  if (!g_hash_table_iter_next (&iter, &old, &new))
    return TRUE;
  if (is_dos (old))
    return set_in_dos (disk, new, error);
  return read_all (disk, 0, head, sizeof head, error)
         && (domuimg_gpt_has_header ((DomuimgBytes){ head, sizeof head })
             || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its partition table is damaged", disk->name))
         && set_in_gpt (disk, head + SECTOR, uuid, renamed, error);
}
