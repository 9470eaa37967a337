/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses a GUID partition table. */
#include "config.h"
#include "lib/image/gpt.h"

#include "lib/base/inflate.h"
#include "lib/base/uuid.h"

/* UEFI specification 2.10, 5.3. */
#define SECTOR 512
#define HEADER SECTOR
#define MAGIC "EFI PART"
#define NAME_AT 56
#define NAME_UNITS 36
#define ENTRY_MIN (NAME_AT + 2 * NAME_UNITS)
#define SECTORS_MAX ((guint64) 1 << 50)

static char *
name_text (DomuimgBytes entry)
{
  gunichar2 units[NAME_UNITS + 1] = { 0 };

  for (guint i = 0; i < NAME_UNITS; i++)
    if (!domuimg_bytes_le16 (entry, NAME_AT + 2 * i, &units[i]) || units[i] == 0)
      break;
  return units[0] != 0 ? g_utf16_to_utf8 (units, -1, NULL, NULL, NULL) : NULL;
}

static DomuimgVolume *
parse_entry (DomuimgBytes entry, guint number)
{
  static const guint8 unused[16];
  guint64 first, last;
  DomuimgVolume *volume;

  if (memcmp (entry.data, unused, sizeof unused) == 0 || !domuimg_bytes_le64 (entry, 32, &first)
      || !domuimg_bytes_le64 (entry, 40, &last) || last < first || last >= SECTORS_MAX)
    return NULL;
  volume = g_new0 (DomuimgVolume, 1);
  volume->number = number;
  volume->offset = first * SECTOR;
  volume->length = (last - first + 1) * SECTOR;
  volume->part_type = domuimg_guid_format (entry.data);
  volume->partuuid = domuimg_guid_format (entry.data + 16);
  volume->partlabel = name_text (entry);
  return volume;
}

gboolean
domuimg_gpt_parse (DomuimgBytes head, GPtrArray *volumes)
{
  DomuimgBytes header = domuimg_bytes_slice (head, HEADER, SECTOR);
  guint64 table;
  guint32 count, size;

  if (!domuimg_bytes_starts_with (header, MAGIC, strlen (MAGIC))
      || !domuimg_bytes_le64 (header, 72, &table) || !domuimg_bytes_le32 (header, 80, &count)
      || !domuimg_bytes_le32 (header, 84, &size) || table > DOMUIMG_GPT_HEAD / SECTOR
      || size < ENTRY_MIN || size > DOMUIMG_GPT_HEAD)
    return FALSE;
  for (guint32 i = 0; i < count; i++)
    {
      DomuimgBytes entry = domuimg_bytes_slice (head, table * SECTOR + (guint64) i * size, size);
      DomuimgVolume *volume;

      if (entry.size == 0)
        break;
      volume = parse_entry (entry, i + 1);
      if (volume != NULL)
        g_ptr_array_add (volumes, volume);
    }
  return TRUE;
}

/* UEFI specification 2.10, 5.3.2: the checksum is of the header with 0 in the checksum's place. */
gboolean
domuimg_gpt_has_header (DomuimgBytes head)
{
  DomuimgBytes header = domuimg_bytes_slice (head, HEADER, SECTOR);
  guint8 copy[SECTOR] = { 0 };
  guint32 size = 0, expected = 0;

  if (!domuimg_bytes_starts_with (header, MAGIC, strlen (MAGIC))
      || !domuimg_bytes_le32 (header, 12, &size) || size < 92 || size > SECTOR
      || !domuimg_bytes_le32 (header, 16, &expected) || !domuimg_bytes_read (header, 0, copy, size))
    return FALSE;
  memset (copy + 16, 0, sizeof expected);
  return domuimg_crc32 (0, copy, size) == expected;
}
