/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/repair.h"

#include <string.h>

#include "lib/check/report.h"
#include "lib/guest/aside.h"

void
domuimg_repair_note (DomuimgRepairSite *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->changes, g_strdup_vprintf (format, args));
  va_end (args);
}

/* Of a root= that is wrong, the filesystem is meant that holds a root. */
static DomuimgCheckDevice *
root_of (DomuimgMachine *machine)
{
  return machine->tree != NULL ? machine->root : domuimg_machine_guess_root (machine);
}

DomuimgTree *
domuimg_repair_get_tree (DomuimgRepairSite *self, GError **error)
{
  DomuimgCheckDevice *root;

  if (self->tree != NULL || self->work == NULL)
    return self->tree;
  root = root_of (self->machine);
  if (root == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no filesystem with the guest's root",
                    self->machine->path);
      return NULL;
    }
  self->tree = domuimg_repair_work_open (self->work, root, error);
  return self->tree;
}

DomuimgTree *
domuimg_repair_get_boot_tree (DomuimgRepairSite *self, GError **error)
{
  if (self->boot_tree != NULL)
    return self->boot_tree;
  if (self->work == NULL || self->machine->boot_device == NULL)
    return domuimg_repair_get_tree (self, error);
  self->boot_tree = domuimg_repair_work_open (self->work, self->machine->boot_device, error);
  return self->boot_tree;
}

const char *
domuimg_repair_get_file (DomuimgRepairSite *self, const char *path, GError **error)
{
  return domuimg_repair_work_image (self->work, path, error);
}

char *
domuimg_repair_get_volume (DomuimgRepairSite *self, const DomuimgCheckDevice *device,
                           guint64 *offset, GError **error)
{
  const char *path;

  if (!g_str_equal (domuimg_image_get_format (device->image), "raw") || device->volume->lv != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s: only a filesystem in a raw image can be changed this way",
                    domuimg_image_get_path (device->image));
      return NULL;
    }
  if (!domuimg_repair_work_close (self->work, device, error))
    return NULL;
  self->tree = NULL;
  self->boot_tree = NULL;
  path = domuimg_repair_work_image (self->work, domuimg_image_get_path (device->image), error);
  *offset = device->volume->offset;
  return g_strdup (path);
}

/* @prefix: where @tree is mounted in the guest. */
static gboolean
keep (DomuimgRepairSite *self, DomuimgTree *tree, const char *prefix, const char *path,
      GError **error)
{
  DomuimgTree *to = domuimg_repair_get_tree (self, error);
  g_autoptr (GError) local = NULL;
  g_autofree char *resolved = domuimg_tree_resolve (tree, path, &local);
  g_autofree char *name = g_build_filename ("/", prefix, resolved, NULL);
  g_autofree char *kept = NULL;

  if (to == NULL)
    return FALSE;
  if (self->no_backup)
    return TRUE;
  if (resolved == NULL || !domuimg_tree_exists (tree, resolved))
    return TRUE;
  if (self->kept != NULL && g_hash_table_contains (self->kept, name))
    return TRUE;
  kept = domuimg_aside_copy (tree, resolved, to, name, self->cancellable, error);
  if (kept != NULL && self->kept != NULL)
    g_hash_table_add (self->kept, g_steal_pointer (&name));
  return kept != NULL;
}

static gboolean
write_text (DomuimgRepairSite *self, DomuimgTree *tree, const char *prefix, const char *path,
            const char *text, guint32 mode, GError **error)
{
  g_autofree char *old = domuimg_tree_read_text (tree, path, NULL);
  g_autofree char *directory = g_path_get_dirname (path);

  if (old != NULL && g_str_equal (old, text))
    return TRUE;
  if (!keep (self, tree, prefix, path, error)
      || (!domuimg_tree_is_dir (tree, directory)
          && !domuimg_tree_mkdir_p (tree, directory, 0755, error))
      || !domuimg_tree_write_text (tree, path, text, mode, error))
    return FALSE;
  domuimg_repair_note (self, "%s %s%s%s", old != NULL ? "changed" : "wrote", prefix,
                       *path == '/' ? "" : "/", path);
  return TRUE;
}

static const char *
prefix_of_boot (DomuimgRepairSite *self, DomuimgTree *tree)
{
  return tree == self->tree ? "" : "/boot";
}

