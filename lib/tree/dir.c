/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree over a directory of the host, which no symlink leads out of. */
#include "config.h"
#include "lib/tree/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/compare.h"
#include "lib/base/fd.h"
#include "lib/tree/dir-attributes.h"

#define PIECE ((gsize) 256 * 1024)

struct _DomuimgTreeDir {
  GObject parent_instance;

  char *directory; /* for messages */
  int root;
  /* The file that is read at the moment: pieces come one after another. */
  char *read_path;
  int read_fd;
};

static void domuimg_tree_dir_iface_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeDir, domuimg_tree_dir, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_dir_iface_init))

static void
drop_read_file (DomuimgTreeDir *self)
{
  g_clear_pointer (&self->read_path, g_free);
  domuimg_fd_clear (&self->read_fd);
}

static void
domuimg_tree_dir_finalize (GObject *object)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (object);

  drop_read_file (self);
  domuimg_fd_clear (&self->root);
  g_free (self->directory);
  G_OBJECT_CLASS (domuimg_tree_dir_parent_class)->finalize (object);
}

static void
domuimg_tree_dir_class_init (DomuimgTreeDirClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_dir_finalize;
}

static void
domuimg_tree_dir_init (DomuimgTreeDir *self)
{
  self->root = -1;
  self->read_fd = -1;
}

DomuimgTree *
domuimg_tree_dir_new (const char *directory, GError **error)
{
  g_autoptr (DomuimgTreeDir) self = g_object_new (DOMUIMG_TYPE_TREE_DIR, NULL);

  self->directory = g_strdup (directory);
  self->root = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->root < 0)
    {
      domuimg_set_errno (error, errno, "%s", directory);
      return NULL;
    }
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", self->root);
  if (access (link, F_OK) < 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s cannot be read as a guest's root, as /proc is not mounted here",
                    directory);
      return NULL;
    }
  return DOMUIMG_TREE (g_steal_pointer (&self));
}

/* FALSE, from errno. Where a directory has become something else meanwhile, the file that
 * was in it is gone. */
static gboolean
fail_at (DomuimgTreeDir *self, const char *path, const char *stage, GError **error)
{
  g_autofree char *full = g_build_filename (self->directory, path, NULL);

  return domuimg_set_errno (error, errno == ELOOP ? ENOTDIR : errno, "%s%s", full, stage);
}

/* The same as openat2 below, where the kernel (before Linux 5.6) or a sandbox (which may say
 * EPERM) does not have it. */
static int
open_by_component (int root, const char *path, int flags)
{
  g_auto (DomuimgFd) fd = fcntl (root, F_DUPFD_CLOEXEC, 0);
  g_auto (GStrv) names = g_strsplit (path, "/", -1);

  for (guint i = 0; fd >= 0 && names[i] != NULL; i++)
    {
      int here = names[i + 1] != NULL ? O_PATH | O_DIRECTORY : flags;
      int next = openat (fd, names[i], here | O_NOFOLLOW | O_CLOEXEC);

      domuimg_fd_clear (&fd);
      fd = next;
    }
  int result = fd;
  fd = -1;
  return result;
}

int
domuimg_tree_dir_open_in (DomuimgTreeDir *self, const char *path, int flags)
{
  struct open_how how = {
    .flags = (guint64) (flags | O_NOFOLLOW | O_CLOEXEC),
    .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
  };

  if (path[0] == '\0')
    return openat (self->root, ".", flags | O_NOFOLLOW | O_CLOEXEC);
  int fd = (int) syscall (SYS_openat2, self->root, path, &how, sizeof how);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
    return fd;
  return open_by_component (self->root, path, flags);
}

int
domuimg_tree_dir_open_file (DomuimgTreeDir *self, const char *path, GError **error)
{
  /* Should it be a fifo or a terminal by now, opening it must neither wait nor take it. */
  g_auto (DomuimgFd) fd = domuimg_tree_dir_open_in (self, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    {
      fail_at (self, path, "", error);
      return -1;
    }
  if (!S_ISREG (st.st_mode))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s/%s is not a regular file",
                    self->directory, path);
      return -1;
    }
  int result = fd;
  fd = -1;
  return result;
}

