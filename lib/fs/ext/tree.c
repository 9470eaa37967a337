/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers an ext filesystem as a tree. */
#include "config.h"
#include "lib/fs/ext/tree.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/compare.h"
#include "lib/base/uuid.h"
#include "lib/fs/ext/fs.h"
#include "lib/fs/ext/tree-edit.h"

struct _DomuimgTreeExt {
  GObject parent_instance;

  DomuimgExtFs *ext;
};

static void domuimg_tree_ext_tree_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeExt, domuimg_tree_ext, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_ext_tree_init))

static void
domuimg_tree_ext_finalize (GObject *object)
{
  DomuimgTreeExt *self = DOMUIMG_TREE_EXT (object);

  g_clear_pointer (&self->ext, domuimg_ext_fs_free);
  G_OBJECT_CLASS (domuimg_tree_ext_parent_class)->finalize (object);
}

static void
domuimg_tree_ext_class_init (DomuimgTreeExtClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_ext_finalize;
}

static void
domuimg_tree_ext_init (DomuimgTreeExt *self)
{
}

DomuimgTree *
domuimg_tree_ext_new (DomuimgExtFs *ext)
{
  DomuimgTreeExt *self = g_object_new (DOMUIMG_TYPE_TREE_EXT, NULL);

  self->ext = ext;
  return DOMUIMG_TREE (self);
}

DomuimgTree *
domuimg_tree_ext_open (DomuimgRegion *region, gboolean writable, GError **error)
{
  g_autoptr (DomuimgTreeExt) self = g_object_new (DOMUIMG_TYPE_TREE_EXT, NULL);

  self->ext = domuimg_ext_fs_open (region, writable, error);
  if (self->ext == NULL)
    return NULL;
  return DOMUIMG_TREE (g_steal_pointer (&self));
}

gboolean
domuimg_tree_ext_close (DomuimgTreeExt *self, GError **error)
{
  if (self->ext == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the filesystem is closed already");
  return domuimg_ext_fs_close (g_steal_pointer (&self->ext), FALSE, error);
}

static DomuimgExtFs *
ext_of (DomuimgTree *tree, GError **error)
{
  DomuimgExtFs *ext = DOMUIMG_TREE_EXT (tree)->ext;

  if (ext == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the filesystem is closed already");
  return ext;
}

gboolean
domuimg_tree_ext_flush (DomuimgTreeExt *self, GError **error)
{
  DomuimgExtFs *ext = ext_of (DOMUIMG_TREE (self), error);

  return ext != NULL && domuimg_ext_fs_flush (ext, error);
}

char *
domuimg_tree_ext_get_uuid (DomuimgTreeExt *self)
{
  return domuimg_uuid_format (self->ext->fs->super->s_uuid);
}

char *
domuimg_tree_ext_get_label (DomuimgTreeExt *self)
{
  const struct ext2_super_block *super = self->ext->fs->super;
  gsize length = strnlen ((const char *) super->s_volume_name, sizeof super->s_volume_name);

  return length > 0 ? g_strndup ((const char *) super->s_volume_name, length) : NULL;
}

static DomuimgEntry *
ext_stat (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);
  ext2_ino_t ino;

  if (ext == NULL || !domuimg_ext_lookup (ext, path, &ino, error))
    return NULL;
  return domuimg_ext_read_entry (ext, ino, path, error);
}

/* Names of a directory as they are read. */
typedef struct {
  ext2_filsys fs;
  GPtrArray *names;
  GHashTable *inodes;
  gboolean damaged; /* a directory has two names */
} Names;

static int
add_name (struct ext2_dir_entry *entry, int offset, int block_size, char *buffer, void *data)
{
  Names *self = data;
  guint length = ext2fs_dirent_name_len (entry);
  g_autofree char *name = g_strndup (entry->name, length);

  if (!g_str_equal (name, ".") && !g_str_equal (name, "..") && strchr (name, '/') == NULL
      && *name != '\0')
    {
      g_ptr_array_add (self->names, g_steal_pointer (&name));
      if (!g_hash_table_add (self->inodes, GUINT_TO_POINTER (entry->inode))
          && ext2fs_check_directory (self->fs, entry->inode) == 0)
        self->damaged = TRUE;
    }
  return self->damaged ? DIRENT_ABORT : 0;
}

static gboolean
lies_elsewhere (DomuimgExtFs *ext, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: the filesystem is damaged: the directory /%s, or one in it, has a"
                       " further name; run e2fsck -f on it",
                       ext->region->name, path);
}

/* Directories that lie in one another in a circle, or in many places, make a tree without end. */
static gboolean
check_parent (DomuimgExtFs *ext, const char *path, ext2_ino_t ino, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *above = g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);
  ext2_ino_t parent, up;

  if (*path == '\0')
    return TRUE;
  if (!domuimg_ext_lookup (ext, above, &parent, error))
    return FALSE;
  if (ino == EXT2_ROOT_INO || ext2fs_lookup (ext->fs, ino, "..", 2, NULL, &up) != 0
      || up != parent)
    return lies_elsewhere (ext, path, error);
  return TRUE;
}

