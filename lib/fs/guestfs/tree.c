/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers a filesystem that libguestfs mounts as a tree. */
#include "config.h"
#include "lib/fs/guestfs/tree.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fs/guestfs/read.h"
#include "lib/fs/guestfs/xattr.h"

/* What a call carries, below libguestfs's limit of 4 MiB a message. */
#define PIECE ((gsize) 2 * 1024 * 1024)
/* UTIME_OMIT, as guestfs_utimens has it. */
#define TIME_KEPT (-2)

#define DOMUIMG_TYPE_TREE_GUESTFS (domuimg_tree_guestfs_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeGuestfs, domuimg_tree_guestfs, DOMUIMG, TREE_GUESTFS, GObject)

struct _DomuimgTreeGuestfs {
  GObject parent_instance;

  DomuimgGuestfs *appliance;
  DomuimgMount *mount; /* (nullable) closed */
  gboolean writable;
};

static void domuimg_tree_guestfs_iface_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeGuestfs, domuimg_tree_guestfs, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_guestfs_iface_init))

gboolean
domuimg_tree_guestfs_close (DomuimgTree *tree, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);

  if (self->mount == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the filesystem is closed already");
  return domuimg_guestfs_release (self->appliance, g_steal_pointer (&self->mount), error);
}

static void
domuimg_tree_guestfs_finalize (GObject *object)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (object);

  if (self->mount != NULL)
    domuimg_guestfs_release (self->appliance, self->mount, NULL);
  domuimg_guestfs_unref (self->appliance);
  G_OBJECT_CLASS (domuimg_tree_guestfs_parent_class)->finalize (object);
}

static void
domuimg_tree_guestfs_class_init (DomuimgTreeGuestfsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_guestfs_finalize;
}

static void
domuimg_tree_guestfs_init (DomuimgTreeGuestfs *self)
{
}

DomuimgTree *
domuimg_tree_guestfs_open (DomuimgGuestfs *appliance, const char *lv, guint number,
                           gboolean writable, GError **error)
{
  g_autofree char *device = domuimg_guestfs_device_of (lv, number);
  g_autoptr (DomuimgTreeGuestfs) self = g_object_new (DOMUIMG_TYPE_TREE_GUESTFS, NULL);

  self->appliance = domuimg_guestfs_ref (appliance);
  self->writable = writable;
  self->mount = domuimg_guestfs_mount (appliance, device, writable, error);
  if (self->mount == NULL)
    return NULL;
  return DOMUIMG_TREE (g_steal_pointer (&self));
}

/* Its mount; NULL where it is closed, or the appliance is gone. */
static DomuimgMount *
mount_of (DomuimgTreeGuestfs *self, GError **error)
{
  if (self->mount != NULL && self->appliance->handle != NULL)
    return self->mount;
  domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the filesystem is closed already");
  return NULL;
}

/* Before a change: what was remembered may not hold after it. */
static gboolean
begin_change (DomuimgTreeGuestfs *self, GError **error)
{
  DomuimgMount *mount = mount_of (self, error);

  if (mount == NULL)
    return FALSE;
  if (!self->writable)
    return domuimg_fail (error, DOMUIMG_ERROR_PERMISSION, "%s was opened to be read only",
                         self->appliance->name);
  g_hash_table_remove_all (mount->seen);
  return TRUE;
}

static DomuimgEntry *
guestfs_tree_stat (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);
  DomuimgMount *mount = mount_of (self, error);

  return mount != NULL ? domuimg_guestfs_stat (self->appliance, mount, path, error) : NULL;
}

static char **
guestfs_tree_list (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);
  DomuimgMount *mount = mount_of (self, error);

  return mount != NULL ? domuimg_guestfs_list (self->appliance, mount, path, error) : NULL;
}