static DomuimgEntry *
dir_stat (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (tree);
  g_auto (DomuimgFd) fd = domuimg_tree_dir_open_in (self, path, O_PATH);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0);

  if (fd < 0)
    {
      fail_at (self, path, "", error);
      return NULL;
    }
  if (!domuimg_tree_dir_read_attributes (fd, entry, error))
    {
      g_prefix_error (error, "%s/%s: ", self->directory, path);
      return NULL;
    }
  return g_steal_pointer (&entry);
}

/* All names in @dir, sorted; NULL with errno. */
static char **
read_names (DIR *dir)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const struct dirent *found;

  for (errno = 0; (found = readdir (dir)) != NULL; errno = 0)
    if (!g_str_equal (found->d_name, ".") && !g_str_equal (found->d_name, ".."))
      g_ptr_array_add (names, g_strdup (found->d_name));
  if (errno != 0)
    return NULL;
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_steal (names, NULL);
}

static char **
dir_list (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (tree);
  g_auto (DomuimgFd) fd = domuimg_tree_dir_open_in (self, path, O_RDONLY | O_DIRECTORY);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;

  if (dir == NULL)
    {
      fail_at (self, path, "", error);
      return NULL;
    }
  fd = -1; /* the stream's now */
  char **names = read_names (dir);
  if (names == NULL)
    fail_at (self, path, ": listing the directory", error);
  closedir (dir);
  return names;
}

static gssize
dir_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
             GError **error)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (tree);
  gssize got;

  /* No file reaches there, and pread(2) would call it a mistake. */
  if (length > G_MAXINT64 || offset > G_MAXINT64 - length)
    return 0;
  /* A file that is read from its start may be another one by now. */
  if (offset == 0 || g_strcmp0 (path, self->read_path) != 0)
    {
      drop_read_file (self);
      self->read_fd = domuimg_tree_dir_open_file (self, path, error);
      if (self->read_fd < 0)
        return -1;
      self->read_path = g_strdup (path);
    }
  do
    got = pread (self->read_fd, buffer, length, (off_t) offset);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    fail_at (self, path, ": reading", error);
  if (got <= 0)
    drop_read_file (self);
  return got;
}

/* Where a change is made: the directory, and the name in it. */
typedef struct {
  DomuimgFd parent;
  const char *name;
} Place;

static gboolean
find_place (DomuimgTreeDir *self, const char *path, Place *place, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);

  drop_read_file (self);
  place->name = slash != NULL ? slash + 1 : path;
  place->parent = domuimg_tree_dir_open_in (self, parent, O_PATH | O_DIRECTORY);
  return place->parent >= 0 || fail_at (self, parent, "", error);
}

static gboolean
apply_attributes (DomuimgTreeDir *self, int fd, const DomuimgEntry *entry, GError **error)
{
  if (domuimg_tree_dir_apply_attributes (fd, entry, error))
    return TRUE;
  g_prefix_error (error, "%s/%s: ", self->directory, entry->path);
  return FALSE;
}

/* Makes what @entry says, without attributes, under another name; a descriptor of it, or -1
 * with errno. */
