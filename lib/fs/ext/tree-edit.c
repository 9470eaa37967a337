/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up, adds, replaces and removes files in an ext filesystem. */
#include "config.h"
#include "lib/fs/ext/tree-edit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (256 * 1024)
/* Names that are remembered. */
#define NAMES_MAX 4096

static char *
name_key (ext2_ino_t directory, const char *name, gsize length)
{
  return g_strdup_printf ("%u/%.*s", directory, (int) length, name);
}

/* What was known of @name is not true any more. */
static void
forget_name (DomuimgExtFs *self, ext2_ino_t directory, const char *name)
{
  g_autofree char *key = name_key (directory, name, strlen (name));

  if (self->names != NULL)
    g_hash_table_remove (self->names, key);
}

/* A directory is read from its beginning for each name, and its checksums are computed. */
static errcode_t
lookup_once (DomuimgExtFs *self, ext2_ino_t directory, const char *name, gsize length,
             ext2_ino_t *ino)
{
  g_autofree char *key = name_key (directory, name, length);
  errcode_t code;
  gpointer known;

  if (self->names == NULL || g_hash_table_size (self->names) >= NAMES_MAX)
    {
      g_clear_pointer (&self->names, g_hash_table_unref);
      self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    }
  if (g_hash_table_lookup_extended (self->names, key, NULL, &known))
    {
      *ino = GPOINTER_TO_UINT (known);
      return *ino != 0 ? 0 : EXT2_ET_FILE_NOT_FOUND;
    }
  code = ext2fs_lookup (self->fs, directory, name, length, NULL, ino);
  if (code == 0 || code == EXT2_ET_FILE_NOT_FOUND)
    g_hash_table_insert (self->names, g_steal_pointer (&key),
                         GUINT_TO_POINTER (code == 0 ? *ino : 0));
  return code;
}

gboolean
domuimg_ext_lookup (DomuimgExtFs *self, const char *path, ext2_ino_t *ino, GError **error)
{
  const char *rest = path;

  *ino = EXT2_ROOT_INO;
  while (*rest != '\0')
    {
      gsize length = strcspn (rest, "/");
      errcode_t code = lookup_once (self, *ino, rest, length, ino);

      if (code == EXT2_ET_FILE_NOT_FOUND || code == EXT2_ET_NO_DIRECTORY)
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no such file: /%s",
                             self->region->name, path);
      if (code != 0)
        return domuimg_ext_fail (self, code, error, "looking up /%s", path);
      rest += length;
      rest += *rest == '/';
    }
  return TRUE;
}

/* The directory that holds @path, and the path's last part. */
static gboolean
lookup_parent (DomuimgExtFs *self, const char *path, ext2_ino_t *parent, const char **name,
               GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *directory = g_strndup (path, slash != NULL ? slash - path : 0);

  *name = slash != NULL ? slash + 1 : path;
  return domuimg_ext_lookup (self, directory, parent, error);
}

static errcode_t
touch_directory (DomuimgExtFs *self, ext2_ino_t directory)
{
  struct ext2_inode inode;
  errcode_t code = ext2fs_read_inode (self->fs, directory, &inode);

  if (code != 0)
    return code;
  inode.i_mtime = inode.i_ctime = self->now.sec;
  return ext2fs_write_inode (self->fs, directory, &inode);
}

/* A block without a place in the directory's index would be damage: libext2fs has let the index grow
 * as far as it can. */
static errcode_t
expand_directory (DomuimgExtFs *self, ext2_ino_t directory)
{
  struct ext2_inode inode;
  errcode_t code = ext2fs_read_inode (self->fs, directory, &inode);

  if (code == 0 && (inode.i_flags & EXT2_INDEX_FL) != 0)
    return EXT2_ET_DIR_NO_SPACE;
  return code != 0 ? code : ext2fs_expand_dir (self->fs, directory);
}

static gboolean
add_name (DomuimgExtFs *self, ext2_ino_t parent, const char *name, ext2_ino_t ino,
          DomuimgEntryType type, GError **error)
{
  int file_type = domuimg_ext_file_type (type);
  errcode_t code;

  forget_name (self, parent, name);
  code = ext2fs_link (self->fs, parent, name, ino, file_type);
  if (code == EXT2_ET_DIR_NO_SPACE)
    {
      code = expand_directory (self, parent);
      if (code == 0)
        code = ext2fs_link (self->fs, parent, name, ino, file_type);
    }
  if (code == 0)
    code = touch_directory (self, parent);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "adding the name “%s”", name);
  return TRUE;
}

