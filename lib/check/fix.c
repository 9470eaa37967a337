/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The repairs that findings offer, run one after another. */
#include "config.h"
#include "lib/check/fix.h"

#include <stdlib.h>

#include "lib/check/report.h"

static gboolean
run_one (DomuimgRepairSite *site, DomuimgFinding *finding, GError **error)
{
  DomuimgEdit *root;

  if (g_cancellable_set_error_if_cancelled (site->root.cancellable, error))
    return FALSE;
  if (finding->repair != NULL)
    return finding->repair (site, finding->argument, error);
  root = domuimg_repair_get_root (site, error);
  return root != NULL && finding->edit_repair (root, finding->argument, error);
}

/* Two findings with one remedy have one key. */
static char *
make_key (DomuimgFinding *finding)
{
  gpointer repair = finding->repair != NULL ? (gpointer) (guintptr) finding->repair
                                            : (gpointer) (guintptr) finding->edit_repair;

  return g_strdup_printf ("%p %s", repair, finding->argument != NULL ? finding->argument : "");
}

static gboolean
run_all (DomuimgRepairSite *site, GPtrArray *findings, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (domuimg_finding_get_fixable (finding) && g_hash_table_add (done, make_key (finding))
          && !run_one (site, finding, error))
        return FALSE;
    }
  return TRUE;
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

static gboolean
is_any_fixable (GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    if (domuimg_finding_get_fixable (g_ptr_array_index (findings, i)))
      return TRUE;
  return FALSE;
}

static void
add_name (GStrvBuilder *names, const char *path)
{
  g_autofree char *real = path != NULL ? realpath (path, NULL) : NULL;

  if (real != NULL)
    g_strv_builder_add (names, real);
}

/* All that may be changed, at once: the second process of two waits for the first, and not each
 * for the other. */
static gboolean
lock_names (DomuimgMachine *machine, DomuimgRepairWork *work, GError **error)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_auto (GStrv) all = NULL;

  if (!is_any_fixable (domuimg_report_get_findings (machine->report)))
    return TRUE;
  add_name (names, machine->path);
  for (guint i = 0; machine->devices != NULL && i < machine->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (machine->devices, i);

      if (device->image != NULL)
        add_name (names, domuimg_image_get_path (device->image));
    }
  all = g_strv_builder_end (names);
  return domuimg_repair_work_lock (work, (const char *const *) all, error);
}

gboolean
domuimg_fix_run (DomuimgMachine *machine, DomuimgRepairWork *work, GPtrArray *changes,
                 GError **error)
{
  const char *before = machine->config != NULL ? machine->config->text : NULL;
  DomuimgRepairSite site = {
    .name = machine->path,
    .loaded = &machine->boot,
    .devices = machine->devices,
    /* Where root= is wrong, the filesystem is meant that holds a root. */
    .root_device = machine->tree != NULL ? machine->root : domuimg_machine_guess_root (machine),
    .boot_device = machine->boot_device,
    .root = { .kept = domuimg_repair_work_get_kept (work),
              .changes = changes,
              .cancellable = machine->cancellable },
    .config = g_strdup (before),
    .work = work,
  };
  gboolean ok = lock_names (machine, work, error)
                && run_all (&site, domuimg_report_get_findings (machine->report), error);

  if (ok && g_strcmp0 (site.config, before) != 0)
    domuimg_repair_work_set_config (work, machine->path, before, site.config);
  ok = ok && domuimg_repair_work_close_all (work, error);
  if (!ok)
    say_in_place (work, error);
  g_free (site.config);
  return ok;
}

gboolean
domuimg_fix_finish (DomuimgRepairWork *work, GPtrArray *changes, GError **error)
{
  gboolean ok = domuimg_repair_work_commit (work, changes, error);

  if (!ok)
    say_in_place (work, error);
  return ok;
}
