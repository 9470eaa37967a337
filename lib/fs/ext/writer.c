/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a stream of entries into a new ext filesystem. */
#include "config.h"
#include "lib/fs/ext/writer.h"

#include <string.h>

#include "lib/fs/ext/directory.h"
#include "lib/fs/ext/fs.h"
#include "lib/fs/ext/names.h"
#include "lib/fs/ext/replaced.h"
#include "lib/fs/ext/tree-edit.h"

struct _DomuimgExtWriter {
  DomuimgExtFs *ext; /* (nullable) until it is finished */
  DomuimgExtNames *names;
  DomuimgExtReplaced replaced;
  DomuimgStream *stream;
};

typedef DomuimgExtWriter Writer;

/* mke2fs has made lost+found; the stream may have one of its own. */
static gboolean
note_lost_and_found (Writer *self, GError **error)
{
  static const char name[] = "lost+found";
  ext2_ino_t ino;
  errcode_t code
      = ext2fs_lookup (self->ext->fs, EXT2_ROOT_INO, name, strlen (name), NULL, &ino);

  if (code == EXT2_ET_FILE_NOT_FOUND)
    return TRUE;
  if (code != 0)
    return domuimg_ext_fail (self->ext, code, error, "looking up lost+found");
  domuimg_ext_names_add (self->names, self->names->root, name, strlen (name),
                         DOMUIMG_ENTRY_DIRECTORY, ino)
      ->keep = TRUE;
  return TRUE;
}

static DomuimgExtName *
add_directory (Writer *self, DomuimgExtName *parent, const char *name, gsize length,
               const DomuimgEntry *entry, GError **error)
{
  ext2_ino_t ino;

  if (!domuimg_ext_new_inode (self->ext, TRUE, &ino, error)
      || !domuimg_ext_write_inode (self->ext, ino, entry, NULL, 2, error))
    return NULL;
  return domuimg_ext_names_add (self->names, parent, name, length, DOMUIMG_ENTRY_DIRECTORY,
                                ino);
}

/* The directory that holds @path, made where the stream has not named it (as tar does);
 * @name is the path's last part. */
static DomuimgExtName *
parent_of (Writer *self, const char *path, const char **name, GError **error)
{
  DomuimgExtName *at = self->names->root;
  const char *full = path;

  for (const char *slash; (slash = strchr (path, '/')) != NULL; path = slash + 1)
    {
      DomuimgExtName *child
          = domuimg_ext_names_lookup_in (self->names, at, path, slash - path);

      if (child == NULL)
        {
          g_autoptr (DomuimgEntry) implied
              = domuimg_entry_new ("", DOMUIMG_ENTRY_DIRECTORY, 0755);

          implied->mtime = self->ext->now;
          child = add_directory (self, at, path, slash - path, implied, error);
          if (child == NULL)
            return NULL;
        }
      if (child->type == DOMUIMG_ENTRY_SYMLINK)
        {
          domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                        "/%s lies below the symlink “%s”, which is not followed", full,
                        child->name);
          return NULL;
        }
      if (child->type != DOMUIMG_ENTRY_DIRECTORY)
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                        "/%s lies below “%s”, which is not a directory", full, child->name);
          return NULL;
        }
      at = child;
    }
  *name = path;
  return at;
}

/* The inode that hard link @entry is a name of, and *@type; 0 on error. */
static ext2_ino_t
find_target (Writer *self, const DomuimgEntry *entry, DomuimgEntryType *type, GError **error)
{
  DomuimgExtName *target = domuimg_ext_names_lookup (self->names, entry->target);

  if (target == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                  "/%s is a hard link to “%s”, which has not come before it", entry->path,
                  entry->target);
  else if (target->type == DOMUIMG_ENTRY_DIRECTORY)
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                  "/%s is a hard link to the directory “%s”", entry->path, entry->target);
  if (target == NULL || target->type == DOMUIMG_ENTRY_DIRECTORY)
    return 0;
  *type = target->type;
  return target->ino;
}

static gboolean
copy_data (Writer *self, const DomuimgEntry *entry, const GArray *runs, GError **error)
{
  guint64 offset;
  const void *data;
  gssize length;

  while ((length = domuimg_stream_read (self->stream, &data, &offset, error)) > 0)
    {
      if (!domuimg_ext_write_data (self->ext, runs, offset, data, length, error))
        return FALSE;
    }
  return length == 0 && domuimg_ext_write_tail (self->ext, runs, entry->size, error);
}

