/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills an empty filesystem in User-mode Linux, where a system call is dear: with as few as can be. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/tree/dir-attributes.h"

/* Bits that a new file does not get from open(2), or loses with a new owner. */
#define SET_ID (S_ISUID | S_ISGID | S_ISVTX)

static gboolean
fail_at (const DomuimgEntry *entry, const char *doing, GError **error)
{
  if (errno == ELOOP)
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "/%s lies below a symlink, which is not followed", entry->path);
  if (errno == ENOTDIR)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s lies below what is not a directory", entry->path);
  if (errno == ENOTEMPTY)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s comes as a directory with files in it, and again as something else",
                         entry->path);
  return domuimg_set_errno (error, errno, "/%s: %s", entry->path, doing);
}

static gboolean
set_xattrs (int fd, const DomuimgEntry *entry)
{
  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (entry->xattrs, i);
      gsize size;
      const void *value = g_bytes_get_data (xattr->value, &size);

      if (fsetxattr (fd, xattr->name, value, size, 0) != 0)
        return FALSE;
    }
  return TRUE;
}

/* It was made with its mode, by root. An ACL sets bits of the mode, and is the whole of it. */
static gboolean
finish_file (DomuimgUmlMounted *mount, int fd, const DomuimgEntry *entry)
{
  const struct timespec times[] = { { 0, UTIME_OMIT }, { entry->mtime.sec, entry->mtime.nsec } };
  gboolean is_owned = entry->uid != 0 || entry->gid != 0;

  /* Holes at its end. */
  if (mount->end != entry->size && ftruncate (fd, (off_t) entry->size) != 0)
    return FALSE;
  if (is_owned && fchown (fd, entry->uid, entry->gid) != 0)
    return FALSE;
  if (!set_xattrs (fd, entry))
    return FALSE;
  if ((entry->xattrs != NULL || (entry->mode & SET_ID) != 0) && fchmod (fd, entry->mode) != 0)
    return FALSE;
  return futimens (fd, times) == 0;
}

/* Most files lie in the same directory as the one before. */
static gboolean
open_directory (DomuimgUmlMounted *mount, const DomuimgEntry *entry)
{
  const char *slash = strrchr (entry->path, '/');
  g_autofree char *path
      = g_strndup (entry->path, slash != NULL ? (gsize) (slash - entry->path) : 0);

  if (g_strcmp0 (path, mount->directory_path) == 0)
    return TRUE;
  domuimg_fd_clear (&mount->directory);
  g_clear_pointer (&mount->directory_path, g_free);
  mount->directory = domuimg_tree_dir_open_in (DOMUIMG_TREE_DIR (mount->tree), path,
                                               O_RDONLY | O_DIRECTORY);
  if (mount->directory < 0)
    return FALSE;
  mount->directory_path = g_steal_pointer (&path);
  return TRUE;
}

/* What came before by the name of @entry, which is not a directory, goes: the last one counts. */
static gboolean
make_place (DomuimgUmlMounted *mount, const char *name)
{
  return errno == EEXIST
         && (unlinkat (mount->directory, name, 0) == 0
             || ((errno == EISDIR || errno == EPERM)
                 && unlinkat (mount->directory, name, AT_REMOVEDIR) == 0));
}

