/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A filesystem's files packed into a squashfs: its program gets them as a tar, with all attributes, and needs
 * neither root nor a mount for that. */
#include "config.h"
#include "lib/fs/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/fs/ext/tree.h"

#define BLOCK 131072
#define JOURNAL "var/log/journal"
/* In the first header of a tar's entry. */
#define LINK_MAX_IN_TAR 100
#define MIB ((guint64) 1048576)
/* A full block of inodes; that it is not compressed, in its size; and where an inode has its time. */
#define METADATA 8192
#define UNCOMPRESSED 0x8000
#define TIME_IN_INODE 8

typedef struct {
  DomuimgTree *tree;
  struct archive *archive;
  struct archive_entry *entry;
  GHashTable *names; /* inode → the first of its names */
  guint8 *buffer;    /* BLOCK bytes */
  GCancellable *cancellable;
} Packing;

static guint
type_of (DomuimgEntryType type)
{
  static const guint types[] = { [DOMUIMG_ENTRY_FILE] = AE_IFREG,
                                 [DOMUIMG_ENTRY_DIRECTORY] = AE_IFDIR,
                                 [DOMUIMG_ENTRY_SYMLINK] = AE_IFLNK,
                                 [DOMUIMG_ENTRY_CHAR_DEVICE] = AE_IFCHR,
                                 [DOMUIMG_ENTRY_BLOCK_DEVICE] = AE_IFBLK,
                                 [DOMUIMG_ENTRY_FIFO] = AE_IFIFO,
                                 [DOMUIMG_ENTRY_SOCKET] = AE_IFSOCK };

  return types[type];
}

static void
fill_entry (Packing *self, const DomuimgEntry *from)
{
  struct archive_entry *to = archive_entry_clear (self->entry);

  archive_entry_set_pathname (to, from->path);
  archive_entry_set_filetype (to, type_of (from->type));
  archive_entry_set_perm (to, from->mode);
  archive_entry_set_uid (to, from->uid);
  archive_entry_set_gid (to, from->gid);
  /* Later times than the header of a tar has go into another one, where mksquashfs 4.5 wants a fraction,
   * of which it makes nothing. */
  archive_entry_set_mtime (to, from->mtime.sec, from->mtime.sec >= G_MAXINT32 ? 1 : 0);
  archive_entry_set_size (to, from->type == DOMUIMG_ENTRY_FILE ? (gint64) from->size : 0);
  archive_entry_set_rdevmajor (to, from->dev_major);
  archive_entry_set_rdevminor (to, from->dev_minor);
  if (from->type == DOMUIMG_ENTRY_SYMLINK)
    archive_entry_set_symlink (to, from->target);
  for (guint i = 0; from->xattrs != NULL && i < from->xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (from->xattrs, i);

      archive_entry_xattr_add_entry (to, xattr->name, g_bytes_get_data (xattr->value, NULL),
                                     g_bytes_get_size (xattr->value));
    }
}

static gboolean
fail (Packing *self, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "/%s: packing it into a squashfs: %s", path,
                       archive_error_string (self->archive) ?: "mksquashfs has ended");
}

static gboolean
add_content (Packing *self, const DomuimgEntry *entry, GError **error)
{
  guint64 at = 0;

  while (at < entry->size)
    {
      gssize got = domuimg_tree_read_at (self->tree, entry->path, at, self->buffer,
                                         MIN (BLOCK, entry->size - at), error);

      if (got < 0)
        return FALSE;
      if (got == 0 || archive_write_data (self->archive, self->buffer, got) != got)
        return fail (self, entry->path, error);
      at += got;
    }
  return TRUE;
}

static gboolean
refuse (const DomuimgEntry *entry, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "/%s has %s, which a squashfs cannot hold; take it away, or use fs=ext4",
                       entry->path, what);
}

/* systemd's journal has such a list on its directories, for files that will never be made there. */
static gboolean
may_lose_list (const DomuimgEntry *entry)
{
  return entry->type == DOMUIMG_ENTRY_DIRECTORY
         && (g_str_equal (entry->path, JOURNAL) || g_str_has_prefix (entry->path, JOURNAL "/"));
}

/* Its times are 32 bits without a sign, and attributes of "system.", which are ACLs, have no place in it. */
static gboolean
check_entry (const DomuimgEntry *entry, GError **error)
{
  if (entry->mtime.sec < 0 || entry->mtime.sec > G_MAXUINT32)
    return refuse (entry, "a time of change before 1970 or after 2106", error);
  /* mksquashfs 4.5 takes the first slash off the one that it finds in a further header. */
  if (entry->type == DOMUIMG_ENTRY_SYMLINK && *entry->target == '/'
      && strlen (entry->target) > LINK_MAX_IN_TAR)
    return refuse (entry, "an absolute target of more than 100 bytes", error);
  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    if (g_str_has_prefix (((const DomuimgXattr *) g_ptr_array_index (entry->xattrs, i))->name,
                          "system.")
        && !may_lose_list (entry))
      return refuse (entry, "an access control list", error);
  return TRUE;
}