/* For a stream that looks at some of its files again, while the next ones are written. */
static gboolean
tell_place (Writer *self, ext2_ino_t ino, const GArray *runs, GError **error)
{
  guint64 block = self->ext->fs->blocksize;
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (DomuimgPiece));

  if (!domuimg_ext_flush_data (self->ext, error))
    return FALSE;
  for (guint i = 0; i < runs->len; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);
      const DomuimgPiece piece = { run->logical * block, run->physical * block,
                                   (guint64) run->length * block };

      g_array_append_val (pieces, piece);
    }
  domuimg_stream_placed (self->stream, self->ext->region, ino, pieces);
  return TRUE;
}

/* Makes room by what was replaced, where the filesystem is full without that. */
static gboolean
make_room (Writer *self, GError **error)
{
  if (self->replaced.inodes->len == 0
      || !g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE))
    return FALSE;
  g_clear_error (error);
  return domuimg_ext_replaced_free (&self->replaced, self->ext, error);
}

static gboolean
allocate (Writer *self, const DomuimgEntry *entry, GArray *runs, GError **error)
{
  const GArray *ranges = domuimg_stream_get_ranges (self->stream);
  g_autoptr (GError) local = NULL;

  if (domuimg_ext_allocate_file (self->ext, entry->size, ranges, runs, &local))
    return TRUE;
  domuimg_ext_release (self->ext, runs);
  g_array_set_size (runs, 0);
  if (make_room (self, &local))
    return domuimg_ext_allocate_file (self->ext, entry->size, ranges, runs, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
new_inode (Writer *self, gboolean directory, ext2_ino_t *ino, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (domuimg_ext_new_inode (self->ext, directory, ino, &local))
    return TRUE;
  if (make_room (self, &local))
    return domuimg_ext_new_inode (self->ext, directory, ino, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* The inode of @entry, which is not a hard link, with its content; 0 on error. */
static ext2_ino_t
write_new (Writer *self, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (DomuimgExtRun));
  gboolean is_file = entry->type == DOMUIMG_ENTRY_FILE;
  gboolean is_directory = entry->type == DOMUIMG_ENTRY_DIRECTORY;
  ext2_ino_t ino;

  if (!new_inode (self, is_directory, &ino, error))
    return 0;
  if (is_file && (!allocate (self, entry, runs, error) || !copy_data (self, entry, runs, error)))
    return 0;
  if (!domuimg_ext_write_inode (self->ext, ino, entry, is_file ? runs : NULL, is_directory ? 2 : 1,
                                error))
    return 0;
  if (is_file && domuimg_stream_is_watching (self->stream)
      && !tell_place (self, ino, runs, error))
    return 0;
  return ino;
}

/* What may be in the place of @known, as tar -x has it: an empty directory goes, a symlink that may
 * stand for a directory does not, as that would be a root whose parts do not belong together. */
static gboolean
check_replacement (const DomuimgExtName *known, const DomuimgEntry *entry, GError **error)
{
  if (known->type == DOMUIMG_ENTRY_DIRECTORY && known->children != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s comes as a directory with files in it, and again as something else",
                         entry->path);
  if (known->type == DOMUIMG_ENTRY_SYMLINK && entry->type == DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s comes as a symlink, and again as a directory; leave the directory out"
                         " of the archive, and put its files where the symlink leads",
                         entry->path);
  return TRUE;
}

static gboolean
change_name (Writer *self, DomuimgExtName *known, DomuimgEntryType type, ext2_ino_t ino,
             GError **error)
{
  gboolean was_directory = known->type == DOMUIMG_ENTRY_DIRECTORY;

  if (!domuimg_ext_replaced_add (&self->replaced, self->ext, known, error))
    return FALSE;
  known->parent->subdirs += (type == DOMUIMG_ENTRY_DIRECTORY) - was_directory;
  known->type = type;
  known->ino = ino;
  known->keep = FALSE;
  return TRUE;
}

static gboolean
replace (Writer *self, DomuimgExtName *known, const DomuimgEntry *entry, GError **error)
{
  DomuimgEntryType type = entry->type;
  ext2_ino_t ino;

  if (type == DOMUIMG_ENTRY_DIRECTORY && known->type == type)
    return domuimg_ext_update_inode (self->ext, known->ino, entry, error);
  if (!check_replacement (known, entry, error))
    return FALSE;
  if (type == DOMUIMG_ENTRY_HARD_LINK)
    ino = find_target (self, entry, &type, error);
  else
    ino = write_new (self, entry, error);
  if (ino == 0 || ino == known->ino)
    return ino != 0;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK
      && !domuimg_ext_change_links (self->ext, ino, +1, error))
    return FALSE;
  return change_name (self, known, type, ino, error);
}

static gboolean
add_entry (Writer *self, const DomuimgEntry *entry, GError **error)
{
  DomuimgEntryType type = entry->type;
  DomuimgExtName *parent, *known;
  const char *name;
  ext2_ino_t ino;

  if (*entry->path == '\0' && type != DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "the root comes as something else than a directory");
  if (*entry->path == '\0')
    return replace (self, self->names->root, entry, error);

  parent = parent_of (self, entry->path, &name, error);
  if (parent == NULL)
    return FALSE;
  known = domuimg_ext_names_lookup_in (self->names, parent, name, strlen (name));
  if (known != NULL)
    return replace (self, known, entry, error);
  if (type == DOMUIMG_ENTRY_HARD_LINK)
    {
      ino = find_target (self, entry, &type, error);
      if (ino == 0 || !domuimg_ext_change_links (self->ext, ino, +1, error))
        return FALSE;
    }
  else
    ino = write_new (self, entry, error);
  if (ino == 0)
    return FALSE;
  domuimg_ext_names_add (self->names, parent, name, strlen (name), type, ino);
  return TRUE;
}

/* Parents before children; deep trees must not cost deep stacks. */
static gboolean
write_directories (Writer *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) todo = g_ptr_array_new ();

  g_ptr_array_add (todo, self->names->root);
  while (todo->len > 0)
    {
      DomuimgExtName *directory = g_ptr_array_steal_index (todo, todo->len - 1);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!(directory->keep && directory->children == NULL)
          && !domuimg_ext_write_directory (self->ext, directory, error))
        return FALSE;
      for (DomuimgExtName *child = directory->children; child != NULL; child = child->next)
        {
          if (child->type == DOMUIMG_ENTRY_DIRECTORY)
            g_ptr_array_add (todo, child);
        }
    }
  return TRUE;
}

