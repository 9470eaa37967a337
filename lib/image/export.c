/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks that QEMU's storage daemon shows as files. */
#include "config.h"
#include "lib/image/export.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/mount.h"
#include "lib/base/storage-daemon.h"

typedef struct {
  char *overlay;
  char *node;   /* (nullable) what the overlay lies over; else it is the disk, and */
  char *format; /* (nullable) its */
  char *name;
  char *mount; /* (nullable) while its name is needed */
  DomuimgRegion *region; /* (nullable) once it is open */
} Disk;

struct _DomuimgExport {
  char *directory;
  GPtrArray *disks; /* of Disk */
  DomuimgStorageDaemon *daemon;
};

static void
disk_free (gpointer data)
{
  Disk *self = data;

  g_clear_pointer (&self->region, domuimg_region_unref);
  g_free (self->overlay);
  g_free (self->node);
  g_free (self->format);
  g_free (self->name);
  g_free (self->mount);
  g_free (self);
}

gboolean
domuimg_export_is_possible (char **why_not)
{
  g_autofree char *unmount = domuimg_find_program ("fusermount3");

  if (access ("/dev/fuse", R_OK | W_OK) != 0)
    *why_not = g_strdup ("/dev/fuse cannot be used");
  else if (geteuid () != 0 && unmount == NULL)
    *why_not = g_strdup ("there is no fusermount3 (Debian: the package fuse3)");
  else
    return domuimg_storage_daemon_is_installed (why_not);
  return FALSE;
}

DomuimgExport *
domuimg_export_new (const char *directory)
{
  DomuimgExport *self = g_new0 (DomuimgExport, 1);

  self->directory = g_strdup (directory);
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  return self;
}

void
domuimg_export_add (DomuimgExport *self, const char *overlay, const char *node, const char *name)
{
  Disk *disk = g_new0 (Disk, 1);

  disk->name = g_strdup (name);
  disk->overlay = g_strdup (overlay);
  disk->node = g_strdup (node);
  g_ptr_array_add (self->disks, disk);
}

void
domuimg_export_add_file (DomuimgExport *self, const char *path, const char *format,
                         const char *name)
{
  Disk *disk = g_new0 (Disk, 1);

  disk->name = g_strdup (name);
  disk->overlay = g_strdup (path);
  disk->format = g_strdup (format);
  g_ptr_array_add (self->disks, disk);
}

DomuimgRegion *
domuimg_export_get_region (DomuimgExport *self, guint i)
{
  return ((Disk *) g_ptr_array_index (self->disks, i))->region;
}

DomuimgImage *
domuimg_export_open_image (DomuimgExport *self, guint i, GError **error)
{
  const Disk *disk = g_ptr_array_index (self->disks, i);
  g_autoptr (DomuimgAppliance) appliance
      = domuimg_appliance_new_for_region (disk->region, self->directory);

  return domuimg_image_new (disk->region, "raw", appliance, error);
}

/* @name: (nullable) of the node. */
static char *
to_node (const char *overlay, const char *node, const char *name)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", "qcow2");
  if (name != NULL)
    domuimg_json_add_string (builder, "node-name", name);
  json_builder_set_member_name (builder, "file");
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", "file");
  domuimg_json_add_string (builder, "filename", overlay);
  json_builder_end_object (builder);
  /* A crash throws an overlay away, and a result is synced when it is committed. */
  json_builder_set_member_name (builder, "cache");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "no-flush");
  json_builder_add_boolean_value (builder, TRUE);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "backing");
  json_builder_add_value (builder, json_from_string (node, NULL));
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* @name: (nullable) of the node. */
static char *
to_simple_node (const char *driver, const char *path, const char *format, const char *name)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", format);
  if (name != NULL)
    domuimg_json_add_string (builder, "node-name", name);
  json_builder_set_member_name (builder, "file");
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", driver);
  domuimg_json_add_string (builder, "filename", path);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

char *
domuimg_file_to_node (const char *path, const char *format)
{
  return to_simple_node ("file", path, format, NULL);
}

