/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/tree/dir-attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A path to what an O_PATH descriptor stands for: following it never goes further, not even
 * if that is a symlink itself. The f* calls refuse such descriptors. */
typedef struct {
  char path[32];
} FdPath;

static FdPath
fd_path (int fd)
{
  FdPath self;

  g_snprintf (self.path, sizeof self.path, "/proc/self/fd/%d", fd);
  return self;
}

/* What belongs to a guest; others belong to the filesystem that the host keeps it on, or
 * mean nothing elsewhere. */
static gboolean
is_portable (const char *name)
{
  return g_str_has_prefix (name, "user.") || g_str_has_prefix (name, "security.")
         /* XFS shows root its ACLs twice. */
         || (g_str_has_prefix (name, "trusted.") && !g_str_has_prefix (name, "trusted.overlay.")
             && !g_str_has_prefix (name, "trusted.SGI_ACL_"))
         || g_str_equal (name, "system.posix_acl_access")
         || g_str_equal (name, "system.posix_acl_default");
}

/* The names one after another, each with a NUL; empty where xattrs are not supported. */
static GBytes *
list_xattrs (const char *path, GError **error)
{
  for (;;)
    {
      gssize size = listxattr (path, NULL, 0);
      if (size < 0 && errno == ENOTSUP)
        size = 0;
      g_autofree char *names = size >= 0 ? g_malloc0 ((gsize) size + 1) : NULL;
      gssize got = size > 0 ? listxattr (path, names, (gsize) size) : size;

      if (got >= 0)
        return g_bytes_new_take (g_steal_pointer (&names), (gsize) got);
      if (errno == ERANGE)
        continue; /* one came meanwhile */
      domuimg_fail (error, DOMUIMG_ERROR_IO, "listing extended attributes: %s",
                    g_strerror (errno));
      return NULL;
    }
}

static gboolean
read_xattr (const char *path, const char *name, DomuimgEntry *entry, GError **error)
{
  for (;;)
    {
      gssize size = getxattr (path, name, NULL, 0);
      g_autofree char *value = size > 0 ? g_malloc ((gsize) size) : NULL;
      gssize got = size > 0 ? getxattr (path, name, value, (gsize) size) : size;

      if (got >= 0)
        {
          domuimg_entry_add_xattr (entry, name, value, (gsize) got);
          return TRUE;
        }
      if (errno == ENODATA)
        return TRUE; /* it went meanwhile */
      if (errno != ERANGE)
        return domuimg_fail (error, DOMUIMG_ERROR_IO, "reading the extended attribute %s: %s",
                             name, g_strerror (errno));
    }
}

static gboolean
read_xattrs (int fd, DomuimgEntry *entry, GError **error)
{
  FdPath self = fd_path (fd);
  g_autoptr (GBytes) names = list_xattrs (self.path, error);
  gsize size;

  if (names == NULL)
    return FALSE;
  const char *at = g_bytes_get_data (names, &size);
  for (const char *end = at + size; at < end; at += strlen (at) + 1)
    if (is_portable (at) && !read_xattr (self.path, at, entry, error))
      return FALSE;
  return TRUE;
}

static gboolean
read_target (int fd, DomuimgEntry *entry, GError **error)
{
  char target[PATH_MAX];
  gssize length = readlinkat (fd, "", target, sizeof target - 1);

  if (length < 0)
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "reading the symbolic link: %s",
                         g_strerror (errno));
  entry->target = g_strndup (target, (gsize) length);
  entry->size = (guint64) length;
  return TRUE;
}

gboolean
domuimg_tree_dir_read_attributes (int fd, DomuimgEntry *entry, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", g_strerror (errno));
  domuimg_entry_set_st_mode (entry, st.st_mode);
  entry->uid = st.st_uid;
  entry->gid = st.st_gid;
  entry->mtime = (DomuimgTime){ st.st_mtim.tv_sec, (guint32) st.st_mtim.tv_nsec };
  entry->ino = st.st_ino;
  entry->nlink = (guint32) st.st_nlink;
  if (entry->type == DOMUIMG_ENTRY_FILE)
    {
      entry->size = (guint64) st.st_size;
      entry->allocated = MIN ((guint64) st.st_blocks * 512, entry->size);
    }
  if (entry->type == DOMUIMG_ENTRY_CHAR_DEVICE || entry->type == DOMUIMG_ENTRY_BLOCK_DEVICE)
    {
      entry->dev_major = major (st.st_rdev);
      entry->dev_minor = minor (st.st_rdev);
    }
  if (entry->type == DOMUIMG_ENTRY_SYMLINK && !read_target (fd, entry, error))
    return FALSE;
  return read_xattrs (fd, entry, error);
}

/* Whether it is @saved_errno's fault only that the caller is not root. */
static gboolean
for_root_only (int saved_errno)
{
  return (saved_errno == EPERM || saved_errno == EACCES) && geteuid () != 0;
}

/* Labels of the host's security modules are not an entry's to remove. */
static gboolean
may_remove (const char *name)
{
  return is_portable (name)
         && (!g_str_has_prefix (name, "security.") || g_str_equal (name, "security.capability"));
}

static gboolean
remove_other_xattrs (const char *path, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (GBytes) names = list_xattrs (path, error);
  gsize size;

  if (names == NULL)
    return FALSE;
  const char *at = g_bytes_get_data (names, &size);
  for (const char *end = at + size; at < end; at += strlen (at) + 1)
    if (may_remove (at) && domuimg_entry_get_xattr (entry, at) == NULL
        && removexattr (path, at) < 0 && errno != ENODATA && !for_root_only (errno))
      return domuimg_set_errno (error, errno, "removing the extended attribute %s", at);
  return TRUE;
}

static gboolean
set_xattrs (const char *path, const DomuimgEntry *entry, GError **error)
{
  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (entry->xattrs, i);
      gsize size;
      const void *value = g_bytes_get_data (xattr->value, &size);

      if (setxattr (path, xattr->name, value, size, 0) < 0 && !for_root_only (errno))
        return domuimg_set_errno (error, errno, "setting the extended attribute %s",
                                  xattr->name);
    }
  return TRUE;
}

/* In this order: a change of owner drops capabilities and set-id bits, and xattrs cannot be
 * set once the mode takes the right to write. */
gboolean
domuimg_tree_dir_apply_attributes (int fd, const DomuimgEntry *entry, GError **error)
{
  FdPath self = fd_path (fd);
  struct timespec times[2] = { { 0, UTIME_OMIT }, { entry->mtime.sec, entry->mtime.nsec } };
  struct stat st;

  if (fstat (fd, &st) < 0)
    return domuimg_set_errno (error, errno, "reading attributes");
  if (fchownat (fd, "", entry->uid, entry->gid, AT_EMPTY_PATH) < 0 && !for_root_only (errno))
    return domuimg_set_errno (error, errno, "setting the owner %u:%u", entry->uid, entry->gid);
  if (!remove_other_xattrs (self.path, entry, error) || !set_xattrs (self.path, entry, error))
    return FALSE;
  if (!S_ISLNK (st.st_mode) && chmod (self.path, entry->mode & 07777) < 0)
    return domuimg_set_errno (error, errno, "setting the mode %04o", entry->mode);
  if (utimensat (AT_FDCWD, self.path, times, 0) < 0)
    return domuimg_set_errno (error, errno, "setting the time of change");
  return TRUE;
}