static gssize
guestfs_tree_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer,
                      gsize length, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);
  DomuimgMount *mount = mount_of (self, error);

  if (mount == NULL)
    return -1;
  return domuimg_guestfs_read_at (self->appliance, mount, path, offset, buffer, length, error);
}

/* The last error of libguestfs, where @result says that there is one. */
static gboolean
check (DomuimgTreeGuestfs *self, int result, const char *path, GError **error)
{
  return result >= 0 || domuimg_guestfs_fail (self->appliance, error, "changing /%s", path);
}

/* In this order: a change of owner takes capabilities and set-id bits away, an ACL sets bits of
 * the mode, and everything changes times. */
static gboolean
set_attributes_at (DomuimgTreeGuestfs *self, const char *real, const DomuimgEntry *entry,
                   GError **error)
{
  guestfs_h *handle = self->appliance->handle;

  return check (self, guestfs_lchown (handle, entry->uid, entry->gid, real), entry->path, error)
         && domuimg_guestfs_set_xattrs (self->appliance, real, entry, error)
         && (entry->type == DOMUIMG_ENTRY_SYMLINK
             || check (self, guestfs_chmod (handle, entry->mode, real), entry->path, error))
         && check (self,
                   guestfs_utimens (handle, real, 0, TIME_KEPT, entry->mtime.sec,
                                    entry->mtime.nsec),
                   entry->path, error);
}

static gboolean
guestfs_tree_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);

  if (!begin_change (self, error))
    return FALSE;
  g_autofree char *real = domuimg_guestfs_path (self->mount, entry->path);
  return set_attributes_at (self, real, entry, error);
}

static gboolean
write_piece (DomuimgTreeGuestfs *self, const char *real, const char *data, gsize length,
             guint64 offset, GError **error)
{
  while (length > 0)
    {
      int written = guestfs_pwrite (self->appliance->handle, real, data, MIN (length, PIECE),
                                    (gint64) offset);

      if (written <= 0)
        return domuimg_guestfs_fail (self->appliance, error, "writing a file");
      data += written;
      offset += (guint64) written;
      length -= (gsize) written;
    }
  return TRUE;
}

static gboolean
write_fd (DomuimgTreeGuestfs *self, const char *real, int fd, GCancellable *cancellable,
          GError **error)
{
  g_autofree char *buffer = g_malloc (PIECE);
  guint64 offset = 0;
  gssize got;

  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      got = TEMP_FAILURE_RETRY (read (fd, buffer, PIECE));
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading a file to copy");
      if (!write_piece (self, real, buffer, (gsize) got, offset, error))
        return FALSE;
      offset += (guint64) got;
    }
  while (got > 0);
  return TRUE;
}

/* What a file is made of: @fd unless it is -1, else @content. */
static gboolean
make_file (DomuimgTreeGuestfs *self, const char *real, const DomuimgEntry *entry, GBytes *content,
           int fd, GCancellable *cancellable, GError **error)
{
  gsize size = 0;
  const char *data = content != NULL ? g_bytes_get_data (content, &size) : NULL;

  if (!check (self, guestfs_touch (self->appliance->handle, real), entry->path, error))
    return FALSE;
  return fd >= 0 ? write_fd (self, real, fd, cancellable, error)
                 : write_piece (self, real, data, size, 0, error);
}

static gboolean
make_node (DomuimgTreeGuestfs *self, const char *real, const DomuimgEntry *entry, GError **error)
{
  guestfs_h *handle = self->appliance->handle;
  int result;

  if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    result = guestfs_ln_s (handle, entry->target, real);
  else
    result = guestfs_mknod (handle, (int) domuimg_entry_get_st_mode (entry),
                            (int) entry->dev_major, (int) entry->dev_minor, real);
  return check (self, result, entry->path, error);
}

