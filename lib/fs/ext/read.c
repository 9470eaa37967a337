/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the inodes, extended attributes and data of an ext filesystem. */
#include "config.h"
#include "lib/fs/ext/fs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static DomuimgTime
time_from (guint32 low, guint32 extra, gboolean has_extra)
{
  DomuimgTime time = { (gint32) low, 0 };

  if (!has_extra)
    return time;
  time.sec += (gint64) (extra & 3) << 32;
  time.nsec = extra >> 2;
  return time;
}

/* What libext2fs calls system.data is the second half of a file that lies in its inode. */
static int
add_name (char *name, char *value, size_t length, void *data)
{
  if (!g_str_equal (name, "system.data"))
    g_ptr_array_add (data, g_strdup (name));
  return 0;
}

/* libext2fs gives the ids of the entries that have none as 0; getxattr(2) gives -1. */
static void
repair_acl (const char *name, guint8 *value, size_t length)
{
  if (!g_str_has_prefix (name, "system.posix_acl_"))
    return;
  for (size_t at = 4; at + 8 <= length; at += 8)
    {
      /* Only the tags user (2) and group (8) have an id. */
      if (value[at] != 0x02 && value[at] != 0x08)
        memset (value + at + 4, 0xff, 4);
    }
}

/* By name: what iterating gives of an ACL is the form it has on the disk. */
static errcode_t
add_xattrs (struct ext2_xattr_handle *handle, const GPtrArray *names, DomuimgEntry *entry)
{
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      void *value = NULL;
      size_t length;
      errcode_t code = ext2fs_xattr_get (handle, name, &value, &length);

      if (code != 0)
        return code;
      repair_acl (name, value, length);
      domuimg_entry_add_xattr (entry, name, value, length);
      ext2fs_free_mem (&value);
    }
  return 0;
}

static errcode_t
read_xattrs (DomuimgExtFs *self, ext2_ino_t ino, DomuimgEntry *entry)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  struct ext2_xattr_handle *handle;
  errcode_t code, close_code;

  if (!ext2fs_has_feature_xattr (self->fs->super))
    return 0;
  code = ext2fs_xattrs_open (self->fs, ino, &handle);
  if (code != 0)
    return code;
  code = ext2fs_xattrs_read (handle);
  if (code == 0)
    code = ext2fs_xattrs_iterate (handle, add_name, names);
  if (code == 0)
    code = add_xattrs (handle, names, entry);
  close_code = ext2fs_xattrs_close (&handle);
  return code != 0 ? code : close_code;
}

static gboolean
read_target (DomuimgExtFs *self, ext2_ino_t ino, DomuimgExtInode *inode, char **target,
             GError **error)
{
  guint64 size = EXT2_I_SIZE (&inode->base);
  g_autofree char *text = NULL;

  if (size > self->fs->blocksize)
    return domuimg_ext_fail (self, EXT2_ET_INODE_CORRUPTED, error, "reading symlink %u", ino);
  text = g_malloc0 (size + 1);
  if (ext2fs_is_fast_symlink (&inode->base))
    memcpy (text, inode->base.i_block, MIN (size, DOMUIMG_EXT_FAST_SYMLINK));
  else if (domuimg_ext_read_data (self, ino, &inode->base, 0, text, size, error) < 0)
    return FALSE;
  *target = g_steal_pointer (&text);
  return TRUE;
}

static void
read_device (const DomuimgExtInode *inode, DomuimgEntry *entry)
{
  guint32 old = inode->base.i_block[0], new = inode->base.i_block[1];

  entry->dev_major = old != 0 ? (old >> 8) & 0xff : (new & 0xfff00) >> 8;
  entry->dev_minor = old != 0 ? old & 0xff : (new & 0xff) | ((new >> 12) & 0xfff00);
}

static void
fill_entry (DomuimgExtFs *self, DomuimgExtInode *inode, DomuimgEntry *entry)
{
  gboolean has_extra = inode->large.i_extra_isize
                       >= G_STRUCT_OFFSET (struct ext2_inode_large, i_mtime_extra) + 4
                              - EXT2_GOOD_OLD_INODE_SIZE;

  domuimg_entry_set_st_mode (entry, inode->base.i_mode);
  entry->uid = inode_uid (inode->base);
  entry->gid = inode_gid (inode->base);
  entry->mtime = time_from (inode->base.i_mtime, inode->large.i_mtime_extra, has_extra);
  entry->size = entry->type == DOMUIMG_ENTRY_DIRECTORY ? 0 : EXT2_I_SIZE (&inode->base);
  entry->allocated = ext2fs_get_stat_i_blocks (self->fs, &inode->base) * 512;
  entry->nlink = inode->base.i_links_count;
  if (entry->type == DOMUIMG_ENTRY_CHAR_DEVICE || entry->type == DOMUIMG_ENTRY_BLOCK_DEVICE)
    read_device (inode, entry);
}

