/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a stream of entries into a new filesystem that User-mode Linux mounts. */
#include "config.h"
#include "lib/fs/uml/fill.h"

#include <string.h>

#include "lib/fs/uml/machine.h"

/* What a request holds, so that it is below the longest; an entry with attributes has some hundred
 * bytes. */
#define ITEMS_MAX 4000
#define ITEMS_BYTES_MAX ((gsize) 2 << 20)

struct _DomuimgUmlWriter {
  DomuimgUml *uml; /* (nullable) it is the tree's now */
  DomuimgUmlPlace place;
  DomuimgUmlMount *mount;
  DomuimgStream *stream;
  GVariantBuilder items;
  GVariantBuilder pieces; /* of the entry that is being added */
  GVariant *entry;        /* (nullable) it */
  guint count;
  gsize bytes; /* of the items, about */
  guint64 used; /* of the data */
  gboolean has_short_times;
  GHashTable *directories; /* path → DomuimgEntry: their times are set when all is in them */
};

static void
begin_batch (DomuimgUmlWriter *self)
{
  g_variant_builder_init (&self->items, G_VARIANT_TYPE (DOMUIMG_UML_FILL_TYPE));
  self->count = 0;
  self->bytes = 0;
  self->used = 0;
}

void
domuimg_uml_writer_free (DomuimgUmlWriter *self)
{
  g_variant_builder_clear (&self->items);
  g_variant_builder_clear (&self->pieces);
  g_clear_pointer (&self->entry, g_variant_unref);
  g_clear_pointer (&self->directories, g_hash_table_unref);
  g_clear_pointer (&self->uml, domuimg_uml_free);
  g_free (self);
}

static gboolean
send_batch (DomuimgUmlWriter *self, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_FILL, self->mount->id, .length = self->used };
  g_autoptr (GVariant) answer = NULL;

  if (self->count == 0)
    return TRUE;
  request.extra = g_variant_builder_end (&self->items);
  answer = domuimg_uml_ask (self->uml, &request, "b", error);
  begin_batch (self);
  return answer != NULL;
}

static void
begin_item (DomuimgUmlWriter *self, const DomuimgEntry *entry)
{
  g_autofree char *path = entry != NULL ? g_strconcat ("/", entry->path, NULL) : g_strdup ("");
  g_autoptr (DomuimgEntry) none = domuimg_entry_new ("", DOMUIMG_ENTRY_FILE, 0);

  g_variant_builder_init (&self->pieces, G_VARIANT_TYPE ("a(tt)"));
  self->entry = g_variant_ref_sink (domuimg_uml_entry_write (entry != NULL ? entry : none, path));
  self->bytes += g_variant_get_size (self->entry) + 32;
}

static void
end_item (DomuimgUmlWriter *self)
{
  g_variant_builder_add (&self->items, "(@" DOMUIMG_UML_ENTRY "@a(tt))", self->entry,
                         g_variant_builder_end (&self->pieces));
  g_clear_pointer (&self->entry, g_variant_unref);
  self->count++;
}

static gboolean
add_data (DomuimgUmlWriter *self, const guint8 *data, gsize length, guint64 offset, GError **error)
{
  while (length > 0)
    {
      gsize size = MIN (length, DOMUIMG_UML_DATA - self->used);
      guint8 *to = domuimg_uml_get_data (self->uml);

      if (size == 0)
        {
          end_item (self);
          if (!send_batch (self, error))
            return FALSE;
          begin_item (self, NULL);
          continue;
        }
      memcpy (to + self->used, data, size);
      g_variant_builder_add (&self->pieces, "(tt)", offset, (guint64) size);
      self->used += size;
      self->bytes += 16;
      data += size;
      offset += size;
      length -= size;
    }
  return TRUE;
}

static gboolean
add_content (DomuimgUmlWriter *self, GError **error)
{
  const void *data;
  guint64 offset;
  gssize length;

  while ((length = domuimg_stream_read (self->stream, &data, &offset, error)) > 0)
    if (!add_data (self, data, (gsize) length, offset, error))
      return FALSE;
  return length == 0;
}

static gboolean
add_item (DomuimgUmlWriter *self, const DomuimgEntry *entry, gboolean has_content, GError **error)
{
  gboolean ok;

  if ((self->count >= ITEMS_MAX || self->bytes >= ITEMS_BYTES_MAX) && !send_batch (self, error))
    return FALSE;
  begin_item (self, entry);
  ok = !has_content || add_content (self, error);
  if (self->entry != NULL)
    end_item (self);
  return ok;
}

