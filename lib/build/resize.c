/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk of a guest that is made larger or smaller, with what is on it. */
#include "config.h"
#include "domuimg/resize.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/path.h"
#include "lib/base/properties.h"
#include "lib/base/undo.h"
#include "lib/build/resize-disk.h"
#include "lib/domain/model/vdev.h"
#include "lib/guest/manifest-find.h"
#include "lib/repair/work.h"
#include "lib/spec/parse.h"

/**
 * DomuimgResize:
 *
 * A disk of a guest that was made larger or smaller.
 *
 * Since: 0.1
 */
struct _DomuimgResize {
  GObject parent_instance;

  char *name;
  char *manifest_path;
  char *manifest_text; /* as it was read */
  DomuimgManifest *manifest;
  DomuimgManifestDisk *disk; /* of @manifest */
  guint64 old_size;
  guint64 new_size;
  DomuimgResizeFlags flags;
};

G_DEFINE_FINAL_TYPE (DomuimgResize, domuimg_resize, G_TYPE_OBJECT)

static void
domuimg_resize_finalize (GObject *object)
{
  DomuimgResize *self = DOMUIMG_RESIZE (object);

  g_free (self->name);
  g_free (self->manifest_path);
  g_free (self->manifest_text);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  G_OBJECT_CLASS (domuimg_resize_parent_class)->finalize (object);
}

static void
domuimg_resize_class_init (DomuimgResizeClass *klass)
{
  static const DomuimgProperty properties[] = {
    { DOMUIMG_PROPERTY_UINT64, "old-size", G_CALLBACK (domuimg_resize_get_old_size),
      "bytes of the disk before" },
    { DOMUIMG_PROPERTY_UINT64, "new-size", G_CALLBACK (domuimg_resize_get_new_size),
      "bytes of the disk now" },
  };

  G_OBJECT_CLASS (klass)->finalize = domuimg_resize_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_resize_init (DomuimgResize *self)
{
}

/* "web1:xvdb" is the disk xvdb of web1, unless there is a file of this name. */
static gboolean
split (const char *what, char **guest, char **vdev, GError **error)
{
  const char *colon = strrchr (what, ':');
  guint disk, partition;
  struct stat status;

  if (!domuimg_path_look (what, &status, error))
    return FALSE;
  if (colon == NULL || status.st_mode != 0 || !domuimg_vdev_parse (colon + 1, &disk, &partition))
    {
      *guest = g_strdup (what);
      return TRUE;
    }
  *guest = g_strndup (what, (gsize) (colon - what));
  *vdev = g_strdup (colon + 1);
  return TRUE;
}

/* What the manifest says is replaced: it is read when nobody else changes it. */
static gboolean
read_manifest (DomuimgResize *self, DomuimgRepairWork *work, GError **error)
{
  const char *const names[] = { self->manifest_path, NULL };
  g_autoptr (GError) local = NULL;

  if ((self->flags & DOMUIMG_RESIZE_DRY_RUN) == 0
      && !domuimg_repair_work_lock (work, names, error))
    return FALSE;
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  self->manifest = domuimg_manifest_read (self->manifest_path, error);
  if (self->manifest == NULL)
    return FALSE;
  return g_file_get_contents (self->manifest_path, &self->manifest_text, NULL, &local)
         || domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
}

static gboolean
find_guest (DomuimgResize *self, const char *guest, const char *dir, GError **error)
{
  self->manifest = domuimg_manifest_find_guest (guest, dir, &self->manifest_path, error);
  if (self->manifest == NULL)
    return FALSE;
  self->name = g_strdup (self->manifest->name);
  return TRUE;
}

static char *
list_disks (const DomuimgManifest *manifest)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (manifest->disks, i);

      if (disk->vdev != NULL)
        g_ptr_array_add (names, disk->vdev);
    }
  return domuimg_join_words (names);
}

