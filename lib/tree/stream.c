/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface of a stream of files. */
#include "config.h"
#include "lib/tree/stream.h"

#include <string.h>

#define BLOCK 4096

G_DEFINE_INTERFACE (DomuimgStream, domuimg_stream, G_TYPE_OBJECT)

static void
domuimg_stream_default_init (DomuimgStreamInterface *iface)
{
}

const DomuimgEntry *
domuimg_stream_next (DomuimgStream *self, GCancellable *cancellable, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  return DOMUIMG_STREAM_GET_IFACE (self)->next (self, cancellable, error);
}

static DomuimgStream *
get_inner (DomuimgStream *self)
{
  return DOMUIMG_STREAM_GET_IFACE (self)->get_inner (self);
}

const GArray *
domuimg_stream_get_ranges (DomuimgStream *self)
{
  DomuimgStreamInterface *iface = DOMUIMG_STREAM_GET_IFACE (self);

  return iface->get_ranges != NULL ? iface->get_ranges (self)
                                   : domuimg_stream_get_ranges (get_inner (self));
}

gssize
domuimg_stream_read (DomuimgStream *self, const void **data, guint64 *offset, GError **error)
{
  DomuimgStreamInterface *iface = DOMUIMG_STREAM_GET_IFACE (self);

  return iface->read != NULL ? iface->read (self, data, offset, error)
                             : domuimg_stream_read (get_inner (self), data, offset, error);
}

double
domuimg_stream_get_fraction (DomuimgStream *self)
{
  DomuimgStreamInterface *iface = DOMUIMG_STREAM_GET_IFACE (self);

  return iface->get_fraction != NULL ? iface->get_fraction (self)
                                     : domuimg_stream_get_fraction (get_inner (self));
}

gboolean
domuimg_stream_is_watching (DomuimgStream *self)
{
  DomuimgStreamInterface *iface = DOMUIMG_STREAM_GET_IFACE (self);

  return iface->is_watching != NULL && iface->is_watching (self);
}

void
domuimg_stream_placed (DomuimgStream *self, DomuimgRegion *region, guint64 ino, GArray *pieces)
{
  DOMUIMG_STREAM_GET_IFACE (self)->placed (self, region, ino, pieces);
}

static guint64
round_up (guint64 bytes)
{
  return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* A range that is not aligned may touch one block more at each end. */
static guint64
bytes_of_file (const DomuimgEntry *entry, const GArray *ranges)
{
  guint64 bytes = 0;

  if (ranges == NULL)
    return round_up (entry->size);
  for (guint i = 0; i < ranges->len; i++)
    {
      const DomuimgRange *range = &g_array_index (ranges, DomuimgRange, i);
      bytes += round_up (range->offset % BLOCK + range->length);
    }
  return bytes;
}

static guint64
bytes_of_xattrs (const DomuimgEntry *entry)
{
  gsize bytes = 0;

  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (entry->xattrs, i);
      bytes += 32 + strlen (xattr->name) + g_bytes_get_size (xattr->value);
    }
  /* What does not fit in the inode takes a block of its own. */
  return bytes > 90 ? round_up (bytes) : 0;
}

void
domuimg_usage_add (DomuimgUsage *self, const DomuimgEntry *entry, const GArray *ranges)
{
  const char *slash = strrchr (entry->path, '/');

  /* The name in its directory, padded; what leaves of an index are left free and its root make it
   * nine quarters at most, which a directory of little more than a block takes. */
  self->other_bytes += (strlen (slash != NULL ? slash + 1 : entry->path) + 11) * 9 / 4;
  self->other_bytes += bytes_of_xattrs (entry);
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    return;

  self->entries++;
  if (entry->type == DOMUIMG_ENTRY_FILE)
    self->data_bytes += bytes_of_file (entry, ranges);
  else if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    self->other_bytes += BLOCK;
  else if (entry->type == DOMUIMG_ENTRY_SYMLINK && entry->size >= 60)
    self->other_bytes += BLOCK;
}

gboolean
domuimg_usage_scan (DomuimgUsage *self, DomuimgStream *stream, GCancellable *cancellable,
                    GError **error)
{
  const DomuimgEntry *entry;
  g_autoptr (GError) local = NULL;

  while ((entry = domuimg_stream_next (stream, cancellable, &local)) != NULL)
    domuimg_usage_add (self, entry, domuimg_stream_get_ranges (stream));
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}
