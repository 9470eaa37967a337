/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public object of clones: what they are made of, which there are to be, and their run. */
#include "config.h"
#include "domuimg/clone.h"

#include "lib/base/async.h"
#include "lib/base/json.h"
#include "lib/base/progress.h"
#include "lib/base/undo.h"
#include "lib/clone/clone-pattern.h"
#include "lib/clone/clone-rows.h"
#include "lib/clone/clone-run.h"
#include "lib/guest/identity.h"
#include "lib/guest/manifest-find.h"
#include "lib/spec/disk-kind.h"
#include "lib/spec/spec-keys.h"

#define COUNT_MAX 100000

/**
 * DomuimgClone:
 *
 * Makes copies of a guest, or of an image, that are machines of their own.
 *
 * Since: 0.1
 */
struct _DomuimgClone {
  GObject parent_instance;

  char *source;
  char *dir;  /* (nullable) */
  char *copy; /* (nullable) */
  guint64 cleaners;
  GPtrArray *specs;          /* of DomuimgSpec: one a clone */
  GPtrArray *places;         /* (element-type utf8) of each in a table; NULL: not from one */
  DomuimgCloneRun *run;      /* (nullable) the last one */
};

G_DEFINE_FINAL_TYPE (DomuimgClone, domuimg_clone, G_TYPE_OBJECT)

static void
domuimg_clone_finalize (GObject *object)
{
  DomuimgClone *self = DOMUIMG_CLONE (object);

  g_free (self->source);
  g_free (self->dir);
  g_free (self->copy);
  g_ptr_array_unref (self->specs);
  g_ptr_array_unref (self->places);
  g_clear_pointer (&self->run, domuimg_clone_run_free);
  G_OBJECT_CLASS (domuimg_clone_parent_class)->finalize (object);
}

static void
domuimg_clone_class_init (DomuimgCloneClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_clone_finalize;
}

static void
domuimg_clone_init (DomuimgClone *self)
{
  self->specs = g_ptr_array_new_with_free_func (g_object_unref);
  self->places = g_ptr_array_new_with_free_func (g_free);
  self->cleaners = domuimg_cleaners_with (DOMUIMG_CLEANER_USUAL);
}

/**
 * domuimg_clone_new:
 * @source: (type filename): what is cloned: a guest, by its name or the path of its manifest or
 *   configuration, or an image, by its path
 * @dir: (nullable) (type filename): the directory that the guest was made in, if @source is only its
 *   name
 *
 * Nothing is looked at yet.
 *
 * Returns: (transfer full): what makes clones, with none of them yet
 *
 * Since: 0.1
 */
DomuimgClone *
domuimg_clone_new (const char *source, const char *dir)
{
  DomuimgClone *self = g_object_new (DOMUIMG_TYPE_CLONE, NULL);

  g_return_val_if_fail (source != NULL, self);
  self->source = g_strdup (source);
  self->dir = g_strdup (dir);
  return self;
}

/**
 * domuimg_clone_set_copy:
 * @self: what makes clones
 * @way: (nullable): how disks are copied, one of those that domuimg_clone_describe_copies() tells;
 *   %NULL for the cheapest that the storage has
 *
 * Since: 0.1
 */
void
domuimg_clone_set_copy (DomuimgClone *self, const char *way)
{
  g_return_if_fail (DOMUIMG_IS_CLONE (self));
  g_free (self->copy);
  self->copy = g_strdup (way);
}

/**
 * domuimg_clone_set_identity:
 * @self: what makes clones
 * @cleaners: cleaners with commas between, as domuimg_clone_describe_identity() tells them: those are on
 *   in addition to the usual ones, or off with a `-` before; `none` and `all` begin with these
 * @error: return location for a #GError
 *
 * Which of the things that tell a machine from its copies are taken away or made anew.
 *
 * Returns: %FALSE, %DOMUIMG_ERROR_INVALID_ARGUMENT, where there is no such cleaner
 *
 * Since: 0.1
 */
gboolean
domuimg_clone_set_identity (DomuimgClone *self, const char *cleaners, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), FALSE);
  g_return_val_if_fail (cleaners != NULL, FALSE);
  return domuimg_cleaners_parse (cleaners, &self->cleaners, error);
}

static const char *const keys[]
    = { "name",     "dir",      "memory", "maxmem",     "vcpus",    "nic",      "hostname",
        "ssh-key",  "root-password-file", "root-password", "cloud-init", "ignition", "timezone",
        "locale",   "keymap",   "uuid",   "config",     "host-keys", "force",   "host",
        "allow-unbootable", NULL };

/**
 * domuimg_clone_list_keys:
 *
 * Returns: (transfer none) (array zero-terminated=1): the keys of a specification that a clone can have
 *
 * Since: 0.1
 */
const char *const *
domuimg_clone_list_keys (void)
{
  return keys;
}