static int
make_node (int parent, const char *name, const DomuimgEntry *entry)
{
  int made;

  if (entry->type == DOMUIMG_ENTRY_FILE)
    return openat (parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    made = symlinkat (entry->target, parent, name);
  else
    made = mknodat (parent, name, (domuimg_entry_get_st_mode (entry) & S_IFMT) | 0600,
                    makedev (entry->dev_major, entry->dev_minor));
  return made < 0 ? -1 : openat (parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static gboolean
fill_from_bytes (int fd, const DomuimgEntry *entry, gpointer source, GCancellable *cancellable,
                 GError **error)
{
  gsize size = 0;
  const void *data = source != NULL ? g_bytes_get_data (source, &size) : NULL;

  return domuimg_write_all (fd, data, size)
         || domuimg_set_errno (error, errno, "writing /%s", entry->path);
}

static gboolean
fill_from_fd (int fd, const DomuimgEntry *entry, gpointer source, GCancellable *cancellable,
              GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PIECE);
  gssize got;

  while ((got = read (*(int *) source, buffer, PIECE)) != 0)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading what is to be in /%s", entry->path);
      if (!domuimg_write_all (fd, buffer, (gsize) got))
        return domuimg_set_errno (error, errno, "writing /%s", entry->path);
    }
  return TRUE;
}

/* Whole, or not at all: under another name first. */
gboolean
domuimg_tree_dir_put_filled (DomuimgTreeDir *self, const DomuimgEntry *entry,
                             DomuimgTreeDirFill fill, gpointer source, GCancellable *cancellable,
                             GError **error)
{
  g_autofree char *name
      = g_strdup_printf (".domuimg-%08x%08x", g_random_int (), g_random_int ());
  Place place;

  if (!find_place (self, entry->path, &place, error))
    return FALSE;
  g_auto (DomuimgFd) parent = place.parent;
  g_auto (DomuimgFd) fd = make_node (parent, name, entry);
  gboolean done = fd >= 0 || fail_at (self, entry->path, ": making it", error);
  if (done && entry->type == DOMUIMG_ENTRY_FILE)
    done = fill (fd, entry, source, cancellable, error);
  done = done && apply_attributes (self, fd, entry, error);
  if (done && renameat (parent, name, parent, place.name) < 0)
    done = fail_at (self, entry->path, ": renaming it into place", error);
  if (!done)
    unlinkat (parent, name, 0);
  return done;
}

/* Makes the directory, in place of a file if need be; a descriptor of it, or -1 with errno. */
static int
make_directory (int parent, const char *name)
{
  struct stat st;

  if (mkdirat (parent, name, 0700) < 0)
    {
      if (errno != EEXIST || fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
      if (!S_ISDIR (st.st_mode)
          && (unlinkat (parent, name, 0) < 0 || mkdirat (parent, name, 0700) < 0))
        return -1;
    }
  return openat (parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static gboolean
dir_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (tree);
  g_auto (DomuimgFd) fd = domuimg_tree_dir_open_in (self, entry->path, O_PATH);

  if (fd < 0)
    return fail_at (self, entry->path, "", error);
  return apply_attributes (self, fd, entry, error);
}

static gboolean
dir_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (tree);
  Place place;

  if (entry->path[0] == '\0')
    return dir_set_attributes (tree, entry, error);
  if (entry->type != DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_tree_dir_put_filled (self, entry, fill_from_bytes, content, NULL, error);
  if (!find_place (self, entry->path, &place, error))
    return FALSE;
  g_auto (DomuimgFd) parent = place.parent;
  g_auto (DomuimgFd) fd = make_directory (parent, place.name);
  if (fd < 0)
    return fail_at (self, entry->path, ": making the directory", error);
  return apply_attributes (self, fd, entry, error);
}

static gboolean
dir_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
            GError **error)
{
  return domuimg_tree_dir_put_filled (DOMUIMG_TREE_DIR (tree), entry, fill_from_fd, &fd,
                                      cancellable, error);
}

static gboolean
dir_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (tree);
  Place from, to;

  if (!find_place (self, target, &from, error))
    return FALSE;
  g_auto (DomuimgFd) from_parent = from.parent;
  if (!find_place (self, path, &to, error))
    return FALSE;
  g_auto (DomuimgFd) to_parent = to.parent;
  if (linkat (from_parent, from.name, to_parent, to.name, 0) < 0)
    return fail_at (self, path, ": making a hard link", error);
  return TRUE;
}

static gboolean
dir_remove (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeDir *self = DOMUIMG_TREE_DIR (tree);
  Place place;

  if (!find_place (self, path, &place, error))
    return FALSE;
  g_auto (DomuimgFd) parent = place.parent;
  if (unlinkat (parent, place.name, 0) == 0
      || (errno == EISDIR && unlinkat (parent, place.name, AT_REMOVEDIR) == 0))
    return TRUE;
  return fail_at (self, path, ": removing it", error);
}

static void
domuimg_tree_dir_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = dir_stat;
  iface->list = dir_list;
  iface->read_at = dir_read_at;
  iface->put = dir_put;
  iface->put_fd = dir_put_fd;
  iface->set_attributes = dir_set_attributes;
  iface->link = dir_link;
  iface->remove = dir_remove;
}
