/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the place of the libguestfs code in a build without libguestfs. */
#include "config.h"
#include "lib/fs/guestfs/tree.h"

struct _DomuimgGuestfs {
  gatomicrefcount references;
  char *path;
  char *format;
};

DomuimgGuestfs *
domuimg_guestfs_new (const char *path, const char *format)
{
  DomuimgGuestfs *self = g_new0 (DomuimgGuestfs, 1);

  g_atomic_ref_count_init (&self->references);
  self->path = g_strdup (path);
  self->format = g_strdup (format);
  return self;
}

DomuimgGuestfs *
domuimg_guestfs_new_for_region (DomuimgRegion *region, const char *directory)
{
  return domuimg_guestfs_new (region->name, "raw");
}

DomuimgGuestfs *
domuimg_guestfs_ref (DomuimgGuestfs *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
domuimg_guestfs_unref (DomuimgGuestfs *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_free (self->path);
  g_free (self->format);
  g_free (self);
}

gpointer
domuimg_guestfs_start (DomuimgGuestfs *self, GError **error)
{
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: this image (%s) is read by User-mode Linux, which is not installed (Debian: the"
                " package user-mode-linux), or by libguestfs, without which this libdomuimg was built",
                self->path, self->format);
  return NULL;
}

DomuimgTree *
domuimg_tree_guestfs_open (DomuimgGuestfs *appliance, const char *lv, guint number,
                           gboolean writable, GError **error)
{
  domuimg_guestfs_start (appliance, error);
  return NULL;
}

gboolean
domuimg_tree_guestfs_close (DomuimgTree *self, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "this libdomuimg was built without libguestfs");
}

gboolean
domuimg_guestfs_is_built (void)
{
  return FALSE;
}

GPtrArray *
domuimg_guestfs_list_partitions (DomuimgGuestfs *self, GError **error)
{
  domuimg_guestfs_start (self, error);
  return NULL;
}

GPtrArray *
domuimg_guestfs_list_lvs (DomuimgGuestfs *self, GError **error)
{
  domuimg_guestfs_start (self, error);
  return NULL;
}

gboolean
domuimg_guestfs_read_head (DomuimgGuestfs *self, guint8 *buffer, gsize length, GError **error)
{
  return domuimg_guestfs_start (self, error) != NULL;
}