/* The filesystem lies in a new sparse file: what was not written reads as zeros, so the
 * guest need not spend its first minutes zeroing inode tables. */
static void
mark_inode_tables_zeroed (DomuimgExtFs *ext)
{
  if (!ext2fs_has_group_desc_csum (ext->fs))
    return;
  for (dgrp_t group = 0; group < ext->fs->group_desc_count; group++)
    {
      ext2fs_bg_flags_set (ext->fs, group, EXT2_BG_INODE_ZEROED);
      ext2fs_group_desc_csum_set (ext->fs, group);
    }
}

void
domuimg_ext_writer_free (DomuimgExtWriter *self)
{
  g_clear_pointer (&self->ext, domuimg_ext_fs_free);
  domuimg_ext_replaced_clear (&self->replaced);
  g_clear_pointer (&self->names, domuimg_ext_names_free);
  g_clear_object (&self->stream);
  g_free (self);
}

DomuimgExtWriter *
domuimg_ext_writer_new (DomuimgRegion *region, DomuimgStream *stream, GError **error)
{
  g_autoptr (DomuimgExtWriter) self = g_new0 (DomuimgExtWriter, 1);

  self->names = domuimg_ext_names_new ();
  self->stream = g_object_ref (stream);
  domuimg_ext_replaced_init (&self->replaced);
  self->ext = domuimg_ext_fs_open (region, TRUE, error);
  if (self->ext == NULL)
    return NULL;
  domuimg_ext_begin_behind (self->ext);
  return note_lost_and_found (self, error) ? g_steal_pointer (&self) : NULL;
}

gboolean
domuimg_ext_writer_add (DomuimgExtWriter *self, const DomuimgEntry *entry, GError **error)
{
  return add_entry (self, entry, error);
}

DomuimgTree *
domuimg_ext_writer_finish (DomuimgExtWriter *self, GCancellable *cancellable, GError **error)
{
  if (!domuimg_ext_replaced_free (&self->replaced, self->ext, error)
      || !write_directories (self, cancellable, error) || !domuimg_ext_end_behind (self->ext, error))
    return NULL;
  mark_inode_tables_zeroed (self->ext);
  /* What is changed from now on takes the gaps first. */
  self->ext->next = self->ext->fs->super->s_first_data_block;
  return domuimg_tree_ext_new (g_steal_pointer (&self->ext));
}