/* Not of a symlink: that may stand for a directory, with files of the guest in it. */
static gboolean
make_place_for_directory (DomuimgUmlMounted *mount, const char *name, const DomuimgEntry *entry,
                          GError **error)
{
  struct stat status;

  if (fstatat (mount->directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_at (entry, "looking at it", error);
  if (S_ISDIR (status.st_mode))
    return TRUE;
  if (S_ISLNK (status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s comes as a symlink, and again as a directory; leave the directory out"
                         " of the archive, and put its files where the symlink leads",
                         entry->path);
  return (unlinkat (mount->directory, name, 0) == 0 && mkdirat (mount->directory, name, 0700) == 0)
         || fail_at (entry, "replacing it", error);
}

/* One that comes again has all in it, and gets its attributes: until then none of them is on it, so
 * that nothing in it inherits any. */
static gboolean
make_directory (DomuimgUmlMounted *mount, const char *name, const DomuimgEntry *entry,
                GError **error)
{
  g_auto (DomuimgFd) fd = -1;

  if (*entry->path != '\0' && mkdirat (mount->directory, name, 0700) == 0)
    return TRUE;
  if (*entry->path == '\0' && !mount->has_root)
    {
      mount->has_root = TRUE;
      return TRUE;
    }
  if (*entry->path != '\0' && errno != EEXIST)
    return fail_at (entry, "making it", error);
  if (*entry->path != '\0' && !make_place_for_directory (mount, name, entry, error))
    return FALSE;
  fd = domuimg_tree_dir_open_in (DOMUIMG_TREE_DIR (mount->tree), entry->path,
                                 O_PATH | O_DIRECTORY);
  if (fd < 0)
    return fail_at (entry, "opening it", error);
  if (domuimg_tree_dir_apply_attributes (fd, entry, error))
    return TRUE;
  g_prefix_error (error, "/%s: ", entry->path);
  return FALSE;
}

static gboolean
make_file (DomuimgUmlMounted *mount, const char *name, const DomuimgEntry *entry, GError **error)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat (mount->directory, name, flags, entry->mode & 0777);

  if (fd < 0 && make_place (mount, name))
    fd = openat (mount->directory, name, flags, entry->mode & 0777);
  if (fd < 0)
    return fail_at (entry, "making it", error);
  mount->fd = fd;
  mount->end = 0;
  mount->entry = domuimg_entry_copy (entry);
  return TRUE;
}

static gboolean
symlink_at (DomuimgUmlMounted *mount, const char *name, const DomuimgEntry *entry)
{
  return symlinkat (entry->target, mount->directory, name) == 0
         || (make_place (mount, name) && symlinkat (entry->target, mount->directory, name) == 0);
}

static gboolean
make_symlink (DomuimgUmlMounted *mount, const char *name, const DomuimgEntry *entry,
              GError **error)
{
  const struct timespec times[] = { { 0, UTIME_OMIT }, { entry->mtime.sec, entry->mtime.nsec } };

  if (entry->target == NULL || !symlink_at (mount, name, entry))
    return fail_at (entry, "making it", error);
  if ((entry->uid != 0 || entry->gid != 0)
      && fchownat (mount->directory, name, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_at (entry, "setting its owner", error);
  return utimensat (mount->directory, name, times, AT_SYMLINK_NOFOLLOW) == 0
         || fail_at (entry, "setting its time", error);
}

static gboolean
make_node (DomuimgUmlMounted *mount, const char *name, const DomuimgEntry *entry)
{
  const mode_t mode = (domuimg_entry_get_st_mode (entry) & S_IFMT) | 0600;
  const dev_t device = makedev (entry->dev_major, entry->dev_minor);

  return mknodat (mount->directory, name, mode, device) == 0
         || (make_place (mount, name) && mknodat (mount->directory, name, mode, device) == 0);
}

/* Devices, and symlinks with attributes. */
static gboolean
make_other (DomuimgUmlMounted *mount, const char *name, const DomuimgEntry *entry, GError **error)
{
  g_auto (DomuimgFd) fd = -1;
  gboolean is_made = entry->type == DOMUIMG_ENTRY_SYMLINK ? symlink_at (mount, name, entry)
                                                          : make_node (mount, name, entry);

  if (!is_made && errno == EINVAL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "/%s: this filesystem cannot hold the device %u:%u", entry->path,
                         entry->dev_major, entry->dev_minor);
  if (is_made)
    fd = openat (mount->directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return fail_at (entry, "making it", error);
  if (domuimg_tree_dir_apply_attributes (fd, entry, error))
    return TRUE;
  g_prefix_error (error, "/%s: ", entry->path);
  return FALSE;
}

/* A name that is one of the target already stays; what else has it is replaced. */
static gboolean
link_to (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  DomuimgTreeInterface *iface = DOMUIMG_TREE_GET_IFACE (tree);
  g_autoptr (DomuimgEntry) target = NULL;
  g_autoptr (DomuimgEntry) old = NULL;

  if (iface->link (tree, entry->target, entry->path, NULL))
    return TRUE;
  target = domuimg_tree_stat (tree, entry->target, error);
  if (target == NULL)
    return FALSE;
  old = domuimg_tree_stat (tree, entry->path, NULL);
  if (old != NULL && old->ino == target->ino)
    return TRUE;
  return (old == NULL || iface->remove (tree, entry->path, error))
         && iface->link (tree, entry->target, entry->path, error);
}

static gboolean
make_link (DomuimgUmlMounted *mount, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (entry->target != NULL && link_to (mount->tree, entry, &local))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "/%s is a hard link to “%s”, which cannot be made: %s", entry->path,
                       entry->target != NULL ? entry->target : "",
                       local != NULL ? local->message : "it has no target");
}

static gboolean
begin_entry (DomuimgUmlMounted *mount, const DomuimgEntry *entry, GError **error)
{
  const char *slash = strrchr (entry->path, '/');
  const char *name = slash != NULL ? slash + 1 : entry->path;

  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    return make_link (mount, entry, error);
  if (!open_directory (mount, entry))
    return fail_at (entry, "opening its directory", error);
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    return make_directory (mount, name, entry, error);
  if (entry->type == DOMUIMG_ENTRY_FILE)
    return make_file (mount, name, entry, error);
  if (entry->type == DOMUIMG_ENTRY_SYMLINK && entry->xattrs == NULL)
    return make_symlink (mount, name, entry, error);
  return make_other (mount, name, entry, error);
}

/* What was begun is whole. */
static gboolean
end_entry (DomuimgUmlMounted *mount, GError **error)
{
  g_autoptr (DomuimgEntry) entry = g_steal_pointer (&mount->entry);
  g_auto (DomuimgFd) fd = mount->fd;

  mount->fd = -1;
  return entry == NULL || finish_file (mount, fd, entry)
         || fail_at (entry, "setting its attributes", error);
}

gboolean
domuimg_uml_agent_end_fill (DomuimgUmlMounted *mount, GError **error)
{
  domuimg_fd_clear (&mount->directory);
  g_clear_pointer (&mount->directory_path, g_free);
  return end_entry (mount, error);
}

/* @at: in the data, moves on. */
static gboolean
write_pieces (DomuimgUmlMounted *mount, GVariant *pieces, const guint8 *data, guint64 length,
              guint64 *at, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (pieces); i++)
    {
      guint64 offset, size;

      g_variant_get_child (pieces, i, "(tt)", &offset, &size);
      if (mount->entry == NULL || size > length - *at)
        return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "bytes that belong to no file");
      if (!domuimg_pwrite_all (mount->fd, data + *at, size, offset))
        return fail_at (mount->entry, "writing it", error);
      mount->end = offset + size;
      *at += size;
    }
  return TRUE;
}

gboolean
domuimg_uml_agent_fill (DomuimgUmlMounted *mount, GVariant *items, const guint8 *data,
                        guint64 length, GError **error)
{
  guint64 at = 0;

  for (gsize i = 0; i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);
      g_autoptr (GVariant) value = g_variant_get_child_value (item, 0);
      g_autoptr (GVariant) pieces = g_variant_get_child_value (item, 1);
      g_autofree char *path = domuimg_uml_take_text (value, 0);
      g_autoptr (DomuimgEntry) entry = NULL;

      /* "/" and the path, or nothing: the root has no name. */
      if (*path == '/')
        {
          entry = domuimg_uml_entry_read (value, path + 1);
          if (entry == NULL)
            return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "%s: not an entry", path);
          if (!end_entry (mount, error) || !begin_entry (mount, entry, error))
            return FALSE;
        }
      if (!write_pieces (mount, pieces, data, length, &at, error))
        return FALSE;
    }
  return TRUE;
}