/* Where the data of a file that is put come from. */
typedef struct {
  GBytes *content;
  int fd;
} Bytes;

static gssize
read_piece (const Bytes *from, guint64 offset, guint8 *buffer)
{
  if (from->fd >= 0)
    return TEMP_FAILURE_RETRY (read (from->fd, buffer, PIECE));
  if (from->content == NULL)
    return 0;

  gsize size;
  const guint8 *data = g_bytes_get_data (from->content, &size);
  gsize length = MIN (size - offset, PIECE);

  memcpy (buffer, data + offset, length);
  return length;
}

static gboolean
copy_bytes (DomuimgExtFs *self, const Bytes *from, const GArray *runs, guint64 size,
            GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PIECE);
  guint64 offset = 0;
  gssize length;

  while (offset < size)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      length = read_piece (from, offset, buffer);
      if (length < 0)
        return domuimg_set_errno (error, errno, "reading a file to copy");
      if (length == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_IO, "a file became shorter while it was copied");
      length = MIN ((guint64) length, size - offset);
      if (!domuimg_ext_write_data (self, runs, offset, buffer, length, error))
        return FALSE;
      offset += length;
    }
  return domuimg_ext_write_tail (self, runs, size, error);
}

static gboolean
size_of (const Bytes *from, guint64 *size, GError **error)
{
  struct stat status;
  off_t at;

  *size = from->content != NULL ? g_bytes_get_size (from->content) : 0;
  if (from->fd < 0)
    return TRUE;
  at = lseek (from->fd, 0, SEEK_CUR);
  if (fstat (from->fd, &status) != 0 || at < 0)
    return domuimg_set_errno (error, errno, "looking at a file to copy");
  *size = status.st_size > at ? status.st_size - at : 0;
  return TRUE;
}

/* What fails half way gives its blocks back. */
static gboolean
put_file (DomuimgExtFs *self, const DomuimgEntry *entry, ext2_ino_t ino, const Bytes *from,
          GCancellable *cancellable, GError **error)
{
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (DomuimgExtRun));
  g_autoptr (DomuimgEntry) sized = domuimg_entry_copy (entry);

  if (size_of (from, &sized->size, error)
      && domuimg_ext_allocate_file (self, sized->size, NULL, runs, error)
      && copy_bytes (self, from, runs, sized->size, cancellable, error)
      && domuimg_ext_write_inode (self, ino, sized, runs, 1, error))
    return TRUE;
  domuimg_ext_release (self, runs);
  return FALSE;
}

static gboolean
put_directory (DomuimgExtFs *self, ext2_ino_t parent, ext2_ino_t ino, const DomuimgEntry *entry,
               GError **error)
{
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (DomuimgExtRun));
  char *block = NULL;
  errcode_t code;

  if (!domuimg_ext_allocate (self, 0, 1, runs, error)
      || !domuimg_ext_write_inode (self, ino, entry, runs, 2, error))
    return FALSE;
  code = ext2fs_new_dir_block (self->fs, ino, parent, &block);
  if (code == 0)
    code = ext2fs_write_dir_block4 (self->fs, g_array_index (runs, DomuimgExtRun, 0).physical,
                                    block, 0, ino);
  ext2fs_free_mem (&block);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "making directory /%s", entry->path);
  return domuimg_ext_change_links (self, parent, +1, error);
}

/* Drops one name's worth of an inode. */
static gboolean
drop_link (DomuimgExtFs *self, ext2_ino_t ino, GError **error)
{
  struct ext2_inode inode;
  errcode_t code = ext2fs_read_inode (self->fs, ino, &inode);

  if (code != 0)
    return domuimg_ext_fail (self, code, error, "reading inode %u", ino);
  if (inode.i_links_count > 1)
    return domuimg_ext_change_links (self, ino, -1, error);
  return domuimg_ext_free_inode (self, ino, error);
}

static gboolean
remove_name (DomuimgExtFs *self, ext2_ino_t parent, const char *name, ext2_ino_t ino,
             GError **error)
{
  errcode_t code;

  forget_name (self, parent, name);
  code = ext2fs_unlink (self->fs, parent, name, ino, 0);
  if (code == 0)
    code = touch_directory (self, parent);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "removing the name “%s”", name);
  return TRUE;
}

