/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A region that consists of others. */
#include "config.h"
#include "lib/base/joined.h"

/* Does its part of a read or a write: @length bytes of @piece at @offset. */
typedef gboolean (*Act) (const DomuimgRegion *piece, guint64 offset, guint8 *bytes, gsize length);

static gboolean
each (const GPtrArray *pieces, guint64 offset, guint8 *bytes, gsize length, Act act)
{
  for (guint i = 0; i < pieces->len && length > 0; i++)
    {
      const DomuimgRegion *piece = g_ptr_array_index (pieces, i);
      gsize now;

      if (offset >= piece->length)
        {
          offset -= piece->length;
          continue;
        }
      now = MIN (length, piece->length - offset);
      if (!act (piece, offset, bytes, now))
        return FALSE;
      bytes += now;
      length -= now;
      offset = 0;
    }
  return TRUE;
}

static gboolean
read_piece (const DomuimgRegion *piece, guint64 offset, guint8 *bytes, gsize length)
{
  return domuimg_region_read_all (piece, offset, bytes, length);
}

static gboolean
write_piece (const DomuimgRegion *piece, guint64 offset, guint8 *bytes, gsize length)
{
  return domuimg_region_write (piece, offset, bytes, length);
}

static gboolean
joined_read (gpointer data, guint64 offset, void *buffer, gsize length)
{
  return each (data, offset, buffer, length, read_piece);
}

static gboolean
joined_write (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  return each (data, offset, (guint8 *) bytes, length, write_piece);
}

static gboolean
joined_sync (gpointer data, gboolean wait)
{
  const GPtrArray *pieces = data;

  for (guint i = 0; i < pieces->len; i++)
    {
      const DomuimgRegion *piece = g_ptr_array_index (pieces, i);

      if (!wait)
        domuimg_region_begin_sync (piece);
      else if (!domuimg_region_sync (piece))
        return FALSE;
    }
  return TRUE;
}

static const DomuimgRegionBack joined = {
  .read = joined_read,
  .write = joined_write,
  .sync = joined_sync,
  .free = (GDestroyNotify) g_ptr_array_unref,
};

DomuimgRegion *
domuimg_region_new_joined (DomuimgRegion *const *pieces, guint n, const char *name)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_region_unref);
  guint64 length = 0;

  for (guint i = 0; i < n; i++)
    {
      g_ptr_array_add (all, domuimg_region_ref (pieces[i]));
      length += pieces[i]->length;
    }
  return domuimg_region_new_backed (&joined, all, length, name);
}

DomuimgRegion *
domuimg_joined_get_piece (const DomuimgRegion *self, guint i)
{
  return g_ptr_array_index ((const GPtrArray *) self->data, i);
}
