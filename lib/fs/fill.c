/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills a filesystem with all entries of a stream. */
#include "config.h"
#include "lib/fs/fs.h"

static gboolean
add_all (const DomuimgFsWriter *kind, gpointer writer, const DomuimgFsContent *content,
         GCancellable *cancellable, GError **error)
{
  DomuimgStream *stream = content->stream;
  const DomuimgEntry *entry;
  g_autoptr (GError) local = NULL;

  while ((entry = domuimg_stream_next (stream, cancellable, &local)) != NULL)
    {
      double fraction;

      domuimg_usage_add (content->usage, entry, domuimg_stream_get_ranges (stream));
      if (!kind->add (writer, entry, error))
        return FALSE;
      fraction = domuimg_stream_get_fraction (stream);
      if (fraction >= 0)
        domuimg_progress_set_fraction (content->progress, fraction);
    }
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

DomuimgTree *
domuimg_fs_fill (const DomuimgFs *fs, DomuimgRegion *region, const DomuimgFsContent *content,
                 GCancellable *cancellable, GError **error)
{
  gpointer writer = fs->writer->begin (fs->name, region, TRUE, content->stream, error);
  DomuimgTree *tree = NULL;

  if (writer == NULL)
    return NULL;
  if (add_all (fs->writer, writer, content, cancellable, error))
    tree = fs->writer->finish (writer, cancellable, error);
  fs->writer->free (writer);
  return tree;
}