/* A name beside @path that nothing has. */
static char *
free_name_for (DomuimgTreeGuestfs *self, const char *path)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *directory = g_strndup (path, slash != NULL ? (gsize) (slash - path) + 1 : 0);

  for (;;)
    {
      g_autofree char *name = g_strdup_printf ("%s.domuimg-%08x", directory, g_random_int ());
      g_autoptr (GError) local = NULL;
      g_autoptr (DomuimgEntry) there
          = domuimg_guestfs_stat (self->appliance, self->mount, name, &local);

      if (there == NULL)
        return domuimg_guestfs_path (self->mount, name);
    }
}

/* It is whole before it gets its name. */
static gboolean
put_other (DomuimgTreeGuestfs *self, const DomuimgEntry *entry, GBytes *content, int fd,
           GCancellable *cancellable, GError **error)
{
  g_autofree char *real = domuimg_guestfs_path (self->mount, entry->path);
  g_autofree char *new = free_name_for (self, entry->path);
  gboolean made = entry->type == DOMUIMG_ENTRY_FILE
                      ? make_file (self, new, entry, content, fd, cancellable, error)
                      : make_node (self, new, entry, error);

  g_hash_table_remove_all (self->mount->seen);
  if (made && set_attributes_at (self, new, entry, error)
      && check (self, guestfs_rename (self->appliance->handle, new, real), entry->path, error))
    return TRUE;
  guestfs_rm_f (self->appliance->handle, new);
  return FALSE;
}

static gboolean
put_directory (DomuimgTreeGuestfs *self, const DomuimgEntry *entry, GError **error)
{
  g_autofree char *real = domuimg_guestfs_path (self->mount, entry->path);
  g_autoptr (DomuimgEntry) there
      = domuimg_guestfs_stat (self->appliance, self->mount, entry->path, NULL);
  guestfs_h *handle = self->appliance->handle;

  g_hash_table_remove_all (self->mount->seen);
  if (there != NULL && there->type != DOMUIMG_ENTRY_DIRECTORY
      && !check (self, guestfs_rm (handle, real), entry->path, error))
    return FALSE;
  if ((there == NULL || there->type != DOMUIMG_ENTRY_DIRECTORY)
      && !check (self, guestfs_mkdir (handle, real), entry->path, error))
    return FALSE;
  return set_attributes_at (self, real, entry, error);
}

static gboolean
guestfs_tree_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);

  if (!begin_change (self, error))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    return put_directory (self, entry, error);
  return put_other (self, entry, content, -1, NULL, error);
}

static gboolean
guestfs_tree_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd,
                     GCancellable *cancellable, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);

  return begin_change (self, error) && put_other (self, entry, NULL, fd, cancellable, error);
}

static gboolean
guestfs_tree_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);

  if (!begin_change (self, error))
    return FALSE;
  g_autofree char *from = domuimg_guestfs_path (self->mount, target);
  g_autofree char *to = domuimg_guestfs_path (self->mount, path);
  return check (self, guestfs_ln (self->appliance->handle, from, to), path, error);
}

static gboolean
guestfs_tree_remove (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeGuestfs *self = DOMUIMG_TREE_GUESTFS (tree);
  g_autoptr (DomuimgEntry) entry = guestfs_tree_stat (tree, path, error);

  if (entry == NULL || !begin_change (self, error))
    return FALSE;
  g_autofree char *real = domuimg_guestfs_path (self->mount, path);
  return check (self,
                entry->type == DOMUIMG_ENTRY_DIRECTORY
                    ? guestfs_rmdir (self->appliance->handle, real)
                    : guestfs_rm (self->appliance->handle, real),
                path, error);
}

static void
domuimg_tree_guestfs_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = guestfs_tree_stat;
  iface->list = guestfs_tree_list;
  iface->read_at = guestfs_tree_read_at;
  iface->put = guestfs_tree_put;
  iface->put_fd = guestfs_tree_put_fd;
  iface->set_attributes = guestfs_tree_set_attributes;
  iface->link = guestfs_tree_link;
  iface->remove = guestfs_tree_remove;
}