/* Those that the stream has not named, as tar does not. */
static gboolean
add_parents (DomuimgUmlWriter *self, const char *path, GError **error)
{
  for (const char *slash = path; (slash = strchr (slash, '/')) != NULL; slash++)
    {
      g_autofree char *above = g_strndup (path, (gsize) (slash - path));
      DomuimgEntry *implied;

      if (g_hash_table_contains (self->directories, above))
        continue;
      implied = domuimg_entry_new (above, DOMUIMG_ENTRY_DIRECTORY, 0755);
      implied->mtime = domuimg_build_time ();
      g_hash_table_insert (self->directories, g_steal_pointer (&above), implied);
      if (!add_item (self, implied, FALSE, error))
        return FALSE;
    }
  return TRUE;
}

/* Without "bigtime", which kernels before Linux 5.10 do not mount, XFS has 32 bits for seconds, and
 * its driver puts the nearest time in place of others. */
static gboolean
check_time (DomuimgUmlWriter *self, const DomuimgEntry *entry, GError **error)
{
  if (!self->has_short_times || entry->type == DOMUIMG_ENTRY_HARD_LINK
      || (entry->mtime.sec >= G_MININT32 && entry->mtime.sec <= G_MAXINT32))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "/%s: its time of change, %" G_GINT64_FORMAT " s since 1970, is none that"
                       " XFS can hold; touch the file, or use fs=ext4 or fs=btrfs",
                       entry->path, entry->mtime.sec);
}

gboolean
domuimg_uml_writer_add (DomuimgUmlWriter *self, const DomuimgEntry *entry, GError **error)
{
  if (!check_time (self, entry, error))
    return FALSE;
  if (!add_parents (self, entry->path, error))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    g_hash_table_replace (self->directories, g_strdup (entry->path), domuimg_entry_copy (entry));
  else
    g_hash_table_remove (self->directories, entry->path);
  return add_item (self, entry, entry->type == DOMUIMG_ENTRY_FILE, error);
}

/* What came into a directory changed its time. */
static gboolean
finish_directories (DomuimgUmlWriter *self, GError **error)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->directories);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    if (!add_item (self, entry, FALSE, error))
      return FALSE;
  return send_batch (self, error);
}

static gboolean
make_subvolumes (DomuimgUml *uml, const DomuimgUmlPlace *place, GError **error)
{
  static const char *const names[] = { "@", "@home" };
  DomuimgUmlMount *mount = domuimg_uml_mount (uml, place, TRUE, error);

  if (mount == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      DomuimgUmlRequest request
          = { DOMUIMG_UML_SUBVOLUME, mount->id, .path = (char *) names[i] };
      g_autoptr (GVariant) answer = domuimg_uml_ask (uml, &request, "b", error);

      if (answer == NULL)
        return FALSE;
    }
  return domuimg_uml_release (uml, mount, error);
}

DomuimgUmlWriter *
domuimg_uml_writer_new (DomuimgRegion *region, const char *fs, gboolean is_root,
                        DomuimgStream *stream, GError **error)
{
  g_autoptr (DomuimgRegion) disk = domuimg_region_new_for_fd (region->fd, region->name, error);
  g_autoptr (DomuimgUmlWriter) self = NULL;
  g_autofree char *why_not = NULL;

  if (disk == NULL)
    return NULL;
  if (!domuimg_uml_is_possible (&why_not))
    {
      domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                    "%s: a new %s filesystem is filled by User-mode Linux: %s", region->name, fs,
                    why_not);
      return NULL;
    }
  self = g_new0 (DomuimgUmlWriter, 1);
  self->uml = domuimg_uml_new (disk);
  self->place = (DomuimgUmlPlace){ fs, NULL, region->offset, region->length };
  self->stream = stream;
  self->has_short_times = g_str_equal (fs, "xfs");
  self->directories = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) domuimg_entry_free);
  begin_batch (self);
  if (is_root && g_str_equal (fs, "btrfs") && !make_subvolumes (self->uml, &self->place, error))
    return NULL;
  self->mount = domuimg_uml_mount (self->uml, &self->place, TRUE, error);
  return self->mount != NULL ? g_steal_pointer (&self) : NULL;
}

DomuimgTree *
domuimg_uml_writer_finish (DomuimgUmlWriter *self, GError **error)
{
  DomuimgTree *tree;

  if (!finish_directories (self, error))
    return NULL;
  tree = domuimg_tree_uml_open (self->uml, &self->place, TRUE, (GDestroyNotify) domuimg_uml_free,
                                self->uml, error);
  /* What was mounted to be filled is the tree's now, with the machine. */
  if (tree != NULL)
    {
      self->mount->users--;
      self->uml = NULL;
    }
  return tree;
}
