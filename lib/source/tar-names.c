/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the names of a tar entry from its raw headers, byte for byte. */
#include "config.h"
#include "lib/source/tar-names.h"

/* Layout of a header: POSIX.1-2001, pax, "ustar Interchange Format". */
#define BLOCK 512
#define SIZE_AT 124
#define TYPE_AT 156

static gboolean
read_size (DomuimgBytes headers, guint64 at, guint64 *size)
{
  char digits[13] = "";

  if (!domuimg_bytes_read (headers, at + SIZE_AT, digits, 12))
    return FALSE;
  *size = g_ascii_strtoull (digits, NULL, 8);
  return TRUE;
}

static void
take_record (DomuimgBytes record, const char *key, char **value)
{
  gsize length = strlen (key);

  if (!domuimg_bytes_starts_with (record, key, length))
    return;
  g_free (*value);
  *value = g_strndup ((const char *) record.data + length, record.size - length);
}

/* "LENGTH KEY=VALUE\n", LENGTH counting all of it. */
static void
read_records (DomuimgBytes body, char **path, char **sparse, char **link)
{
  for (guint64 at = 0; at < body.size;)
    {
      guint64 length = 0, digits = 0;

      while (at + digits < body.size && g_ascii_isdigit (body.data[at + digits]) && digits < 10)
        length = length * 10 + (body.data[at + digits++] - '0');
      if (length < digits + 3 || !domuimg_bytes_has (body, at, length))
        return;
      DomuimgBytes record
          = domuimg_bytes_slice (body, at + digits + 1, length - digits - 2);
      take_record (record, "path=", path);
      take_record (record, "linkpath=", link);
      take_record (record, "GNU.sparse.name=", sparse);
      at += length;
    }
}

gboolean
domuimg_tar_raw_names (DomuimgBytes headers, char **path, char **link)
{
  g_autofree char *sparse = NULL;
  guint64 at = 0, size;
  guint8 type;

  *path = *link = NULL;
  while (domuimg_bytes_u8 (headers, at + TYPE_AT, &type))
    {
      gboolean is_extension = type != '\0' && strchr ("xXgLK", type) != NULL;

      if (!is_extension)
        {
          if (sparse != NULL)
            {
              g_free (*path);
              *path = g_steal_pointer (&sparse);
            }
          return TRUE;
        }
      if (!read_size (headers, at, &size) || !domuimg_bytes_has (headers, at + BLOCK, size))
        return FALSE;
      if (type == 'x' || type == 'X')
        read_records (domuimg_bytes_slice (headers, at + BLOCK, size), path, &sparse, link);
      at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
    }
  return FALSE;
}