gboolean
domuimg_repair_keep (DomuimgRepairSite *self, const char *path, GError **error)
{
  DomuimgTree *tree = domuimg_repair_get_tree (self, error);

  return tree != NULL && keep (self, tree, "", path, error);
}

gboolean
domuimg_repair_write (DomuimgRepairSite *self, const char *path, const char *text, guint32 mode,
                      GError **error)
{
  DomuimgTree *tree = domuimg_repair_get_tree (self, error);

  return tree != NULL && write_text (self, tree, "", path, text, mode, error);
}

gboolean
domuimg_repair_keep_boot (DomuimgRepairSite *self, const char *path, GError **error)
{
  DomuimgTree *boot = domuimg_repair_get_boot_tree (self, error);

  return boot != NULL && domuimg_repair_get_tree (self, error) != NULL
         && keep (self, boot, prefix_of_boot (self, boot), path, error);
}

gboolean
domuimg_repair_write_boot (DomuimgRepairSite *self, const char *path, const char *text,
                           guint32 mode, GError **error)
{
  DomuimgTree *boot = domuimg_repair_get_boot_tree (self, error);

  return boot != NULL && domuimg_repair_get_tree (self, error) != NULL
         && write_text (self, boot, prefix_of_boot (self, boot), path, text, mode, error);
}

gboolean
domuimg_repair_set_config (DomuimgRepairSite *self, const char *key, const char *value,
                           GError **error)
{
  g_autoptr (DomuimgXlFile) file = NULL;
  char *text;

  if (self->config_text == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: there is no configuration to set %s in", self->machine->path, key);
  file = domuimg_xl_file_parse (self->config_text, strlen (self->config_text),
                                self->machine->path, error);
  if (file == NULL)
    return FALSE;
  text = domuimg_xl_file_edit (file, key, value);
  if (text == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s cannot be changed there",
                         self->machine->path, key);
  g_free (self->config_text);
  self->config_text = text;
  if (value != NULL)
    domuimg_repair_note (self, "set %s=%s in %s", key, value, self->machine->path);
  else
    domuimg_repair_note (self, "took %s out of %s", key, self->machine->path);
  return TRUE;
}

static gboolean
run_one (DomuimgRepairSite *self, DomuimgFinding *finding, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (!domuimg_repair_asks_for_tree (finding->repair)
      && domuimg_repair_get_tree (self, error) == NULL)
    return FALSE;
  return finding->repair (self, finding->argument, error);
}

/* Several findings may have one remedy. */
static gboolean
run_all (DomuimgRepairSite *self, GError **error)
{
  GPtrArray *findings = domuimg_report_get_findings (self->machine->report);
  g_autoptr (GHashTable) done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);
      char *key;

      if (finding->repair == NULL)
        continue;
      key = g_strdup_printf ("%p %s", (void *) (guintptr) finding->repair, finding->argument);
      if (g_hash_table_add (done, key) && !run_one (self, finding, error))
        return FALSE;
    }
  if (self->config_text != NULL && !g_str_equal (self->config_text, self->machine->config->text))
    domuimg_repair_work_set_config (self->work, self->machine->path, self->machine->config->text,
                                    self->config_text);
  return domuimg_repair_work_close_all (self->work, error);
}

static void
say_in_place (DomuimgRepairWork *work, GError **error)
{
  const char *device = domuimg_repair_work_get_in_place (work);

  if (device != NULL)
    g_prefix_error (error, "%s, which is changed in place, may have a part of the repairs, and"
                           " nothing else is changed: ",
                    device);
}

gboolean
domuimg_repair_run (DomuimgMachine *machine, DomuimgRepairWork *work, GPtrArray *changes,
                    GError **error)
{
  DomuimgRepairSite site = { .machine = machine,
                             .changes = changes,
                             .kept = domuimg_repair_work_get_kept (work),
                             .work = work,
                             .cancellable = machine->cancellable };
  gboolean ok;

  site.config_text = machine->config != NULL ? g_strdup (machine->config->text) : NULL;
  ok = run_all (&site, error);
  if (!ok)
    say_in_place (work, error);
  g_free (site.config_text);
  return ok;
}

gboolean
domuimg_repair_finish (DomuimgRepairWork *work, GPtrArray *changes, GError **error)
{
  gboolean ok = domuimg_repair_work_commit (work, changes, error);

  if (!ok)
    say_in_place (work, error);
  return ok;
}