char *
domuimg_device_to_node (const char *path)
{
  return to_simple_node ("host_device", path, "raw", NULL);
}

char *
domuimg_raw_to_node (const char *node)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", "raw");
  json_builder_set_member_name (builder, "file");
  json_builder_add_value (builder, json_from_string (node, NULL));
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

char *
domuimg_overlay_to_node (const char *overlay, const char *node)
{
  return to_node (overlay, node, NULL);
}

static gboolean
add_to_daemon (DomuimgExport *self, guint i, GError **error)
{
  DomuimgExec *exec = domuimg_storage_daemon_get_exec (self->daemon);
  Disk *disk = g_ptr_array_index (self->disks, i);
  g_autofree char *name = g_strdup_printf ("disk%u", i);
  g_autofree char *node = disk->node != NULL ? to_node (disk->overlay, disk->node, name)
                                             : to_simple_node ("file", disk->overlay, disk->format, name);
  g_autofree char *mount = NULL;
  g_autoptr (GError) local = NULL;

  disk->mount = g_build_filename (self->directory, name, NULL);
  if (!g_file_set_contents (disk->mount, "", 0, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  domuimg_exec_arg (exec, "--blockdev");
  domuimg_exec_arg (exec, node);
  domuimg_exec_arg (exec, "--export");
  mount = domuimg_storage_daemon_escape (disk->mount);
  domuimg_exec_argf (exec, "type=fuse,id=export%u,node-name=%s,mountpoint=%s,writable=on",
                     i, name, mount);
  return TRUE;
}

/* The descriptor keeps the file when its name is gone. */
static gboolean
take (Disk *disk, GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_region_open (disk->mount, TRUE, error);
  gboolean ok = region != NULL;

  if (ok)
    disk->region = domuimg_region_new_named (region, disk->name);
  if (!domuimg_unmount (disk->mount, ok ? error : NULL))
    ok = FALSE;
  unlink (disk->mount);
  g_clear_pointer (&disk->mount, g_free);
  return ok;
}

gboolean
domuimg_export_start (DomuimgExport *self, GCancellable *cancellable, GError **error)
{
  g_autofree char *pidfile = g_build_filename (self->directory, "export.pid", NULL);
  gboolean ok = TRUE;

  self->daemon = domuimg_storage_daemon_new (pidfile);
  for (guint i = 0; i < self->disks->len; i++)
    if (!add_to_daemon (self, i, error))
      return FALSE;
  if (!domuimg_storage_daemon_start (self->daemon, cancellable, error))
    return FALSE;
  /* All of them, so that no mount stays. */
  for (guint i = 0; i < self->disks->len; i++)
    if (!take (g_ptr_array_index (self->disks, i), ok ? error : NULL))
      ok = FALSE;
  return ok;
}

gboolean
domuimg_export_forget (DomuimgExport *self, guint i, guint64 offset, guint64 length,
                       GError **error)
{
  Disk *disk = g_ptr_array_index (self->disks, i);

  if (fallocate (disk->region->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length) == 0)
    return TRUE;
  return domuimg_set_errno (error, errno, "leaving out %" G_GUINT64_FORMAT
                                          " unused bytes of %s",
                            length, disk->overlay);
}

gboolean
domuimg_export_stop (DomuimgExport *self, GError **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < self->disks->len; i++)
    {
      Disk *disk = g_ptr_array_index (self->disks, i);

      if (disk->region != NULL && fsync (disk->region->fd) != 0)
        ok = domuimg_set_errno (ok ? error : NULL, errno, "writing %s", disk->overlay);
      g_clear_pointer (&disk->region, domuimg_region_unref);
    }
  g_clear_pointer (&self->daemon, domuimg_storage_daemon_free);
  return ok;
}

void
domuimg_export_free (DomuimgExport *self)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      Disk *disk = g_ptr_array_index (self->disks, i);

      if (disk->mount != NULL)
        domuimg_unmount (disk->mount, NULL);
    }
  g_ptr_array_unref (self->disks);
  g_clear_pointer (&self->daemon, domuimg_storage_daemon_free);
  g_free (self->directory);
  g_free (self);
}
