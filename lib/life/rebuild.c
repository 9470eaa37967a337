/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that is made again from its manifest, in place of the old one. */
#include "config.h"
#include "domuimg/rebuild.h"

#include "lib/base/json.h"
#include "lib/base/label.h"
#include "lib/base/undo.h"
#include "lib/build/again.h"
#include "lib/domain/config/file.h"
#include "lib/guest/known.h"
#include "lib/guest/manifest-find.h"
#include "lib/life/rebuild.h"
#include "lib/life/state.h"
#include "lib/repair/base-image.h"

/**
 * DomuimgRebuild:
 *
 * A guest that is made again from its manifest.
 *
 * Since: 0.1
 */
struct _DomuimgRebuild {
  GObject parent_instance;

  char *what;
  char *dir;
  DomuimgBackend backend;
  char *connect;
  char *root_password_file;
  gboolean allow_unbootable;
  char *path;                /* (nullable) of the manifest, once it is found */
  DomuimgManifest *manifest; /* of the guest as it was */
  DomuimgSpec *spec;         /* (nullable) of what is built */
  DomuimgClone *clone;       /* (nullable) or cloned */
  char *label;
  char *config_text;         /* (nullable) as it stands before */
  DomuimgResult *result;     /* (nullable) of a build */
  char *made;                /* (nullable) the manifest that is there now */
  char *manifest_text;       /* (nullable) what is in it */
  GPtrArray *changes; /* (element-type utf8) */
};

G_DEFINE_FINAL_TYPE (DomuimgRebuild, domuimg_rebuild, G_TYPE_OBJECT)

static void
domuimg_rebuild_finalize (GObject *object)
{
  DomuimgRebuild *self = DOMUIMG_REBUILD (object);

  g_free (self->what);
  g_free (self->dir);
  g_free (self->connect);
  g_free (self->root_password_file);
  g_free (self->path);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_clear_object (&self->spec);
  g_clear_object (&self->clone);
  g_free (self->made);
  g_free (self->manifest_text);
  g_free (self->label);
  g_free (self->config_text);
  g_clear_object (&self->result);
  g_ptr_array_unref (self->changes);
  G_OBJECT_CLASS (domuimg_rebuild_parent_class)->finalize (object);
}

static void
domuimg_rebuild_class_init (DomuimgRebuildClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_rebuild_finalize;
}

static void
domuimg_rebuild_init (DomuimgRebuild *self)
{
  self->changes = g_ptr_array_new_with_free_func (g_free);
}

/**
 * domuimg_rebuild_new:
 * @what: (type filename): the guest: its name, or the path of its configuration or manifest
 * @dir: (nullable) (type filename): the directory that it was made in, if @what is only its name
 *
 * Returns: (transfer full): a rebuild that has not begun, and can be run once
 *
 * Since: 0.1
 */
DomuimgRebuild *
domuimg_rebuild_new (const char *what, const char *dir)
{
  DomuimgRebuild *self;

  g_return_val_if_fail (what != NULL, NULL);
  self = g_object_new (DOMUIMG_TYPE_REBUILD, NULL);
  self->what = g_strdup (what);
  self->dir = g_strdup (dir);
  return self;
}

/**
 * domuimg_rebuild_set_backend:
 * @self: a rebuild
 * @backend: what the guest may run by; libxl, if this is never called
 *
 * Since: 0.1
 */
void
domuimg_rebuild_set_backend (DomuimgRebuild *self, DomuimgBackend backend)
{
  g_return_if_fail (DOMUIMG_IS_REBUILD (self));
  self->backend = backend;
}

/**
 * domuimg_rebuild_set_connect:
 * @self: a rebuild
 * @connect: (nullable): libvirt's URI; %NULL for the libvirt that the guest was defined by when it was made
 *
 * Since: 0.1
 */
void
domuimg_rebuild_set_connect (DomuimgRebuild *self, const char *connect)
{
  g_return_if_fail (DOMUIMG_IS_REBUILD (self));
  g_free (self->connect);
  self->connect = g_strdup (connect);
}

/**
 * domuimg_rebuild_set_root_password_file:
 * @self: a rebuild
 * @path: (nullable) (type filename): a file with root's password in its first line, `-` for standard input;
 *   %NULL for that which the guest was made with, if it still exists
 *
 * Since: 0.1
 */
