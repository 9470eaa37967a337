/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/repair.h"

#include <string.h>

#include "lib/check/report.h"

/* Of a root= that is wrong, the filesystem is meant that holds a root. */
static DomuimgCheckDevice *
root_of (DomuimgMachine *machine)
{
  return machine->tree != NULL ? machine->root : domuimg_machine_guess_root (machine);
}

DomuimgEdit *
domuimg_repair_get_root (DomuimgRepairSite *self, GError **error)
{
  DomuimgCheckDevice *root;

  if (self->root.tree != NULL || self->work == NULL)
    return &self->root;
  root = root_of (self->machine);
  if (root == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no filesystem with the guest's root",
                    self->machine->path);
      return NULL;
    }
  self->root.tree = domuimg_repair_work_open (self->work, root, error);
  self->root.originals = self->root.tree;
  return self->root.tree != NULL ? &self->root : NULL;
}

DomuimgEdit *
domuimg_repair_get_boot (DomuimgRepairSite *self, GError **error)
{
  DomuimgEdit *root = domuimg_repair_get_root (self, error);

  if (root == NULL || self->boot.tree != NULL)
    return root != NULL ? &self->boot : NULL;
  if (self->work == NULL || self->machine->boot_device == NULL)
    return root;
  self->boot = *root;
  self->boot.prefix = "/boot";
  self->boot.tree = domuimg_repair_work_open (self->work, self->machine->boot_device, error);
  return self->boot.tree != NULL ? &self->boot : NULL;
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
  self->root.tree = NULL;
  self->boot.tree = NULL;
  path = domuimg_repair_work_image (self->work, domuimg_image_get_path (device->image), error);
  *offset = device->volume->offset;
  return g_strdup (path);
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
    domuimg_edit_note (&self->root, "set %s=%s in %s", key, value, self->machine->path);
  else
    domuimg_edit_note (&self->root, "took %s out of %s", key, self->machine->path);
  return TRUE;
}

static gboolean
run_one (DomuimgRepairSite *self, DomuimgFinding *finding, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (self->root.cancellable, error))
    return FALSE;
  if (!domuimg_repair_asks_for_tree (finding->repair)
      && domuimg_repair_get_root (self, error) == NULL)
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
                             .root = { .kept = domuimg_repair_work_get_kept (work),
                                       .changes = changes,
                                       .cancellable = machine->cancellable },
                             .work = work };
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
