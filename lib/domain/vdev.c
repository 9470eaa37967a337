/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/vdev.h"

#include <string.h>

#define LETTERS 26
#define MAX_DISK ((1u << 20) - 1)

/* "a" is 0, "z" 25, "aa" 26. */
static const char *
take_letters (const char *at, guint *disk)
{
  guint64 number = 0;

  if (!g_ascii_islower (*at))
    return NULL;
  for (; g_ascii_islower (*at); at++)
    {
      number = number * LETTERS + (*at - 'a') + 1;
      if (number > MAX_DISK)
        return NULL;
    }
  *disk = number - 1;
  return at;
}

static const char *
take_number (const char *at, guint *value)
{
  char *end = NULL;
  guint64 number;

  if (!g_ascii_isdigit (*at))
    return NULL;
  number = g_ascii_strtoull (at, &end, 10);
  *value = number;
  return number <= MAX_DISK ? end : NULL;
}

/* 202<<8 is xvd, 8<<8 sd, with 16 minors a disk; 3<<8 hda and hdb, 22<<8 hdc and hdd, with 64; and
 * 1<<28 the extended range with 256. */
static gboolean
parse_number (const char *vdev, guint *disk, guint *partition)
{
  guint64 number;

  if (!g_ascii_isdigit (*vdev)
      || (!g_ascii_string_to_unsigned (vdev, 10, 0, G_MAXUINT32, &number, NULL)
          && !(g_str_has_prefix (vdev, "0x")
               && g_ascii_string_to_unsigned (vdev + 2, 16, 0, G_MAXUINT32, &number, NULL))))
    return FALSE;
  if (number >> 28 == 1)
    *disk = (number & 0x0fffffff) >> 8, *partition = number & 0xff;
  else if (number >> 8 == 202 || number >> 8 == 8)
    *disk = (number & 0xff) >> 4, *partition = number & 0xf;
  else if (number >> 8 == 3 || number >> 8 == 22)
    *disk = ((number & 0xff) >> 6) + (number >> 8 == 22 ? 2 : 0), *partition = number & 0x3f;
  else
    return FALSE;
  return TRUE;
}

gboolean
domuimg_vdev_parse (const char *vdev, guint *disk, guint *partition)
{
  const char *at = NULL;

  *partition = 0;
  if (g_str_has_prefix (vdev, "xvd"))
    at = take_letters (vdev + 3, disk);
  else if (g_str_has_prefix (vdev, "hd") || g_str_has_prefix (vdev, "sd"))
    at = take_letters (vdev + 2, disk);
  else if (vdev[0] == 'd' && g_ascii_isdigit (vdev[1]))
    {
      at = take_number (vdev + 1, disk);
      if (at != NULL && *at == 'p')
        at = take_number (at + 1, partition);
      return at != NULL && *at == '\0';
    }
  if (at == NULL)
    return parse_number (vdev, disk, partition);
  if (*at != '\0')
    at = take_number (at, partition);
  return at != NULL && *at == '\0';
}

char *
domuimg_vdev_linux_name (const char *vdev)
{
  g_autoptr (GString) letters = g_string_new (NULL);
  guint disk, partition;

  if (!domuimg_vdev_parse (vdev, &disk, &partition))
    return g_strdup (vdev);
  for (guint64 rest = (guint64) disk + 1; rest > 0; rest = (rest - 1) / LETTERS)
    g_string_prepend_c (letters, 'a' + (rest - 1) % LETTERS);
  if (partition == 0)
    return g_strdup_printf ("xvd%s", letters->str);
  return g_strdup_printf ("xvd%s%u", letters->str, partition);
}