/* What is at @name now; 0 for nothing. */
static gboolean
find_old (DomuimgExtFs *self, ext2_ino_t parent, const char *name, ext2_ino_t *old,
          gboolean *is_dir, GError **error)
{
  struct ext2_inode inode = { 0 };
  errcode_t code = ext2fs_lookup (self->fs, parent, name, strlen (name), NULL, old);

  if (code == EXT2_ET_FILE_NOT_FOUND)
    {
      *old = 0;
      return TRUE;
    }
  if (code == 0)
    code = ext2fs_read_inode (self->fs, *old, &inode);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "looking up “%s”", name);
  *is_dir = LINUX_S_ISDIR (inode.i_mode);
  return TRUE;
}

static gboolean
make_inode (DomuimgExtFs *self, ext2_ino_t parent, const DomuimgEntry *entry, const Bytes *from,
            ext2_ino_t *ino, GCancellable *cancellable, GError **error)
{
  gboolean is_dir = entry->type == DOMUIMG_ENTRY_DIRECTORY;
  gboolean ok;

  if (!domuimg_ext_new_inode (self, is_dir, ino, error))
    return FALSE;
  if (is_dir)
    ok = put_directory (self, parent, *ino, entry, error);
  else if (entry->type == DOMUIMG_ENTRY_FILE)
    ok = put_file (self, entry, *ino, from, cancellable, error);
  else
    ok = domuimg_ext_write_inode (self, *ino, entry, NULL, 1, error);
  if (!ok)
    ext2fs_inode_alloc_stats2 (self->fs, *ino, -1, is_dir);
  return ok;
}

/* The new file is whole before the old one loses its name. */
gboolean
domuimg_ext_put (DomuimgExtFs *self, const DomuimgEntry *entry, GBytes *content, int fd,
                 GCancellable *cancellable, GError **error)
{
  const Bytes from = { content, fd };
  ext2_ino_t parent, ino, old;
  const char *name;
  gboolean old_is_dir = FALSE;

  if (*entry->path == '\0')
    return domuimg_ext_update_inode (self, EXT2_ROOT_INO, entry, error);
  if (!lookup_parent (self, entry->path, &parent, &name, error)
      || !find_old (self, parent, name, &old, &old_is_dir, error))
    return FALSE;
  if (old != 0 && old_is_dir && entry->type == DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_ext_update_inode (self, old, entry, error);
  if (old != 0 && old_is_dir)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "%s: /%s is a directory", self->region->name,
                         entry->path);
  if (!make_inode (self, parent, entry, &from, &ino, cancellable, error))
    return FALSE;
  if (old != 0
      && (!remove_name (self, parent, name, old, error) || !drop_link (self, old, error)))
    return FALSE;
  return add_name (self, parent, name, ino, entry->type, error);
}

gboolean
domuimg_ext_add_link (DomuimgExtFs *self, ext2_ino_t ino, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_ext_read_entry (self, ino, path, error);
  ext2_ino_t parent;
  const char *name;

  return entry != NULL && lookup_parent (self, path, &parent, &name, error)
         && domuimg_ext_change_links (self, ino, +1, error)
         && add_name (self, parent, name, ino, entry->type, error);
}

static int
see_name (struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *data)
{
  guint length = ext2fs_dirent_name_len (entry);
  gboolean *empty = data;

  if (!(length == 1 && entry->name[0] == '.')
      && !(length == 2 && entry->name[0] == '.' && entry->name[1] == '.'))
    *empty = FALSE;
  return *empty ? 0 : DIRENT_ABORT;
}

static gboolean
remove_directory (DomuimgExtFs *self, ext2_ino_t parent, const char *name, ext2_ino_t ino,
                  GError **error)
{
  gboolean empty = TRUE;
  errcode_t code = ext2fs_dir_iterate (self->fs, ino, 0, NULL, see_name, &empty);

  if (code != 0)
    return domuimg_ext_fail (self, code, error, "listing “%s”", name);
  if (!empty)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "%s: the directory “%s” is not empty",
                         self->region->name, name);
  return remove_name (self, parent, name, ino, error)
         && domuimg_ext_free_inode (self, ino, error)
         && domuimg_ext_change_links (self, parent, -1, error);
}

gboolean
domuimg_ext_remove (DomuimgExtFs *self, const char *path, GError **error)
{
  struct ext2_inode inode;
  ext2_ino_t parent, ino;
  const char *name;
  errcode_t code;

  if (!domuimg_ext_lookup (self, path, &ino, error)
      || !lookup_parent (self, path, &parent, &name, error))
    return FALSE;
  code = ext2fs_read_inode (self->fs, ino, &inode);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "reading /%s", path);
  if (LINUX_S_ISDIR (inode.i_mode))
    return remove_directory (self, parent, name, ino, error);
  return remove_name (self, parent, name, ino, error) && drop_link (self, ino, error);
}
