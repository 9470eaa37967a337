/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all readers of image formats need: bytes, tables and errors of one file. */
#include "config.h"
#include "lib/import/chain/part.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"

#define CHUNK (64 * 1024)
/* PATH_MAX, with the end. */
#define NAME_MAX_LENGTH 4095

gboolean
domuimg_path_is_below (const char *path, const char *directory)
{
  gsize length = strlen (directory);

  if (g_str_equal (directory, "/"))
    return TRUE;
  return strncmp (path, directory, length) == 0 && path[length] == '/';
}

void
domuimg_header_clear (DomuimgHeader *self)
{
  g_clear_pointer (&self->backing, g_free);
  g_clear_pointer (&self->backing_format, g_free);
  g_clear_pointer (&self->data_file, g_free);
  g_clear_pointer (&self->extents, g_ptr_array_unref);
}

gboolean
domuimg_part_holds (const DomuimgPart *self, guint64 offset, guint64 length, const char *what,
                    GError **error)
{
  if (offset <= self->size && length <= self->size - offset)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s is cut off: it has %" G_GUINT64_FORMAT " bytes, and its %s would lie at"
                       " %" G_GUINT64_FORMAT,
                       self->name, self->size, what, offset);
}

gboolean
domuimg_part_read (const DomuimgPart *self, guint64 offset, void *buffer, gsize length,
                   const char *what, GError **error)
{
  gssize got;

  if (!domuimg_part_holds (self, offset, length, what, error))
    return FALSE;
  got = domuimg_region_read (self->region, offset, buffer, length);
  if (got < 0)
    return domuimg_set_errno (error, errno, "reading %s", self->name);
  return got == (gssize) length
         || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s ends before its %s", self->name,
                          what);
}

char *
domuimg_part_read_name (const DomuimgPart *self, guint64 offset, guint64 length, const char *what,
                        GError **error)
{
  g_autofree char *name = NULL;

  if (length == 0 || length > NAME_MAX_LENGTH)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its %s has a length of %"
                    G_GUINT64_FORMAT, self->name, what, length);
      return NULL;
    }
  name = g_malloc0 (length + 1);
  if (!domuimg_part_read (self, offset, name, length, what, error))
    return NULL;
  if (g_utf8_validate (name, -1, NULL) && *name != '\0')
    return g_steal_pointer (&name);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its %s is not text", self->name, what);
  return NULL;
}

static gboolean
get_entry (const DomuimgTable *table, DomuimgBytes bytes, guint64 at, guint64 *value)
{
  guint32 narrow;

  if (table->width == 8)
    return table->big_endian ? domuimg_bytes_be64 (bytes, at, value)
                             : domuimg_bytes_le64 (bytes, at, value);
  if (!(table->big_endian ? domuimg_bytes_be32 (bytes, at, &narrow)
                          : domuimg_bytes_le32 (bytes, at, &narrow)))
    return FALSE;
  *value = narrow;
  return TRUE;
}

static gboolean
check_entry (DomuimgPart *self, const DomuimgTable *table, guint64 entry, GError **error)
{
  guint64 offset = table->entry (table, entry);

  if (offset == 0)
    return TRUE;
  if (table->below == NULL)
    return domuimg_part_holds (self, offset, MAX (table->length, 1), "data", error);
  return domuimg_part_check_table (self, table->below, offset, error);
}

gboolean
domuimg_part_check_table (DomuimgPart *self, const DomuimgTable *table, guint64 offset,
                          GError **error)
{
  guint stride = table->stride != 0 ? table->stride : table->width;
  g_autofree guint8 *chunk = NULL;

  if (table->count > G_MAXINT64 / stride)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its %s has %" G_GUINT64_FORMAT " entries", self->name, table->what,
                         table->count);
  if (!domuimg_part_holds (self, offset, table->count * stride, table->what, error))
    return FALSE;
  chunk = g_malloc (CHUNK);
  for (guint64 done = 0; done < table->count * stride;)
    {
      gsize length = MIN (CHUNK, table->count * stride - done);
      guint64 entry;

      if (self->budget < length)
        return TRUE;
      self->budget -= length;
      if (!domuimg_part_read (self, offset + done, chunk, length, table->what, error))
        return FALSE;
      for (gsize at = 0; get_entry (table, domuimg_bytes (chunk, length), at, &entry); at += stride)
        if (!check_entry (self, table, entry, error))
          return FALSE;
      done += length;
    }
  return TRUE;
}
