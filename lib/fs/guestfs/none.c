/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the place of the libguestfs code in a build without libguestfs. */
#include "config.h"
#include "lib/fs/guestfs/tree.h"

struct _DomuimgAppliance {
  gatomicrefcount references;
  char *path;
  char *format;
};

DomuimgAppliance *
domuimg_appliance_new (const char *path, const char *format)
{
  DomuimgAppliance *self = g_new0 (DomuimgAppliance, 1);

  g_atomic_ref_count_init (&self->references);
  self->path = g_strdup (path);
  self->format = g_strdup (format);
  return self;
}

DomuimgAppliance *
domuimg_appliance_new_for_region (DomuimgRegion *region, const char *directory)
{
  return domuimg_appliance_new (region->name, "raw");
}

DomuimgAppliance *
domuimg_appliance_ref (DomuimgAppliance *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
domuimg_appliance_unref (DomuimgAppliance *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_free (self->path);
  g_free (self->format);
  g_free (self);
}

gpointer
domuimg_appliance_start (DomuimgAppliance *self, GError **error)
{
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: this image (%s) is read by libguestfs, without which this libdomuimg was"
                " built; it needs libguestfs-dev",
                self->path, self->format);
  return NULL;
}

DomuimgTree *
domuimg_tree_guestfs_open (DomuimgAppliance *appliance, const char *device, gboolean writable,
                           GError **error)
{
  domuimg_appliance_start (appliance, error);
  return NULL;
}

gboolean
domuimg_tree_guestfs_close (DomuimgTree *self, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "this libdomuimg was built without libguestfs");
}