void
domuimg_rebuild_set_root_password_file (DomuimgRebuild *self, const char *path)
{
  g_return_if_fail (DOMUIMG_IS_REBUILD (self));
  g_free (self->root_password_file);
  self->root_password_file = g_strdup (path);
}

/**
 * domuimg_rebuild_set_allow_unbootable:
 * @self: a rebuild
 * @allow: whether the new guest takes the old one's place even if a check says that it will not boot
 *
 * Since: 0.1
 */
void
domuimg_rebuild_set_allow_unbootable (DomuimgRebuild *self, gboolean allow)
{
  g_return_if_fail (DOMUIMG_IS_REBUILD (self));
  self->allow_unbootable = allow;
}

static gboolean
check_off (DomuimgRebuild *self, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgLifeState) state = { 0 };

  if (!domuimg_life_state_ask (&state, self->manifest, self->backend, self->connect, cancellable, error)
      || !domuimg_life_state_check_off (&state, self->manifest->name, error))
    return FALSE;
  return domuimg_base_image_check_unused (self->manifest, error);
}

/* The label comes first: what is written after it was taken is seen at the commit. */
static gboolean
prepare (DomuimgRebuild *self, GCancellable *cancellable, GError **error)
{
  const DomuimgRebuildOptions options = { self->root_password_file, self->allow_unbootable };
  DomuimgManifest *read;

  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->label, g_free);
  g_clear_object (&self->spec);
  g_clear_object (&self->clone);
  self->manifest = domuimg_manifest_find_guest (self->what, self->dir, &self->path, error);
  if (self->manifest == NULL)
    return FALSE;
  self->label = domuimg_label_of (self->path, error);
  read = self->label != NULL ? domuimg_manifest_read (self->path, error) : NULL;
  if (read == NULL)
    return FALSE;
  if (read->name == NULL)
    read->name = g_strdup (self->manifest->name);
  domuimg_manifest_free (self->manifest);
  self->manifest = read;
  if (!check_off (self, cancellable, error))
    return FALSE;
  if (read->clone_of != NULL)
    self->clone = domuimg_rebuild_make_clone (read, &options, error);
  else
    self->spec = domuimg_rebuild_make_spec (read, &options, error);
  return self->clone != NULL || self->spec != NULL;
}

static char *
plan_clone (const DomuimgManifest *manifest)
{
  const DomuimgManifestDisk *disk = g_ptr_array_index (manifest->disks, 0);

  return g_strdup_printf ("%s is cloned again, of %s\n"
                          "%s becomes a new copy: what was written to it since is not kept\n"
                          "UUID and MAC addresses stay\n",
                          manifest->name, manifest->clone_of, disk->path);
}

/**
 * domuimg_rebuild_plan:
 * @self: a rebuild
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError, as of domuimg_rebuild_run()
 *
 * Returns: (transfer full): what domuimg_rebuild_run() would do, for a person; nothing is changed. Or %NULL
 *
 * Since: 0.1
 */
char *
domuimg_rebuild_plan (DomuimgRebuild *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgBuild) build = NULL;
  g_autoptr (DomuimgRehearsal) rehearsal = NULL;
  g_autofree char *plan = NULL;
  GString *text;

  g_return_val_if_fail (DOMUIMG_IS_REBUILD (self), NULL);
  if (!prepare (self, cancellable, error))
    return NULL;
  if (self->clone != NULL)
    return plan_clone (self->manifest);
  build = domuimg_build_new (self->spec);
  rehearsal = domuimg_build_rehearse (build, cancellable, error);
  if (rehearsal == NULL)
    return NULL;
  plan = domuimg_rehearsal_to_text (rehearsal);
  text = g_string_new (plan);
  if (self->manifest->config != NULL)
    g_string_append_printf (text, "%s is written anew: what was edited in it since is not kept\n",
                            self->manifest->config);
  for (guint i = 1; i < self->manifest->disks->len; i++)
    g_string_append_printf (text,
                            "%s is kept: what is made in its place serves to judge the guest, and goes again\n",
                            ((const DomuimgManifestDisk *) self->manifest->disks->pdata[i])->path);
  return g_string_free (text, FALSE);
}