static gboolean
find_disk (DomuimgResize *self, const char *vdev, GError **error)
{
  GPtrArray *disks = self->manifest->disks;
  g_autofree char *known = list_disks (self->manifest);

  for (guint i = 0; i < disks->len && self->disk == NULL; i++)
    {
      DomuimgManifestDisk *disk = g_ptr_array_index (disks, i);

      if (vdev == NULL || g_strcmp0 (disk->vdev, vdev) == 0)
        self->disk = disk;
    }
  if (self->disk == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s has no disk %s; it has %s", self->name,
                         vdev != NULL ? vdev : "at all", *known != '\0' ? known : "none");
  return self->disk->path != NULL
         || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                          "the manifest %s does not say where the disk is", self->manifest_path);
}

static gboolean
find_size (DomuimgResize *self, const char *size, GError **error)
{
  gboolean is_more = *size == '+';
  guint64 bytes;

  if (!domuimg_parse_size (size + is_more, 1, &bytes, error))
    return FALSE;
  self->new_size = domuimg_resize_round (is_more ? self->old_size + bytes : bytes);
  if (self->new_size >= self->old_size || (self->flags & DOMUIMG_RESIZE_SHRINK) != 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "the disk %s of %s has %" G_GUINT64_FORMAT " bytes, and %s is less: to make it"
                       " smaller, ask for it (--shrink)",
                       self->disk->vdev, self->name, self->old_size, size);
}

static gboolean
write_manifest (DomuimgResize *self, DomuimgRepairWork *work, GError **error)
{
  g_autofree char *text = NULL;

  self->disk->size = (gint64) self->new_size;
  text = domuimg_manifest_write (self->manifest);
  return domuimg_repair_work_replace (work, self->manifest_path, self->manifest_text, text, error);
}

static gboolean
resize (DomuimgResize *self, DomuimgRepairWork *work, const char *size, GCancellable *cancellable,
        GError **error)
{
  g_autoptr (DomuimgResizeDisk) disk
      = domuimg_resize_disk_open (self->disk, cancellable, error);

  if (disk == NULL)
    return FALSE;
  self->old_size = domuimg_resize_disk_get_size (disk);
  if (!find_size (self, size, error))
    return FALSE;
  /* A volume may have the size already, of a run that went no further. */
  if (self->new_size == self->old_size && !domuimg_resize_disk_is_in_place (disk))
    return TRUE;
  if (!domuimg_resize_disk_check (disk, self->new_size, error))
    return FALSE;
  return (self->flags & DOMUIMG_RESIZE_DRY_RUN) != 0
         || (domuimg_resize_disk_run (disk, work, &self->new_size, error)
             && write_manifest (self, work, error) && domuimg_repair_work_commit (work, NULL, error));
}

/* What was killed among its renames is finished first. */
static gboolean
recover (DomuimgResizeFlags flags, GError **error)
{
  g_auto (GStrv) recovered = NULL;

  if ((flags & DOMUIMG_RESIZE_DRY_RUN) != 0)
    return TRUE;
  recovered = domuimg_undo_recover (FALSE, error);
  return recovered != NULL;
}

/**
 * domuimg_resize_run:
 * @what: the guest, as domuimg_kernel_update_run() takes it, and after a colon, as in `web1:xvdb`,
 *   which of its disks; the first without
 * @dir: (nullable) (type filename): the directory that it was made in, if @what is only its name
 * @size: what the disk is to have: `32G`, or `+4G` for so much more
 * @flags: whether it may become smaller, and whether anything is to be done at all
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Makes a disk of a guest larger or smaller, with the filesystem on it, and writes its new size into
 * the manifest, all of it or nothing: an image is changed in a copy beside it, which takes its place
 * when all is done. The guest must be shut down.
 *
 * |[
 * g_autoptr (DomuimgResize) done
 *     = domuimg_resize_run ("web1", NULL, "+4G", DOMUIMG_RESIZE_NONE, NULL, &error);
 * ]|
 *
 * Returns: (transfer full): what was done. %NULL on error:
 *   %DOMUIMG_ERROR_NOT_FOUND without a manifest, a disk or an image,
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT for a size that is none, or is less without
 *   %DOMUIMG_RESIZE_SHRINK, %DOMUIMG_ERROR_NO_SPACE where the files do not fit into it, or the copy
 *   not beside the image, %DOMUIMG_ERROR_NOT_SUPPORTED for a filesystem that cannot be resized,
 *   %DOMUIMG_ERROR_BUSY if the guest runs, %DOMUIMG_ERROR_TOOL_FAILED for a damaged filesystem,
 *   %DOMUIMG_ERROR_MISSING_TOOL, %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO; then the disk is as
 *   it was
 *
 * Since: 0.1
 */
