/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the time of writing out of an ISO 9660 image, so that the same files are the same bytes. */
#include "config.h"
#include "lib/base/iso-time.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/iso-write.h"

/* Volume descriptors and directory records are those of ECMA-119, 8.4 and 9.1; the entry with a file's
 * times is TF of the Rock Ridge Interchange Protocol, 4.1.6. */
#define FIRST_DESCRIPTOR 16
#define PRIMARY 1
#define SUPPLEMENTARY 2
#define ROOT_AT 156
#define DATES_AT 813
#define DATES 4
#define DATE_SIZE 17
#define EXTENT_AT 2
#define SIZE_AT 10
#define TIME_AT 18
#define FLAGS_AT 25
#define IS_DIRECTORY 0x02
#define NAME_LENGTH_AT 32
#define NAME_AT 33
#define TIME_SIZE 7
#define TIMES_AT 5 /* in TF */
#define DEPTH_MAX 8

/* The start of 1970, as numbers since 1900 in records, and as digits in descriptors. */
static const guint8 record_time[TIME_SIZE] = { 70, 1, 1, 0, 0, 0, 0 };
static const char descriptor_date[] = "1970010100000000";
static const char note[] = "INFO ";

static void
set_times (guint8 *field, gsize length)
{
  for (gsize at = TIMES_AT; at + TIME_SIZE <= length; at += TIME_SIZE)
    memcpy (field + at, record_time, TIME_SIZE);
}

/* The fields of Rock Ridge behind a record's name. */
static void
set_fields (guint8 *record, gsize length)
{
  gsize at = NAME_AT + record[NAME_LENGTH_AT];

  for (at += at % 2; at + 4 <= length && record[at + 2] >= 4 && at + record[at + 2] <= length;
       at += record[at + 2])
    if (memcmp (record + at, "TF", 2) == 0)
      set_times (record + at, record[at + 2]);
}

static void set_directory (GByteArray *image, gsize record_at, guint depth);

static void
set_record (GByteArray *image, gsize at, gsize length, guint depth)
{
  guint8 *record = image->data + at;
  gboolean is_dot = record[NAME_LENGTH_AT] == 1 && record[NAME_AT] <= 1;

  memcpy (record + TIME_AT, record_time, TIME_SIZE);
  set_fields (record, length);
  if ((record[FLAGS_AT] & IS_DIRECTORY) != 0 && !is_dot)
    set_directory (image, at, depth + 1);
}

/* That whose record is at @record_at, with all below it. */
static void
set_directory (GByteArray *image, gsize record_at, guint depth)
{
  DomuimgBytes bytes = domuimg_bytes (image->data, image->len);
  guint32 sector, size;
  guint8 length;

  if (depth > DEPTH_MAX || !domuimg_bytes_le32 (bytes, record_at + EXTENT_AT, &sector)
      || !domuimg_bytes_le32 (bytes, record_at + SIZE_AT, &size)
      || !domuimg_bytes_has (bytes, (guint64) sector * DOMUIMG_ISO_SECTOR, size))
    return;
  for (gsize at = (gsize) sector * DOMUIMG_ISO_SECTOR, end = at + size;
       at < end && domuimg_bytes_u8 (bytes, at, &length);)
    {
      /* A record does not go over the end of a sector, of which the rest is zero then. */
      if (length > NAME_AT && at + length <= end)
        set_record (image, at, length, depth);
      at = length > NAME_AT ? at + length : (at / DOMUIMG_ISO_SECTOR + 1) * DOMUIMG_ISO_SECTOR;
    }
}

static void
set_descriptor (GByteArray *image, gsize at)
{
  for (guint i = 0; i < DATES; i++)
    memcpy (image->data + at + DATES_AT + i * DATE_SIZE, descriptor_date, DATE_SIZE - 1);
  memcpy (image->data + at + ROOT_AT + TIME_AT, record_time, TIME_SIZE);
  set_directory (image, at + ROOT_AT, 0);
}

void
domuimg_iso_forget_time (GByteArray *image)
{
  gsize at = FIRST_DESCRIPTOR * DOMUIMG_ISO_SECTOR;

  for (; image->len >= DOMUIMG_ISO_SECTOR && at <= image->len - DOMUIMG_ISO_SECTOR
         && (image->data[at] == PRIMARY || image->data[at] == SUPPLEMENTARY);
       at += DOMUIMG_ISO_SECTOR)
    set_descriptor (image, at);
  /* Behind the last one and its end, libarchive says when and by what it was written. */
  at += DOMUIMG_ISO_SECTOR;
  if (image->len >= at + DOMUIMG_ISO_SECTOR && memcmp (image->data + at, note, strlen (note)) == 0)
    memset (image->data + at, 0, DOMUIMG_ISO_SECTOR);
}