/* One that is missing, or in a language of its own, has nothing to be compared. */
static char *
read_config (const DomuimgManifest *manifest)
{
  struct stat status;

  return manifest->config != NULL ? domuimg_config_read (manifest->config, &status, NULL) : NULL;
}

static gboolean
compare (DomuimgRebuild *self, GHashTable *before, GError **error)
{
  g_autoptr (DomuimgManifest) after = domuimg_manifest_read (self->made, error);
  g_autoptr (GHashTable) packages = NULL;
  g_autofree char *config = NULL;

  if (after == NULL)
    return FALSE;
  self->manifest_text = domuimg_manifest_write (after);
  domuimg_rebuild_compare (self->manifest, after, self->changes);
  config = read_config (after);
  if (config != NULL && self->config_text != NULL)
    domuimg_rebuild_compare_configs (after->config, self->config_text, config, self->changes);
  packages = before != NULL ? domuimg_rebuild_read_packages (after, self->changes) : NULL;
  if (packages != NULL)
    domuimg_rebuild_compare_packages (before, packages, self->changes);
  return TRUE;
}

static gboolean
build_again (DomuimgRebuild *self, DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgBuild) build = domuimg_build_new_again (self->spec, self->label);

  self->result = domuimg_build_run (build, progress, cancellable, error);
  if (self->result == NULL)
    return FALSE;
  self->made = g_strdup (domuimg_result_get_manifest_path (self->result));
  return TRUE;
}

static gboolean
clone_again (DomuimgRebuild *self, DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_auto (GStrv) manifests = NULL;

  if (!domuimg_clone_run (self->clone, progress, cancellable, error))
    return FALSE;
  manifests = domuimg_clone_list_manifests (self->clone);
  self->made = g_strdup (manifests[0]);
  return TRUE;
}

/**
 * domuimg_rebuild_run:
 * @self: a rebuild
 * @progress: (nullable): is told how far it is
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Makes the guest again from the specification in its manifest. It keeps its name, UUID and MAC addresses, and
 * all disks but the first, which nothing is written to. The old guest stays until the new one is whole, and
 * a check has found nothing that keeps it from its login; then it is replaced in one transaction. A clone is
 * made again of what it was cloned of, with the same cleaners.
 *
 * |[
 * g_autoptr (DomuimgRebuild) rebuild = domuimg_rebuild_new ("web1", NULL);
 * if (domuimg_rebuild_run (rebuild, NULL, NULL, &error))
 *   {
 *     g_autofree char *text = domuimg_rebuild_to_text (rebuild);
 *     g_print ("%s", text);
 *   }
 * ]|
 *
 * Returns: whether the new guest is there. %FALSE on error: those of domuimg_build_run(), and
 *   %DOMUIMG_ERROR_NOT_FOUND for inputs that are not there any more, with the names of all,
 *   %DOMUIMG_ERROR_NOT_SUPPORTED for a guest that was not made by a build, is installed by an installer, or is
 *   on what cannot be replaced at once, %DOMUIMG_ERROR_BUSY where it runs, another guest's disk lies
 *   over its own, or it was changed meanwhile; then the old guest is as it was
 *
 * Since: 0.1
 */
gboolean
domuimg_rebuild_run (DomuimgRebuild *self, DomuimgProgress *progress, GCancellable *cancellable,
                     GError **error)
{
  g_autoptr (GHashTable) packages = NULL;
  g_auto (GStrv) recovered = NULL;

  g_return_val_if_fail (DOMUIMG_IS_REBUILD (self), FALSE);
  g_return_val_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress), FALSE);
  g_return_val_if_fail (self->made == NULL, FALSE);
  /* What was killed among its renames is finished first. */
  recovered = domuimg_undo_recover (FALSE, error);
  if (recovered == NULL || !prepare (self, cancellable, error))
    return FALSE;
  /* A clone has those of what it was cloned of. */
  packages = self->clone == NULL ? domuimg_rebuild_read_packages (self->manifest, self->changes) : NULL;
  self->config_text = read_config (self->manifest);
  return (self->clone != NULL ? clone_again (self, progress, cancellable, error)
                              : build_again (self, progress, cancellable, error))
         && compare (self, packages, error);
}