DomuimgResize *
domuimg_resize_run (const char *what, const char *dir, const char *size, DomuimgResizeFlags flags,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgResize) self = NULL;
  g_autoptr (DomuimgRepairWork) work = domuimg_repair_work_new (cancellable);
  g_autofree char *guest = NULL;
  g_autofree char *vdev = NULL;

  g_return_val_if_fail (what != NULL, NULL);
  g_return_val_if_fail (size != NULL, NULL);
  self = g_object_new (DOMUIMG_TYPE_RESIZE, NULL);
  self->flags = flags;
  if (!split (what, &guest, &vdev, error) || !recover (flags, error)
      || !find_guest (self, guest, dir, error) || !read_manifest (self, work, error)
      || !find_disk (self, vdev, error) || !resize (self, work, size, cancellable, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * domuimg_resize_get_old_size:
 * @self: what was resized
 *
 * Returns: bytes of the disk before
 *
 * Since: 0.1
 */
guint64
domuimg_resize_get_old_size (DomuimgResize *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESIZE (self), 0);
  return self->old_size;
}

/**
 * domuimg_resize_get_new_size:
 * @self: what was resized
 *
 * Returns: bytes of the disk now
 *
 * Since: 0.1
 */
guint64
domuimg_resize_get_new_size (DomuimgResize *self)
{
  g_return_val_if_fail (DOMUIMG_IS_RESIZE (self), 0);
  return self->new_size;
}

/**
 * domuimg_resize_to_text:
 * @self: what was resized
 *
 * Returns: (transfer full): what was done, for a person
 *
 * Since: 0.1
 */
char *
domuimg_resize_to_text (DomuimgResize *self)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  g_return_val_if_fail (DOMUIMG_IS_RESIZE (self), NULL);
  before = g_format_size_full (self->old_size, G_FORMAT_SIZE_IEC_UNITS);
  after = g_format_size_full (self->new_size, G_FORMAT_SIZE_IEC_UNITS);
  if (self->old_size == self->new_size)
    return g_strdup_printf ("%s of %s has %s already\n", self->disk->vdev, self->name, after);
  return g_strdup_printf ("%s%s of %s from %s to %s\n",
                          (self->flags & DOMUIMG_RESIZE_DRY_RUN) != 0 ? "would resize " : "resized ",
                          self->disk->vdev, self->name, before, after);
}

/**
 * domuimg_resize_to_json:
 * @self: what was resized
 *
 * Returns: (transfer full): a JSON object with the members `name`, `disk` (such as `xvda`), `path`,
 *   `old_size` and `new_size` (bytes), and `done` (a boolean)
 *
 * Since: 0.1
 */
char *
domuimg_resize_to_json (DomuimgResize *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (DOMUIMG_IS_RESIZE (self), NULL);
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "name", self->name);
  domuimg_json_add_string (builder, "disk", self->disk->vdev);
  domuimg_json_add_string (builder, "path", self->disk->path);
  json_builder_set_member_name (builder, "old_size");
  json_builder_add_int_value (builder, (gint64) self->old_size);
  json_builder_set_member_name (builder, "new_size");
  json_builder_add_int_value (builder, (gint64) self->new_size);
  json_builder_set_member_name (builder, "done");
  json_builder_add_boolean_value (builder, self->old_size != self->new_size
                                               && (self->flags & DOMUIMG_RESIZE_DRY_RUN) == 0);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