/* mksquashfs takes the mode of the root from us, and nothing else: its owner is root then. */
static gboolean
check_root (const DomuimgEntry *root, GError **error)
{
  if (root->uid != 0 || root->gid != 0)
    return refuse (root, "another owner than root", error);
  return root->xattrs == NULL || root->xattrs->len == 0
         || refuse (root, "extended attributes", error);
}

static gboolean
visit (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
       GError **error)
{
  Packing *self = user_data;
  const char *first = NULL;

  if (*entry->path == '\0' || entry->type == DOMUIMG_ENTRY_SOCKET)
    return TRUE;
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error) || !check_entry (entry, error))
    return FALSE;
  /* mke2fs makes it. */
  if (g_str_equal (entry->path, "lost+found"))
    {
      *descend = FALSE;
      return TRUE;
    }
  fill_entry (self, entry);
  if (entry->type != DOMUIMG_ENTRY_DIRECTORY && entry->nlink > 1)
    {
      first = g_hash_table_lookup (self->names, &entry->ino);
      if (first != NULL)
        archive_entry_set_hardlink (self->entry, first);
      else
        g_hash_table_insert (self->names, g_memdup2 (&entry->ino, sizeof entry->ino),
                             g_strdup (entry->path));
    }
  if (first != NULL)
    archive_entry_set_size (self->entry, 0);
  if (archive_write_header (self->archive, self->entry) != ARCHIVE_OK)
    return fail (self, entry->path, error);
  return first != NULL || entry->type != DOMUIMG_ENTRY_FILE || add_content (self, entry, error);
}

/* Unlike a pipe's, the end of a socket raises no signal here. */
static la_ssize_t
send_bytes (struct archive *archive, void *user_data, const void *bytes, size_t length)
{
  gssize sent;

  do
    sent = send (*(int *) user_data, bytes, length, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent;
}

static gboolean
send_tar (DomuimgTree *tree, int fd, GCancellable *cancellable, GError **error)
{
  Packing self = { tree, archive_write_new (), archive_entry_new (), NULL, g_malloc (BLOCK),
                   cancellable };
  gboolean ok;

  self.names = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  archive_write_set_format_pax (self.archive);
  archive_write_set_format_option (self.archive, "pax", "xattrheader", "SCHILY");
  archive_write_set_format_option (self.archive, "pax", "hdrcharset", "BINARY");
  archive_write_set_bytes_per_block (self.archive, BLOCK);
  archive_write_set_bytes_in_last_block (self.archive, 1);
  ok = archive_write_open (self.archive, &fd, NULL, send_bytes, NULL) == ARCHIVE_OK;
  ok = ok ? domuimg_tree_walk (tree, "", visit, &self, error) : fail (&self, "", error);
  /* Its reader may have gone at the first of the last blocks; whether it was content, its status says. */
  archive_write_close (self.archive);
  archive_write_free (self.archive);
  archive_entry_free (self.entry);
  g_hash_table_unref (self.names);
  g_free (self.buffer);
  return ok;
}

/* A tar has no entry for its root. */
static gboolean
add_options (DomuimgExec *exec, DomuimgTree *tree, GError **error)
{
  g_autoptr (DomuimgEntry) root = domuimg_tree_stat (tree, "", error);

  if (root == NULL || !check_root (root, error))
    return FALSE;
  domuimg_exec_arg (exec, "-tar");
  domuimg_exec_arg (exec, "-noappend");
  domuimg_exec_arg (exec, "-quiet");
  domuimg_exec_arg (exec, "-no-progress");
  domuimg_exec_arg (exec, "-comp");
  domuimg_exec_arg (exec, "zstd");
  /* Its default, 15, takes seven times as long for 6 percent less. */
  domuimg_exec_arg (exec, "-Xcompression-level");
  domuimg_exec_arg (exec, "9");
  domuimg_exec_arg (exec, "-root-mode");
  domuimg_exec_argf (exec, "%o", root->mode);
  /* The inodes are not compressed, so that the root's time can be put into its own. */
  domuimg_exec_arg (exec, "-noI");
  /* With SOURCE_DATE_EPOCH it fails where it is told the time, too. */
  if (g_getenv ("SOURCE_DATE_EPOCH") == NULL)
    {
      domuimg_exec_arg (exec, "-mkfs-time");
      domuimg_exec_argf (exec, "%" G_GINT64_FORMAT, domuimg_build_time ().sec);
    }
  return TRUE;
}

static gboolean
run (DomuimgTree *tree, int into, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mksquashfs");
  g_autofree char *path = domuimg_exec_pass_fd (exec, into);
  int ends[2];
  gboolean ok;

  domuimg_exec_arg (exec, "-");
  domuimg_exec_arg (exec, path);
  if (!add_options (exec, tree, error))
    return FALSE;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return domuimg_set_errno (error, errno, "starting mksquashfs");
  domuimg_exec_stdin_fd (exec, ends[0]);
  ok = domuimg_exec_start (exec, cancellable, error) >= 0;
  close (ends[0]);
  ok = ok && send_tar (tree, ends[1], cancellable, error);
  close (ends[1]);
  /* What the program says of its end tells more than that it ended. */
  if (!ok && error != NULL && g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED))
    {
      g_autoptr (GError) own = NULL;

      if (!domuimg_exec_finish (exec, &own) && own != NULL)
        {
          g_clear_error (error);
          g_propagate_error (error, g_steal_pointer (&own));
        }
      return FALSE;
    }
  return ok && domuimg_exec_finish (exec, error);
}

