/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libguestfs's virtual machine, started when it is needed, and what is mounted in it. */
#include "config.h"
#include "lib/fs/guestfs/appliance.h"

#include <errno.h>

#include "lib/base/kvm.h"

static void
mount_free (gpointer data)
{
  DomuimgMount *self = data;

  g_hash_table_unref (self->seen);
  g_free (self->device);
  g_free (self->at);
  g_free (self);
}

static DomuimgGuestfs *
appliance_new (const char *name, const char *format)
{
  DomuimgGuestfs *self = g_new0 (DomuimgGuestfs, 1);

  g_atomic_ref_count_init (&self->references);
  self->name = g_strdup (name);
  self->format = g_strdup (format);
  self->mounts = g_ptr_array_new_with_free_func (mount_free);
  return self;
}

DomuimgGuestfs *
domuimg_guestfs_new (const char *path, const char *format)
{
  /* QEMU's name of Microsoft's older format is that of the product it was made for. */
  DomuimgGuestfs *self = appliance_new (path, g_str_equal (format, "vhd") ? "vpc" : format);

  self->path = g_strdup (path);
  return self;
}

DomuimgGuestfs *
domuimg_guestfs_new_for_region (DomuimgRegion *region, const char *directory)
{
  DomuimgGuestfs *self = appliance_new (region->name, "raw");

  self->share = domuimg_share_new (region, directory);
  return self;
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
  g_clear_pointer (&self->handle, guestfs_close);
  g_ptr_array_unref (self->mounts);
  g_free (self->name);
  g_free (self->path);
  g_free (self->format);
  g_clear_pointer (&self->share, domuimg_share_free);
  g_free (self);
}

gboolean
domuimg_guestfs_fail (DomuimgGuestfs *self, GError **error, const char *what, ...)
{
  int saved_errno = guestfs_last_errno (self->handle);
  const char *message = guestfs_last_error (self->handle);
  va_list args;

  va_start (args, what);
  g_autofree char *doing = g_strdup_vprintf (what, args);
  va_end (args);
  if (saved_errno != 0)
    return domuimg_set_errno (error, saved_errno, "%s: %s", self->name, doing);
  return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s: %s: libguestfs: %s", self->name,
                       doing, message != NULL ? message : "it does not say what is wrong");
}

static gboolean
add_drive (DomuimgGuestfs *self)
{
  g_autofree char *server = NULL;
  char *servers[] = { NULL, NULL };

  if (self->share == NULL)
    return guestfs_add_drive_opts (self->handle, self->path, GUESTFS_ADD_DRIVE_OPTS_READONLY,
                                   !self->writable, GUESTFS_ADD_DRIVE_OPTS_FORMAT, self->format, -1)
           == 0;
  servers[0] = server = g_strdup_printf ("unix:%s", domuimg_share_get_socket (self->share));
  return guestfs_add_drive_opts (self->handle, DOMUIMG_SHARE_NAME, GUESTFS_ADD_DRIVE_OPTS_READONLY,
                                 !self->writable, GUESTFS_ADD_DRIVE_OPTS_FORMAT, self->format,
                                 GUESTFS_ADD_DRIVE_OPTS_PROTOCOL, "nbd",
                                 GUESTFS_ADD_DRIVE_OPTS_SERVER, servers, -1)
         == 0;
}

static gboolean
launch (DomuimgGuestfs *self)
{
  guestfs_set_error_handler (self->handle, NULL, NULL);
  /* Libvirt, the other way to run it, cannot read what only the caller may. */
  return guestfs_set_backend (self->handle, "direct") == 0
         && (domuimg_kvm_works ()
             || guestfs_set_backend_setting (self->handle, "force_tcg", "1") == 0)
         && add_drive (self) && guestfs_launch (self->handle) == 0;
}

gpointer
domuimg_guestfs_start (DomuimgGuestfs *self, GError **error)
{
  if (self->handle != NULL)
    return self->handle;
  if (self->share != NULL && !domuimg_share_start (self->share, error))
    return NULL;
  self->handle = guestfs_create_flags (GUESTFS_CREATE_NO_CLOSE_ON_EXIT);
  if (self->handle == NULL)
    {
      domuimg_set_errno (error, errno, "%s: starting libguestfs", self->name);
      return NULL;
    }
  if (!launch (self))
    {
      const char *message = guestfs_last_error (self->handle);

      domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED,
                    "%s: libguestfs does not start: %s; libguestfs-test-tool shows why",
                    self->name, message != NULL ? message : "it does not say what is wrong");
      g_clear_pointer (&self->handle, guestfs_close);
      return NULL;
    }
  return self->handle;
}

