/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of virtual devices: xvda1, sda, hdc and d0p1. */
#include "config.h"
#include "lib/domain/model/vdev.h"

#include <string.h>

#define LETTERS 26
#define MAJOR_IDE0 3
#define MAJOR_SCSI 8
#define MAJOR_IDE1 22
#define MAJOR_XVD 202
#define EXTENDED (1u << 28)
/* What fits the classical numbers of xvdX; beyond are the extended ones. */
#define XVD_DISKS 16
#define XVD_PARTITIONS 16

typedef enum { XVD, IDE, SCSI } Kind;

static const struct {
  const char *prefix;
  guint disks;
  guint partitions;
} kinds[] = {
  [XVD] = { "xvd", 1 << 20, 256 },
  [IDE] = { "hd", 4, 64 },
  [SCSI] = { "sd", 16, 16 },
};

/* "a" is 0, "z" 25, "aa" 26. */
static const char *
take_letters (const char *at, guint most, guint *disk)
{
  guint number = 0;

  if (!g_ascii_islower (*at))
    return NULL;
  for (; g_ascii_islower (*at); at++)
    {
      number = number * LETTERS + (*at - 'a') + 1;
      if (number > most)
        return NULL;
    }
  *disk = number - 1;
  return at;
}

static gboolean
parse_letters (const char *vdev, Kind *kind, guint *disk, guint *partition)
{
  for (*kind = XVD; *kind < G_N_ELEMENTS (kinds); (*kind)++)
    {
      const char *at;
      guint64 number = 0;

      if (!g_str_has_prefix (vdev, kinds[*kind].prefix))
        continue;
      at = take_letters (vdev + strlen (kinds[*kind].prefix), kinds[*kind].disks, disk);
      if (at == NULL || *at == '0'
          || (*at != '\0'
              && !g_ascii_string_to_unsigned (at, 10, 1, kinds[*kind].partitions - 1, &number,
                                              NULL)))
        return FALSE;
      *partition = number;
      return TRUE;
    }
  return FALSE;
}

static const char *
take_number (const char *at, guint limit, guint *value)
{
  char *end = NULL;
  guint64 number;

  if (!g_ascii_isdigit (*at))
    return NULL;
  number = g_ascii_strtoull (at, &end, 0);
  *value = number;
  return number < limit ? end : NULL;
}

/* "d1p2": libxl wants the partition, 0 for the whole disk. */
static gboolean
parse_plain (const char *vdev, guint *disk, guint *partition)
{
  const char *at = *vdev == 'd' ? take_number (vdev + 1, kinds[XVD].disks, disk) : NULL;

  if (at != NULL)
    at = *at == 'p' ? take_number (at + 1, kinds[XVD].partitions, partition) : NULL;
  return at != NULL && *at == '\0';
}

static gboolean
parse_digits (const char *vdev, guint *number)
{
  const char *end = take_number (vdev, G_MAXINT, number);

  return end != NULL && *end == '\0';
}

static gboolean
split_number (guint number, guint *disk, guint *partition)
{
  guint minor = number & 0xff;

  if (number >> 28 == 1)
    *disk = (number & (EXTENDED - 1)) >> 8, *partition = minor;
  else if (number >> 8 == MAJOR_XVD || number >> 8 == MAJOR_SCSI)
    *disk = minor >> 4, *partition = minor & 0xf;
  else if (number >> 8 == MAJOR_IDE0 || number >> 8 == MAJOR_IDE1)
    *disk = (minor >> 6) + (number >> 8 == MAJOR_IDE1 ? 2 : 0), *partition = minor & 0x3f;
  else
    return FALSE;
  return TRUE;
}

gboolean
domuimg_vdev_parse (const char *vdev, guint *disk, guint *partition)
{
  guint number;
  Kind kind;

  return parse_letters (vdev, &kind, disk, partition) || parse_plain (vdev, disk, partition)
         || (parse_digits (vdev, &number) && split_number (number, disk, partition));
}

gboolean
domuimg_vdev_number (const char *vdev, guint *number)
{
  guint disk, partition;
  Kind kind = XVD;

  if (parse_digits (vdev, number))
    return TRUE;
  if (!parse_plain (vdev, &disk, &partition) && !parse_letters (vdev, &kind, &disk, &partition))
    return FALSE;
  if (kind == IDE)
    *number = (disk < 2 ? MAJOR_IDE0 : MAJOR_IDE1) << 8 | (disk & 1) << 6 | partition;
  else if (kind == SCSI)
    *number = MAJOR_SCSI << 8 | disk << 4 | partition;
  else if (disk < XVD_DISKS && partition < XVD_PARTITIONS)
    *number = MAJOR_XVD << 8 | disk << 4 | partition;
  else
    *number = EXTENDED | disk << 8 | partition;
  return TRUE;
}

/* xen_translate_vdev of drivers/block/xen-blkfront.c: the disks of every kind are counted from
 * xvda. */
char *
domuimg_vdev_linux_name (const char *vdev)
{
  g_autoptr (GString) letters = g_string_new (NULL);
  guint disk, partition;

  if (!domuimg_vdev_parse (vdev, &disk, &partition))
    return g_strdup (vdev);
  for (guint rest = disk + 1; rest > 0; rest = (rest - 1) / LETTERS)
    g_string_prepend_c (letters, 'a' + (rest - 1) % LETTERS);
  if (partition == 0)
    return g_strdup_printf ("xvd%s", letters->str);
  return g_strdup_printf ("xvd%s%u", letters->str, partition);
}