/**
 * domuimg_rebuild_list_changes:
 * @self: a rebuild that has run
 *
 * Returns: (transfer full) (array zero-terminated=1): what the guest has otherwise than before, a line each:
 *   its kernel, sizes of disks, packages, and lines of its configuration
 *
 * Since: 0.1
 */
char **
domuimg_rebuild_list_changes (DomuimgRebuild *self)
{
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();

  g_return_val_if_fail (DOMUIMG_IS_REBUILD (self), NULL);
  for (guint i = 0; i < self->changes->len; i++)
    g_strv_builder_add (lines, g_ptr_array_index (self->changes, i));
  return g_strv_builder_end (lines);
}

/**
 * domuimg_rebuild_to_text:
 * @self: a rebuild that has run
 *
 * Returns: (transfer full): what was made, kept and changed, for a person
 *
 * Since: 0.1
 */
char *
domuimg_rebuild_to_text (DomuimgRebuild *self)
{
  g_autofree char *result = NULL;
  GString *text;

  g_return_val_if_fail (DOMUIMG_IS_REBUILD (self), NULL);
  g_return_val_if_fail (self->made != NULL, NULL);
  result = self->clone != NULL ? domuimg_clone_to_text (self->clone) : domuimg_result_to_text (self->result);
  text = g_string_new (result);
  for (guint i = 1; self->clone == NULL && i < self->manifest->disks->len; i++)
    g_string_append_printf (text, "Kept %s as it was\n",
                            ((const DomuimgManifestDisk *) self->manifest->disks->pdata[i])->path);
  if (self->changes->len == 0)
    g_string_append (text, "Nothing has changed but what is random in each guest\n");
  for (guint i = 0; i < self->changes->len; i++)
    g_string_append_printf (text, "Changed: %s\n", (const char *) g_ptr_array_index (self->changes, i));
  return g_string_free (text, FALSE);
}

/* A manifest keeps no secrets. */
static void
take_password (DomuimgClone *clone, JsonObject *into)
{
  g_autofree char *text = domuimg_clone_to_json (clone);
  g_autoptr (JsonNode) said = json_from_string (text, NULL);
  JsonArray *clones = json_object_get_array_member (json_node_get_object (said), "clones");
  JsonObject *first = json_array_get_object_element (clones, 0);
  const char *password = json_object_get_string_member_with_default (first, "root_password", NULL);

  if (password != NULL)
    json_object_set_string_member (into, "root_password", password);
}

/**
 * domuimg_rebuild_to_json:
 * @self: a rebuild that has run
 *
 * Returns: (transfer full): the manifest, as domuimg_result_to_json() has it, with a member `rebuilt`: an object
 *   with `kept` (paths of disks that stayed) and `changes` (lines)
 *
 * Since: 0.1
 */
char *
domuimg_rebuild_to_json (DomuimgRebuild *self)
{
  g_autofree char *result = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *rebuilt;
  JsonArray *kept = json_array_new ();
  JsonArray *changes = json_array_new ();

  g_return_val_if_fail (DOMUIMG_IS_REBUILD (self), NULL);
  g_return_val_if_fail (self->made != NULL, NULL);
  result = self->clone != NULL ? g_strdup (self->manifest_text) : domuimg_result_to_json (self->result);
  root = json_from_string (result, NULL);
  if (self->clone != NULL)
    take_password (self->clone, json_node_get_object (root));
  rebuilt = json_object_new ();
  for (guint i = 1; self->clone == NULL && i < self->manifest->disks->len; i++)
    json_array_add_string_element (
        kept, ((const DomuimgManifestDisk *) self->manifest->disks->pdata[i])->path);
  for (guint i = 0; i < self->changes->len; i++)
    json_array_add_string_element (changes, g_ptr_array_index (self->changes, i));
  json_object_set_array_member (rebuilt, "kept", kept);
  json_object_set_array_member (rebuilt, "changes", changes);
  json_object_set_object_member (json_node_get_object (root), "rebuilt", rebuilt);
  return json_to_string (root, TRUE);
}