static gboolean
mount_device (DomuimgGuestfs *self, const DomuimgMount *mount, GError **error)
{
  if (guestfs_mkmountpoint (self->handle, mount->at) != 0
      || guestfs_mount_options (self->handle, mount->writable ? "" : "ro", mount->device,
                                mount->at) != 0)
    {
      const char *message = guestfs_last_error (self->handle);

      return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s cannot be mounted: %s",
                           self->name, mount->device, message != NULL ? message : "");
    }
  return TRUE;
}

static gboolean
unmount_device (DomuimgGuestfs *self, const DomuimgMount *mount, GError **error)
{
  if (guestfs_umount (self->handle, mount->at) != 0
      || guestfs_rmmountpoint (self->handle, mount->at) != 0)
    return domuimg_guestfs_fail (self, error, "unmounting %s", mount->device);
  return TRUE;
}

/* A drive that was added to be read stays so: the same once more, with what was mounted. */
static gboolean
restart_writable (DomuimgGuestfs *self, GError **error)
{
  g_clear_pointer (&self->handle, guestfs_close);
  self->writable = TRUE;
  if (domuimg_guestfs_start (self, error) == NULL)
    return FALSE;
  for (guint i = 0; i < self->mounts->len; i++)
    if (!mount_device (self, g_ptr_array_index (self->mounts, i), error))
      return FALSE;
  return TRUE;
}

static DomuimgMount *
find_mount (DomuimgGuestfs *self, const char *device)
{
  for (guint i = 0; i < self->mounts->len; i++)
    {
      DomuimgMount *mount = g_ptr_array_index (self->mounts, i);

      if (g_str_equal (mount->device, device))
        return mount;
    }
  return NULL;
}

static gboolean
make_writable (DomuimgGuestfs *self, DomuimgMount *mount, GError **error)
{
  if (!unmount_device (self, mount, error))
    return FALSE;
  mount->writable = TRUE;
  g_hash_table_remove_all (mount->seen);
  return mount_device (self, mount, error);
}

static void
free_entry (gpointer data)
{
  if (data != NULL)
    domuimg_entry_free (data);
}

static DomuimgMount *
add_mount (DomuimgGuestfs *self, const char *device, gboolean writable, GError **error)
{
  DomuimgMount *mount = g_new0 (DomuimgMount, 1);

  mount->device = g_strdup (device);
  mount->at = g_strdup_printf ("/m%u", self->next++);
  mount->writable = writable;
  mount->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_entry);
  if (!mount_device (self, mount, error))
    {
      guestfs_rmmountpoint (self->handle, mount->at);
      mount_free (mount);
      return NULL;
    }
  g_ptr_array_add (self->mounts, mount);
  return mount;
}

DomuimgMount *
domuimg_guestfs_mount (DomuimgGuestfs *self, const char *device, gboolean writable,
                         GError **error)
{
  DomuimgMount *mount = find_mount (self, device);

  if (writable && !self->writable && !restart_writable (self, error))
    return NULL;
  if (domuimg_guestfs_start (self, error) == NULL)
    return NULL;
  if (mount == NULL)
    mount = add_mount (self, device, writable, error);
  else if (writable && !mount->writable && !make_writable (self, mount, error))
    return NULL;
  if (mount != NULL)
    mount->users++;
  return mount;
}

gboolean
domuimg_guestfs_release (DomuimgGuestfs *self, DomuimgMount *mount, GError **error)
{
  gboolean ok = TRUE;

  if (--mount->users > 0)
    return !mount->writable || self->handle == NULL || guestfs_sync (self->handle) == 0
           || domuimg_guestfs_fail (self, error, "writing %s out", mount->device);
  if (self->handle != NULL)
    ok = unmount_device (self, mount, error);
  if (ok && self->handle != NULL && mount->writable && guestfs_sync (self->handle) != 0)
    ok = domuimg_guestfs_fail (self, error, "writing %s out", mount->device);
  g_ptr_array_remove (self->mounts, mount);
  return ok;
}