/* What a clone has no use for would be lost without a word. */
static gboolean
check_keys (DomuimgSpec *spec, GError **error)
{
  const char *const *all = domuimg_spec_list_keys ();

  for (guint i = 0; all[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_spec_get_all (spec, all[i]);

      if (values[0] != NULL && !g_strv_contains (keys, all[i]))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "%s: a clone has that of what it is made of, and cannot be given another"
                             " one",
                             all[i]);
    }
  return TRUE;
}

static gboolean
add (DomuimgClone *self, DomuimgSpec *spec, const char *place, GError **error)
{
  if (!check_keys (spec, error))
    return FALSE;
  if (domuimg_spec_get (spec, "name") == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "a clone needs a name");
  g_ptr_array_add (self->specs, domuimg_spec_copy (spec));
  g_ptr_array_add (self->places, g_strdup (place));
  return TRUE;
}

/**
 * domuimg_clone_add:
 * @self: what makes clones
 * @spec: what this one is to have: its name, and other keys of domuimg_clone_list_keys(); a copy is
 *   taken
 * @error: return location for a #GError
 *
 * Adds a clone.
 *
 * Returns: %FALSE, %DOMUIMG_ERROR_INVALID_ARGUMENT, for a key that clones do not have, or without a name
 *
 * Since: 0.1
 */
gboolean
domuimg_clone_add (DomuimgClone *self, DomuimgSpec *spec, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), FALSE);
  g_return_val_if_fail (DOMUIMG_IS_SPEC (spec), FALSE);
  return add (self, spec, NULL, error);
}

/**
 * domuimg_clone_add_count:
 * @self: what makes clones
 * @spec: what they have but for their names
 * @pattern: their names, with `%d` for the number, or `%03d` for one of at least three digits
 * @count: how many there are to be
 * @error: return location for a #GError
 *
 * Adds @count clones with the numbers from 1 on.
 *
 * |[
 * if (!domuimg_clone_add_count (clone, spec, "web%03d", 100, &error))
 * ]|
 *
 * Returns: %FALSE, %DOMUIMG_ERROR_INVALID_ARGUMENT, for a pattern without a number, and as of
 *   domuimg_clone_add()
 *
 * Since: 0.1
 */
gboolean
domuimg_clone_add_count (DomuimgClone *self, DomuimgSpec *spec, const char *pattern, guint count,
                         GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), FALSE);
  g_return_val_if_fail (DOMUIMG_IS_SPEC (spec), FALSE);
  if (count == 0 || count > COUNT_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%u clones: expected a number from 1 to %d", count, COUNT_MAX);
  if (!domuimg_clone_pattern_check (pattern, error))
    return FALSE;
  for (guint i = 1; i <= count; i++)
    {
      g_autofree char *name = domuimg_clone_pattern_expand (pattern, i);
      g_autoptr (DomuimgSpec) one = domuimg_spec_copy (spec);

      if (!domuimg_spec_set (one, "name", name, error) || !domuimg_clone_add (self, one, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * domuimg_clone_add_table:
 * @self: what makes clones
 * @spec: what they have but for what the table says
 * @path: (type filename): a table of guests, a file whose name ends in `.csv` (RFC 4180, with the names of
 *   the columns in its first line) or `.json` (a list of objects)
 * @error: return location for a #GError
 *
 * Adds a clone for each row. Columns are keys of domuimg_clone_list_keys(), one of them `name`, or parts of
 * `nic`, such as `ip`, for the first card; what is empty is as in @spec.
 *
 * Returns: %FALSE, with nothing added, %DOMUIMG_ERROR_INVALID_ARGUMENT or
 *   %DOMUIMG_ERROR_CORRUPT_INPUT, for a bad row, with file, line and column in the message;
 *   %DOMUIMG_ERROR_NOT_FOUND, %DOMUIMG_ERROR_IO, and %DOMUIMG_ERROR_NOT_SUPPORTED for another format
 *
 * Since: 0.1
 */
gboolean
domuimg_clone_add_table (DomuimgClone *self, DomuimgSpec *spec, const char *path, GError **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  guint before;

  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), FALSE);
  g_return_val_if_fail (DOMUIMG_IS_SPEC (spec), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  before = self->specs->len;
  rows = domuimg_table_read (path, error);
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const DomuimgRow *row = g_ptr_array_index (rows, i);
      g_autoptr (DomuimgSpec) one = domuimg_clone_row_to_spec (row, spec, error);
      GError *local = NULL;

      if (one != NULL && add (self, one, row->where, &local))
        continue;
      if (local != NULL)
        g_propagate_prefixed_error (error, local, "%s: ", row->where);
      g_ptr_array_set_size (self->specs, (int) before);
      g_ptr_array_set_size (self->places, (int) before);
      return FALSE;
    }
  return rows != NULL;
}

/**
 * domuimg_clone_run:
 * @self: what makes clones
 * @progress: (nullable): tells how far it is
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Makes the clones that were added, each of them whole or not at all. What is wrong with one of them is
 * known before the first is made. Where one fails later, those that are complete stay, and
 * domuimg_clone_list_manifests() tells them.
 *
 * Returns: whether all were made. %FALSE on error: %DOMUIMG_ERROR_NOT_FOUND without a source,
 *   %DOMUIMG_ERROR_BUSY where it runs, was changed since it was itself cloned or is changed meanwhile, or where
 *   a guest's disk lies over what would be replaced, %DOMUIMG_ERROR_EXISTS for a name, file, UUID or address that
 *   is taken, %DOMUIMG_ERROR_NOT_SUPPORTED for a way to copy that the storage does not have, a filesystem that
 *   cannot be changed here, or a guest of which `force` would leave files behind,
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT, %DOMUIMG_ERROR_NO_SPACE, also of a pool of addresses, %DOMUIMG_ERROR_PERMISSION,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT, %DOMUIMG_ERROR_IO, %DOMUIMG_ERROR_NOT_BOOTABLE where a check says that a clone
 *   fails, and `allow-unbootable` is not set
 *
 * Since: 0.1
 */
gboolean
domuimg_clone_run (DomuimgClone *self, DomuimgProgress *progress, GCancellable *cancellable,
                   GError **error)
{
  g_auto (GStrv) recovered = NULL;
  DomuimgCloneWish wish;

  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), FALSE);
  g_clear_pointer (&self->run, domuimg_clone_run_free);
  wish = (DomuimgCloneWish){ self->source, self->dir, self->copy, self->cleaners, self->specs,
                             self->places };
  if (self->specs->len == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "no clone was asked for");
  /* What was killed among its renames is finished first. */
  recovered = domuimg_undo_recover (FALSE, error);
  self->run = recovered != NULL ? domuimg_clone_run_new (&wish, error) : NULL;
  return self->run != NULL && domuimg_clone_run_all (self->run, progress, cancellable, error);
}