static char **
ext_list (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) inodes = g_hash_table_new (NULL, NULL);
  ext2_ino_t ino;
  errcode_t code;

  if (ext == NULL || !domuimg_ext_lookup (ext, path, &ino, error)
      || !check_parent (ext, path, ino, error))
    return NULL;
  Names reading = { ext->fs, names, inodes, FALSE };
  code = ext2fs_dir_iterate (ext->fs, ino, 0, NULL, add_name, &reading);
  if (code == 0 && reading.damaged)
    {
      lies_elsewhere (ext, path, error);
      return NULL;
    }
  if (code != 0)
    {
      domuimg_ext_fail (ext, code, error, "listing /%s", path);
      return NULL;
    }
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static gssize
ext_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
             GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);
  struct ext2_inode inode;
  ext2_ino_t ino;
  errcode_t code;

  if (ext == NULL || !domuimg_ext_lookup (ext, path, &ino, error))
    return -1;
  code = ext2fs_read_inode (ext->fs, ino, &inode);
  if (code != 0 || !LINUX_S_ISREG (inode.i_mode))
    {
      domuimg_ext_fail (ext, code != 0 ? code : EXT2_ET_FILE_NOT_FOUND, error,
                        "reading /%s as a file", path);
      return -1;
    }
  return domuimg_ext_read_data (ext, ino, &inode, offset, buffer, length, error);
}

/* The inode of the regular file @path. */
static gboolean
find_file (DomuimgExtFs *ext, const char *path, ext2_ino_t *ino, struct ext2_inode *inode,
           GError **error)
{
  errcode_t code;

  if (!domuimg_ext_lookup (ext, path, ino, error))
    return FALSE;
  code = ext2fs_read_inode (ext->fs, *ino, inode);
  if (code == 0 && LINUX_S_ISREG (inode->i_mode))
    return TRUE;
  return domuimg_ext_fail (ext, code != 0 ? code : EXT2_ET_FILE_NOT_FOUND, error,
                           "reading /%s as a file", path);
}

DomuimgExtCopy *
domuimg_tree_ext_find_copy (DomuimgTreeExt *self, const char *path, GError **error)
{
  DomuimgExtFs *ext = ext_of (DOMUIMG_TREE (self), error);
  g_autofree char *file = domuimg_tree_resolve (DOMUIMG_TREE (self), path, error);
  struct ext2_inode inode;
  ext2_ino_t ino;

  if (ext == NULL || file == NULL || !find_file (ext, file, &ino, &inode, error))
    return NULL;
  return domuimg_ext_copy_new (ext, ino, &inode, error);
}

/* Blocks that two files share, or that hold something else than a file's bytes. */
static gboolean
is_plain (DomuimgExtFs *ext, const struct ext2_inode *inode)
{
  return !ext2fs_has_feature_shared_blocks (ext->fs->super)
         && (inode->i_flags
             & (EXT4_ENCRYPT_FL | EXT4_VERITY_FL | EXT2_COMPRBLK_FL | EXT2_COMPR_FL
                | EXT4_INLINE_DATA_FL | EXT4_EA_INODE_FL | EXT2_IMMUTABLE_FL | EXT2_APPEND_FL))
                == 0;
}

gboolean
domuimg_tree_ext_find_place (DomuimgTreeExt *self, const char *path, gsize size, guint64 *offset,
                             GError **error)
{
  DomuimgExtFs *ext = ext_of (DOMUIMG_TREE (self), error);
  g_autofree char *file = domuimg_tree_resolve (DOMUIMG_TREE (self), path, error);
  g_autoptr (DomuimgExtCopy) copy = NULL;
  struct ext2_inode inode;
  ext2_ino_t ino;

  if (ext == NULL || file == NULL || !find_file (ext, file, &ino, &inode, error))
    return FALSE;
  if (ext2fs_has_feature_journal_needs_recovery (ext->fs->super)
      || (ext->fs->super->s_state & EXT2_VALID_FS) == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "its filesystem was not unmounted, and its journal may say something else");
  copy = is_plain (ext, &inode) ? domuimg_ext_copy_new (ext, ino, &inode, error) : NULL;
  if (copy != NULL && domuimg_ext_copy_get_place (copy, size, offset))
    return TRUE;
  if (error != NULL && *error != NULL)
    return FALSE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "its bytes are not in one plain block of %" G_GSIZE_FORMAT " bytes", size);
}

static gboolean
ext_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);

  return ext != NULL && domuimg_ext_put (ext, entry, content, -1, NULL, error);
}

static gboolean
ext_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
            GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);

  return ext != NULL && domuimg_ext_put (ext, entry, NULL, fd, cancellable, error);
}

static gboolean
ext_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);
  ext2_ino_t ino;

  return ext != NULL && domuimg_ext_lookup (ext, entry->path, &ino, error)
         && domuimg_ext_update_inode (ext, ino, entry, error);
}

static gboolean
ext_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);
  ext2_ino_t ino;

  return ext != NULL && domuimg_ext_lookup (ext, target, &ino, error)
         && domuimg_ext_add_link (ext, ino, path, error);
}

static gboolean
ext_remove (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgExtFs *ext = ext_of (tree, error);

  return ext != NULL && domuimg_ext_remove (ext, path, error);
}

static void
domuimg_tree_ext_tree_init (DomuimgTreeInterface *iface)
{
  iface->stat = ext_stat;
  iface->list = ext_list;
  iface->read_at = ext_read_at;
  iface->put = ext_put;
  iface->put_fd = ext_put_fd;
  iface->set_attributes = ext_set_attributes;
  iface->link = ext_link;
  iface->remove = ext_remove;
}