DomuimgEntry *
domuimg_ext_read_entry (DomuimgExtFs *self, ext2_ino_t ino, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0);
  DomuimgExtInode inode = { 0 };
  errcode_t code = ext2fs_read_inode_full (self->fs, ino, &inode.base, sizeof inode);

  /* The kernel takes no inode of no type either: it was wiped, and its name is still there. */
  if (code == 0 && !domuimg_entry_knows_st_mode (inode.base.i_mode))
    code = EXT2_ET_INODE_CORRUPTED;
  if (code == 0)
    code = read_xattrs (self, ino, entry);
  if (code != 0)
    {
      domuimg_ext_fail (self, code, error, "reading /%s", path);
      return NULL;
    }
  entry->ino = ino;
  fill_entry (self, &inode, entry);
  if (entry->type == DOMUIMG_ENTRY_SYMLINK
      && !read_target (self, ino, &inode, &entry->target, error))
    return NULL;
  return g_steal_pointer (&entry);
}

/* Maps as much of @length from @offset as lies together; @at is 0 for a hole. */
static errcode_t
map_piece (DomuimgExtFs *self, ext2_ino_t ino, struct ext2_inode *inode, guint64 offset,
           gsize *length, guint64 *at)
{
  guint64 block = self->fs->blocksize;
  guint64 mapped = block - offset % block;
  blk64_t first = 0;

  for (gboolean more = FALSE;; more = TRUE)
    {
      blk64_t logical = (offset + (more ? mapped : 0)) / block;
      blk64_t physical = 0;
      int flags = 0;
      errcode_t code = ext2fs_bmap2 (self->fs, ino, inode, NULL, 0, logical, &flags, &physical);

      if (code != 0)
        return code;
      if (flags & BMAP_RET_UNINIT)
        physical = 0;
      if (!more)
        first = physical;
      else if (physical != (first != 0 ? first + (logical - offset / block) : 0))
        break;
      else
        mapped += block;
      if (mapped >= *length)
        break;
    }
  *length = MIN (*length, mapped);
  *at = first != 0 ? first * block + offset % block : 0;
  return 0;
}

/* A file so small that it lies in its inode. */
static gssize
read_inline (DomuimgExtFs *self, ext2_ino_t ino, struct ext2_inode *inode, guint64 offset,
             guint8 *buffer, gsize length, GError **error)
{
  g_autofree guint8 *content = NULL;
  gsize size = 0;
  errcode_t code = ext2fs_inline_data_size (self->fs, ino, &size);

  if (code == 0 && size > self->fs->blocksize)
    code = EXT2_ET_INODE_CORRUPTED;
  if (code == 0)
    {
      content = g_malloc0 (size + 1);
      code = ext2fs_inline_data_get (self->fs, ino, inode, content, &size);
    }
  if (code != 0)
    {
      domuimg_ext_fail (self, code, error, "reading inode %u", ino);
      return -1;
    }
  memset (buffer, 0, length);
  if (offset < size)
    memcpy (buffer, content + offset, MIN (length, size - offset));
  return (gssize) length;
}

static gboolean
read_piece (DomuimgExtFs *self, guint64 at, guint8 *to, gsize length, GError **error)
{
  gssize got = domuimg_region_read (self->region, at, to, length);

  if (got < 0)
    return domuimg_set_errno (error, errno, "reading %s", self->region->name);
  if ((gsize) got == length)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: the image ends before the filesystem does", self->region->name);
}

gssize
domuimg_ext_read_data (DomuimgExtFs *self, ext2_ino_t ino, struct ext2_inode *inode,
                       guint64 offset, void *buffer, gsize length, GError **error)
{
  guint64 size = EXT2_I_SIZE (inode);
  guint8 *to = buffer;
  gsize done = 0;

  if (offset >= size)
    return 0;
  length = MIN (length, size - offset);
  if (!domuimg_ext_flush_data (self, error))
    return -1;
  if ((inode->i_flags & EXT4_INLINE_DATA_FL) != 0)
    return read_inline (self, ino, inode, offset, buffer, length, error);
  while (done < length)
    {
      gsize piece = length - done;
      guint64 at;
      errcode_t code = map_piece (self, ino, inode, offset + done, &piece, &at);

      if (code != 0)
        {
          domuimg_ext_fail (self, code, error, "finding the blocks of inode %u", ino);
          return -1;
        }
      if (at == 0)
        memset (to + done, 0, piece);
      else if (!read_piece (self, at, to + done, piece, error))
        return -1;
      done += piece;
    }
  return done;
}