static gpointer
run (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
     GError **error)
{
  return domuimg_clone_run (self, progress, cancellable, error) ? g_object_ref (self) : NULL;
}

/**
 * domuimg_clone_run_async:
 * @self: what makes clones
 * @progress: (nullable): tells how far it is, in the caller's main context
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_clone_run() in a thread. @self must not be changed meanwhile.
 *
 * Since: 0.1
 */
void
domuimg_clone_run_async (DomuimgClone *self, DomuimgProgress *progress, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (DOMUIMG_IS_CLONE (self));
  g_return_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress));
  domuimg_async_start (self, run, NULL, NULL, g_object_unref, progress, cancellable, callback,
                       user_data);
}

/**
 * domuimg_clone_run_finish:
 * @self: what makes clones
 * @result: what the callback got
 * @error: return location for a #GError, as of domuimg_clone_run()
 *
 * Returns: whether all were made
 *
 * Since: 0.1
 */
gboolean
domuimg_clone_run_finish (DomuimgClone *self, GAsyncResult *result, GError **error)
{
  g_autoptr (DomuimgClone) done = domuimg_async_finish (self, result, error);

  return done != NULL;
}

/**
 * domuimg_clone_list_manifests:
 * @self: what makes clones
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename): the manifests of those that
 *   the last run made
 *
 * Since: 0.1
 */
char **
domuimg_clone_list_manifests (DomuimgClone *self)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), NULL);
  if (self->run != NULL)
    domuimg_clone_run_list_manifests (self->run, paths);
  return g_strv_builder_end (paths);
}

/**
 * domuimg_clone_to_text:
 * @self: what makes clones
 *
 * Returns: (transfer full): what the last run made, for a person
 *
 * Since: 0.1
 */
char *
domuimg_clone_to_text (DomuimgClone *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), NULL);
  return self->run != NULL ? domuimg_clone_run_to_text (self->run) : g_strdup ("");
}

/**
 * domuimg_clone_to_json:
 * @self: what makes clones
 *
 * Returns: (transfer full): a JSON object with `source`, `copies` (how each of its disks is copied, in
 *   words), and `clones`, a list of objects with `name`, `uuid`, `disks` (paths), `config`, `xml`, `manifest`,
 *   `root_password` (where one was made), `verdict` (`boots`, `fails` or `unknown`; null without a
 *   configuration), `check` (its report, as of domuimg_report_to_json()) and `warnings`
 *
 * Since: 0.1
 */
char *
domuimg_clone_to_json (DomuimgClone *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLONE (self), NULL);
  return self->run != NULL ? domuimg_clone_run_to_json (self->run) : g_strdup ("{}");
}

/**
 * domuimg_clone_describe_copies:
 *
 * Returns: (transfer full): the ways to copy a disk, for a person: `reflink, overlay or sparse`
 *
 * Since: 0.1
 */
char *
domuimg_clone_describe_copies (void)
{
  return domuimg_disk_kind_list_copies ();
}

/**
 * domuimg_clone_describe_identity:
 *
 * Returns: (transfer full): the cleaners, a line each with its name and what it is of; those that are
 *   usual begin with `*`
 *
 * Since: 0.1
 */
char *
domuimg_clone_describe_identity (void)
{
  return domuimg_cleaners_describe ();
}
