/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest gets another name, with its files, as one transaction. */
#include "config.h"
#include "domuimg/rename.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/definition.h"
#include "lib/base/name.h"
#include "lib/base/path.h"
#include "lib/base/undo.h"
#include "lib/domain/config/file.h"
#include "lib/guest/known.h"
#include "lib/guest/manifest-find.h"
#include "lib/repair/base-image.h"
#include "lib/host/guest.h"
#include "lib/life/rename.h"
#include "lib/life/state.h"
#include "lib/spec/disk-kind.h"

typedef struct {
  const char *name; /* the new one */
  char *path;       /* of the manifest */
  char *old;        /* name */
  DomuimgManifest *manifest;
  GPtrArray *paths; /* (element-type DomuimgRenamePath) */
  gboolean is_plan;
  gboolean starts_with_host; /* libvirt starts it so */
  DomuimgUndo *undo; /* (nullable) for a plan */
  GStrvBuilder *lines;
} Rename;

static void
rename_clear (Rename *self)
{
  g_free (self->path);
  g_free (self->old);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_clear_pointer (&self->paths, g_ptr_array_unref);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_clear_pointer (&self->lines, g_strv_builder_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rename, rename_clear)

static void G_GNUC_PRINTF (2, 3)
add_line (Rename *self, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  g_strv_builder_add (self->lines, line);
}

/* Another guest has no configuration either: a clone of an image alone. */
static gboolean
is_in_archive (const DomuimgManifest *manifest)
{
  for (guint i = 0; manifest->config == NULL && i < manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (manifest->disks, i);
      const DomuimgDiskKind *kind
          = disk->format != NULL ? domuimg_disk_kind_find_stored (disk->kind, disk->format) : NULL;

      if (kind != NULL && (kind->traits & DOMUIMG_DISK_HOLDS_ALL) != 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
check_manifest (Rename *self, GError **error)
{
  if (g_strcmp0 (self->manifest->name, self->name) == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "the guest is called %s already",
                         self->name);
  if (is_in_archive (self->manifest))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is in an archive, which has its name inside: give it another one where"
                         " it is imported",
                         self->manifest->name);
  if (domuimg_rename_find (self->paths, self->path) == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "the manifest %s is not named for %s: give the file that name first",
                         self->path, self->manifest->name);
  return TRUE;
}

static gboolean
read_guest (Rename *self, GError **error)
{
  DomuimgManifest *read = domuimg_manifest_read (self->path, error);

  if (read == NULL)
    return FALSE;
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  self->manifest = read;
  if (read->name == NULL)
    read->name = g_strdup (self->old);
  g_clear_pointer (&self->paths, g_ptr_array_unref);
  self->paths = domuimg_rename_list_paths (read, self->path, self->name);
  return check_manifest (self, error);
}

/* Read again once nobody else can change it. */
static gboolean
lock_guest (Rename *self, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  if (self->is_plan)
    return TRUE;
  self->undo = domuimg_undo_new (error);
  for (guint i = 0; i < self->paths->len; i++)
    {
      const DomuimgRenamePath *one = g_ptr_array_index (self->paths, i);

      g_ptr_array_add (names, one->from);
      g_ptr_array_add (names, one->to);
    }
  g_ptr_array_add (names, NULL);
  return self->undo != NULL && domuimg_undo_lock (self->undo, (const char *const *) names->pdata, error)
         && read_guest (self, error);
}

static gboolean
check_free (Rename *self, const char *path, GError **error)
{
  struct stat status;

  if (!domuimg_path_look (path, &status, error))
    return FALSE;
  return status.st_mode == 0
         || domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "%s exists already; choose another name", path);
}

/* Both names are of the same file until the commit, which takes the old one away. */
static gboolean
add_link (Rename *self, const DomuimgRenamePath *one, GError **error)
{
  g_autofree char *temporary = domuimg_undo_add_result (self->undo, one->to, FALSE, error);

  if (temporary == NULL)
    return FALSE;
  return link (one->from, temporary) == 0
         || domuimg_set_errno (error, errno, "giving %s a second name beside it", one->from);
}

static char *
rewrite (Rename *self, const char *path, const char *text, GError **error)
{
  if (g_strcmp0 (path, self->manifest->xml) == 0)
    return domuimg_rename_xml (text, path, self->name, self->paths, error);
  return domuimg_rename_config (text, path, self->name, self->paths, error);
}

static gboolean
add_text (Rename *self, const DomuimgRenamePath *one, GError **error)
{
  struct stat status;
  g_autofree char *before = domuimg_config_read (one->from, &status, error);
  g_autofree char *text = before != NULL ? rewrite (self, one->from, before, error) : NULL;

  return text != NULL
         && (self->is_plan || domuimg_config_add_result (self->undo, one->to, text, &status, error));
}

static gboolean
is_text (Rename *self, const char *path)
{
  return g_strcmp0 (path, self->manifest->config) == 0 || g_strcmp0 (path, self->manifest->xml) == 0
         || g_strcmp0 (path, self->manifest->installer.config) == 0;
}

/* The manifest comes last, when all of it is known. */
static gboolean
add_file (Rename *self, const DomuimgRenamePath *one, GError **error)
{
  struct stat status;

  if (g_str_equal (one->from, self->path))
    return TRUE;
  if (!domuimg_path_look (one->from, &status, error) || !check_free (self, one->to, error))
    return FALSE;
  if (status.st_mode == 0)
    {
      add_line (self, "%s is missing", one->from);
      return TRUE;
    }
  if (is_text (self, one->from) ? !add_text (self, one, error)
                                : !self->is_plan && !add_link (self, one, error))
    return FALSE;
  add_line (self, self->is_plan ? "would rename %s to %s" : "renamed %s to %s", one->from, one->to);
  return self->is_plan || domuimg_undo_add_removal (self->undo, one->from, error);
}

static gboolean
add_manifest (Rename *self, GError **error)
{
  g_autofree char *to = g_strdup (domuimg_rename_find (self->paths, self->path));
  g_autofree char *text = NULL;
  struct stat status;

  if (!domuimg_path_look (self->path, &status, error) || !check_free (self, to, error))
    return FALSE;
  add_line (self, self->is_plan ? "would rename %s to %s" : "renamed %s to %s", self->path, to);
  if (self->is_plan)
    return TRUE;
  domuimg_rename_manifest (self->manifest, self->name, self->paths);
  text = domuimg_manifest_write (self->manifest);
  domuimg_known_add (to);
  return domuimg_config_add_result (self->undo, to, text, &status, error)
         && domuimg_undo_add_removal (self->undo, self->path, error);
}

/* Where the disks stay, it is told. */
static void
add_left (Rename *self)
{
  for (guint i = 0; i < self->manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (self->manifest->disks, i);

      if (disk->path != NULL && domuimg_rename_find (self->paths, disk->path) == NULL)
        add_line (self, "%s keeps its name", disk->path);
    }
}

static gboolean
add_autostart (Rename *self, GError **error)
{
  const char *config = self->manifest->config;
  const char *to = config != NULL ? domuimg_rename_find (self->paths, config) : NULL;
  g_autofree char *old
      = config != NULL ? domuimg_autostart_find (DOMUIMG_CONFIG_DIRECTORY, config) : NULL;
  g_autofree char *directory = NULL;
  g_autofree char *name = NULL;
  g_autofree char *link = NULL;
  g_autofree char *temporary = NULL;

  if (old == NULL || to == NULL)
    return TRUE;
  directory = g_path_get_dirname (old);
  name = g_path_get_basename (to);
  link = g_build_filename (directory, name, NULL);
  add_line (self, self->is_plan ? "would rename %s to %s" : "renamed %s to %s", old, link);
  if (self->is_plan)
    return TRUE;
  temporary = domuimg_undo_add_result (self->undo, link, FALSE, error);
  if (temporary == NULL)
    return FALSE;
  if (symlink (to, temporary) != 0)
    return domuimg_set_errno (error, errno, "making the link %s", link);
  return domuimg_undo_add_removal (self->undo, old, error);
}

/* libvirt has the guest by its old name until all else has the new one. */
static gboolean
add_definition (Rename *self, GError **error)
{
  const char *xml = self->manifest->xml != NULL
                        ? domuimg_rename_find (self->paths, self->manifest->xml)
                        : NULL;
  g_autofree char *address = NULL;

  if (self->manifest->defined == NULL)
    return TRUE;
  if (xml == NULL || self->manifest->uuid == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "libvirt has %s, and there is no XML of it that is named for it", self->manifest->name);
  address = domuimg_definition_make_address (self->manifest->defined, self->name);
  add_line (self, self->is_plan ? "would define it by its new name: %s" : "defined it by its new name: %s",
            address);
  return self->is_plan
         || domuimg_undo_add_redefinition (self->undo, address, self->manifest->uuid, xml,
                                           self->starts_with_host, error);
}

/* What the journal does in any case is done here, too, so that a failure is told. */
static void
tell_libvirt (Rename *self)
{
  g_autofree char *address = NULL;
  g_autoptr (GError) local = NULL;

  if (self->manifest->defined == NULL)
    return;
  address = domuimg_definition_make_address (self->manifest->defined, self->name);
  if (!domuimg_definition_make_anew (address, self->manifest->uuid, self->manifest->xml,
                                     self->starts_with_host, &local))
    add_line (self, "libvirt still has it by its old name, domuimg cleanup tells it again: %s", local->message);
}

static gboolean
commit (Rename *self, GError **error)
{
  if (!domuimg_undo_commit (self->undo, error))
    return FALSE;
  tell_libvirt (self);
  return TRUE;
}

static gboolean
add_all (Rename *self, GError **error)
{
  for (guint i = 0; i < self->paths->len; i++)
    if (!add_file (self, g_ptr_array_index (self->paths, i), error))
      return FALSE;
  add_left (self);
  /* An overlay names the file that it lies over. */
  return domuimg_base_image_check_unused (self->manifest, error) && add_autostart (self, error)
         && add_definition (self, error) && add_manifest (self, error)
         && (self->is_plan || commit (self, error));
}

static gboolean
check_off (Rename *self, DomuimgBackend backend, const char *connect, GCancellable *cancellable,
           GError **error)
{
  g_auto (DomuimgLifeState) state = { 0 };

  if (!domuimg_life_state_ask (&state, self->manifest, backend, connect, cancellable, error)
      || !domuimg_life_state_check_off (&state, self->manifest->name, error))
    return FALSE;
  self->starts_with_host = state.autostart;
  return TRUE;
}

/* What was killed among its renames is finished first. */
static gboolean
recover (Rename *self, GError **error)
{
  g_auto (GStrv) recovered = self->is_plan ? NULL : domuimg_undo_recover (FALSE, error);

  return self->is_plan || recovered != NULL;
}

static gboolean
find (Rename *self, const char *what, const char *dir, GError **error)
{
  self->manifest = domuimg_manifest_find_guest (what, dir, &self->path, error);
  if (self->manifest == NULL)
    return FALSE;
  self->old = g_strdup (self->manifest->name);
  return read_guest (self, error);
}

/**
 * domuimg_rename_guest:
 * @what: (type filename): the guest: its name, or the path of its configuration or manifest
 * @dir: (nullable) (type filename): the directory that it was made in, if @what is only its name
 * @name: what it is to be called
 * @backend: what it may run by
 * @connect: (nullable): libvirt's URI; %NULL for the libvirt that it was defined by when it was made
 * @flags: whether anything is to be done at all
 * @cancellable: (nullable): stops it before anything is renamed
 * @error: return location for a #GError
 *
 * Gives a guest that is shut down another name: its disks, kernel, configurations and manifest, and the
 * link that starts it with the host, are renamed, and their texts say the new names; all of it or
 * nothing, and after a kill domuimg_cleanup() does the rest. Files that were given a path of their own when the
 * guest was made, volumes and devices keep their names. Inside the guest nothing changes.
 *
 * |[
 * g_auto (GStrv) done = domuimg_rename_guest ("web1", NULL, "www", DOMUIMG_BACKEND_LIBXL, NULL,
 *                                             DOMUIMG_RENAME_NONE, NULL, &error);
 * ]|
 *
 * Returns: (transfer full) (array zero-terminated=1): what was done, a line each. %NULL on error:
 *   %DOMUIMG_ERROR_NOT_FOUND without a manifest, %DOMUIMG_ERROR_INVALID_ARGUMENT for a name that
 *   is none, %DOMUIMG_ERROR_EXISTS where something has the new name, %DOMUIMG_ERROR_BUSY if the guest
 *   runs, or another process changes it, %DOMUIMG_ERROR_NOT_SUPPORTED for a guest in an archive,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT for a damaged configuration or manifest, %DOMUIMG_ERROR_PERMISSION or
 *   %DOMUIMG_ERROR_IO; then everything has its old name
 *
 * Since: 0.1
 */
char **
domuimg_rename_guest (const char *what, const char *dir, const char *name, DomuimgBackend backend,
                      const char *connect, DomuimgRenameFlags flags, GCancellable *cancellable,
                      GError **error)
{
  g_auto (Rename) self = { .name = name, .is_plan = (flags & DOMUIMG_RENAME_DRY_RUN) != 0 };

  g_return_val_if_fail (what != NULL && name != NULL, NULL);
  self.lines = g_strv_builder_new ();
  if (!domuimg_name_check (name, error) || !recover (&self, error) || !find (&self, what, dir, error)
      || !check_off (&self, backend, connect, cancellable, error)
      || g_cancellable_set_error_if_cancelled (cancellable, error) || !lock_guest (&self, error)
      || !add_all (&self, error))
    return NULL;
  return g_strv_builder_end (self.lines);
}
