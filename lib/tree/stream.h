/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/tree/entry.h"

/* A guest's files one after another, as an archive or a walk gives them: pulled by
 * whoever writes them down. */

typedef struct {
  guint64 offset;
  guint64 length;
} DomuimgRange;

/* A piece of a file, and where it lies in the region of the filesystem. */
typedef struct {
  guint64 offset;
  guint64 at;
  guint64 length;
} DomuimgPiece;

#define DOMUIMG_TYPE_STREAM (domuimg_stream_get_type ())
G_DECLARE_INTERFACE (DomuimgStream, domuimg_stream, DOMUIMG, STREAM, GObject)

struct _DomuimgStreamInterface {
  GTypeInterface parent;

  /* The next entry, owned by the stream until the next call; NULL without an error at
   * the end. */
  const DomuimgEntry *(*next) (DomuimgStream *self, GCancellable *cancellable, GError **error);
  /* (nullable) The stream that is passed on, which answers what this one does not. */
  DomuimgStream *(*get_inner) (DomuimgStream *self);
  /* Where the current file has data, sorted, not overlapping; NULL where it has no holes. */
  const GArray *(*get_ranges) (DomuimgStream *self);
  /* The next piece of the current file: @data is the stream's until the next call. The
   * length, 0 at the file's end, -1 on error. */
  gssize (*read) (DomuimgStream *self, const void **data, guint64 *offset, GError **error);
  /* How much of the source has been read, 0.0 to 1.0; -1 where the end is not known. */
  double (*get_fraction) (DomuimgStream *self);
  /* (nullable) Whether it wants to be told where the current file is put. */
  gboolean (*is_watching) (DomuimgStream *self);
  /* (nullable) The current file is written: it is inode @ino, and its bytes lie in @region at
   * @pieces (DomuimgPiece, sorted); between them it has zeros. A writer that does not know does not
   * call it. */
  void (*placed) (DomuimgStream *self, DomuimgRegion *region, guint64 ino, GArray *pieces);
};

const DomuimgEntry *domuimg_stream_next (DomuimgStream *self, GCancellable *cancellable,
                                         GError **error);
const GArray *domuimg_stream_get_ranges (DomuimgStream *self);
gssize domuimg_stream_read (DomuimgStream *self, const void **data, guint64 *offset,
                            GError **error);
double domuimg_stream_get_fraction (DomuimgStream *self);
gboolean domuimg_stream_is_watching (DomuimgStream *self);
void domuimg_stream_placed (DomuimgStream *self, DomuimgRegion *region, guint64 ino,
                            GArray *pieces);

/* What a filesystem has to hold. */
typedef struct {
  guint64 entries;
  guint64 data_bytes;  /* holes left out, each file rounded up to 4096 */
  guint64 other_bytes; /* directories, long symlinks, xattrs: an upper estimate */
} DomuimgUsage;

void domuimg_usage_add (DomuimgUsage *self, const DomuimgEntry *entry, const GArray *ranges);
/* Reads @stream to its end. */
gboolean domuimg_usage_scan (DomuimgUsage *self, DomuimgStream *stream,
                             GCancellable *cancellable, GError **error);