/* Where the byte @at of the inodes is, counted in the @block and on through those behind it. Each has its size
 * before it, whose highest bit says that it is not compressed, and all but the last are full. FALSE where it is
 * otherwise. */
static gboolean
find_byte (int fd, off_t block, guint at, off_t *place)
{
  for (;;)
    {
      guint16 size;

      if (pread (fd, &size, sizeof size, block) != sizeof size
          || (GUINT16_FROM_LE (size) & UNCOMPRESSED) == 0)
        return FALSE;
      size = GUINT16_FROM_LE (size) & ~UNCOMPRESSED;
      *place = block + (off_t) sizeof size + at;
      if (at < METADATA)
        return at < size;
      if (size != METADATA)
        return FALSE;
      at -= METADATA;
      block += (off_t) sizeof size + METADATA;
    }
}

/* The superblock says where the root's inode is: how far behind the beginning of the inodes its block is, and
 * how far in that. An inode has its time after four numbers of 16 bits, and may go on in the next block. */
static gboolean
set_root_time (int fd, gint64 time, GError **error)
{
  guint64 reference, inodes;
  guint32 mtime = GUINT32_TO_LE ((guint32) CLAMP (time, 0, G_MAXUINT32));
  gboolean ok = pread (fd, &reference, sizeof reference, 32) == sizeof reference
                && pread (fd, &inodes, sizeof inodes, 64) == sizeof inodes;

  for (guint i = 0; ok && i < sizeof mtime; i++)
    {
      off_t block = (off_t) (GUINT64_FROM_LE (inodes) + (GUINT64_FROM_LE (reference) >> 16));
      guint at = (guint) (GUINT64_FROM_LE (reference) & 0xffff) + TIME_IN_INODE + i;
      off_t place;

      ok = find_byte (fd, block, at, &place) && pwrite (fd, (const guint8 *) &mtime + i, 1, place) == 1;
    }
  return ok
         || domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED,
                          "mksquashfs made no squashfs whose inodes are not compressed");
}

static gboolean
set_time (DomuimgTree *tree, int fd, GError **error)
{
  g_autoptr (DomuimgEntry) root = domuimg_tree_stat (tree, "", error);

  return root != NULL && set_root_time (fd, root->mtime.sec, error);
}

gboolean
domuimg_pack_squashfs (const DomuimgMkfs *what, DomuimgRegion *from, const DomuimgRegion *into,
                       GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_ext_open (from, FALSE, error);
  g_auto (DomuimgFd) fd = tree != NULL ? domuimg_unnamed_file (NULL, error) : -1;
  off_t size;

  if (fd < 0 || !run (tree, fd, cancellable, error) || !set_time (tree, fd, error))
    return FALSE;
  size = lseek (fd, 0, SEEK_END);
  return domuimg_pack_fits ("squashfs", (guint64) MAX (size, 0), into, error)
         && domuimg_mkfs_copy (fd, into, error);
}

gboolean
domuimg_pack_fits (const char *fs, guint64 size, const DomuimgRegion *into, GError **error)
{
  return size <= into->length
         || domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                          "%s: the %s of the guest has %" G_GUINT64_FORMAT " MiB; use a size= of"
                          " that or more",
                          into->name, fs, (size + MIB - 1) / MIB);
}

guint64
domuimg_pack_min_size (const DomuimgUsage *usage)
{
  /* Files that cannot be compressed, and half of a KiB for each entry. */
  return (usage->data_bytes + usage->other_bytes + usage->entries * 512 + 4 * MIB) / MIB * MIB;
}
