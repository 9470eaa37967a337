/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has the installer of a guest run first, and looks at what a guest is started with. */
#include "config.h"
#include "lib/host/run-inside.h"

#include "lib/base/copy-file.h"
#include "lib/base/undo.h"
#include "lib/guest/manifest-find.h"

static gboolean
is_pending (DomuimgReport *report)
{
  GPtrArray *findings = domuimg_report_get_findings (report);

  for (guint i = 0; i < findings->len; i++)
    if (g_str_equal (domuimg_finding_get_id (g_ptr_array_index (findings, i)), "installer-pending"))
      return TRUE;
  return FALSE;
}

/* *@installer is the configuration that starts the installer of the guest of @config; NULL where it has
 * none, or where @report, the check of @config, finds something on its disks. */
static gboolean
find_installer (const char *config, DomuimgReport *report, char **installer, GError **error)
{
  g_autoptr (DomuimgManifest) manifest = NULL;
  g_autofree char *path = NULL;

  *installer = NULL;
  if (!is_pending (report))
    return TRUE;
  if (!domuimg_manifest_find_for (config, DOMUIMG_IMAGE_DIRECTORY, &manifest, &path, error))
    return FALSE;
  if (manifest != NULL)
    *installer = g_strdup (manifest->installer.config);
  return TRUE;
}

static gboolean
write_manifest (DomuimgUndo *undo, const char *path, DomuimgReport *report, GError **error)
{
  g_autoptr (DomuimgManifest) manifest = domuimg_manifest_read (path, error);
  g_autofree char *json = domuimg_report_to_json (report);
  g_autofree char *temporary = NULL;
  g_autofree char *text = NULL;

  if (manifest == NULL)
    return FALSE;
  g_free (manifest->verdict);
  manifest->verdict = g_strdup (domuimg_verdict_to_string (domuimg_report_get_verdict (report)));
  g_clear_pointer (&manifest->check, json_node_unref);
  manifest->check = json_from_string (json, NULL);
  text = domuimg_manifest_write (manifest);
  temporary = domuimg_undo_add_result (undo, path, TRUE, error);
  return temporary != NULL && domuimg_write_text (temporary, path, text, error)
         && domuimg_undo_commit (undo, error);
}

/* The manifest says from now on what @report says. */
static gboolean
record (const char *config, DomuimgReport *report, GError **error)
{
  g_autoptr (DomuimgUndo) undo = domuimg_undo_new (error);
  g_autoptr (DomuimgManifest) manifest = NULL;
  g_autofree char *path = NULL;

  if (undo == NULL
      || !domuimg_manifest_find_for (config, DOMUIMG_IMAGE_DIRECTORY, &manifest, &path, error))
    return FALSE;
  if (manifest == NULL)
    return TRUE;
  return domuimg_undo_lock (undo, (const char *const[]){ path, NULL }, error)
         && write_manifest (undo, path, report, error);
}

static gboolean
fail_of_check (DomuimgRun *self, DomuimgReport *report, GError **error)
{
  g_autofree char *text = domuimg_report_to_text (report);

  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "%s: the guest will not boot, says domuimg check; --no-check starts it all"
                       " the same\n%s",
                       self->config, text);
}

static DomuimgReport *
look (const char *config, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgCheck) made = domuimg_check_new_for_config (config);

  return domuimg_check_run (made, cancellable, error);
}

gboolean
domuimg_run_check_config (DomuimgRun *self, const char *config, GCancellable *cancellable,
                          GError **error)
{
  g_autoptr (DomuimgReport) report
      = self->looked != NULL && g_str_equal (config, self->config) ? g_object_ref (self->looked)
                                                                   : look (config, cancellable, error);
  g_autofree char *installer = NULL;

  if (report == NULL || !find_installer (self->config, report, &installer, error))
    return FALSE;
  if (installer != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                         "%s: the guest is still to be installed, and its disks are empty; --install"
                         " starts its installer, %s, first",
                         self->config, installer);
  return domuimg_report_get_verdict (report) != DOMUIMG_VERDICT_FAILS
         || fail_of_check (self, report, error);
}

/* The start of the installer, which has what the person wants of the guest's own. */
static DomuimgRun *
make_installer (DomuimgRun *self, const char *config)
{
  DomuimgRun *first = domuimg_run_new (config);

  first->backend = self->backend;
  first->connect = g_strdup (self->connect);
  first->console = self->console;
  first->check = self->check;
  first->once = TRUE;
  return first;
}

static gboolean
run_installer (DomuimgRun *self, const char *config, DomuimgProgress *progress,
               GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgRun) first = make_installer (self, config);
  g_autoptr (DomuimgHostGuest) ended = domuimg_run_start (first, progress, cancellable, error);

  if (ended == NULL)
    return FALSE;
  if (ended->state == DOMUIMG_GUEST_STATE_POWEROFF || ended->state == DOMUIMG_GUEST_STATE_REBOOT)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_FAILED,
                       "%s: the installer did not end by itself (%s), so the guest is not started; what"
                       " it made of the disks is as it is",
                       config, domuimg_guest_state_to_string (ended->state));
}

/* *@installer is what is to run first, if anything. */
static gboolean
look_again (DomuimgRun *self, char **installer, GCancellable *cancellable, GError **error)
{
  g_clear_object (&self->looked);
  self->looked = look (self->config, cancellable, error);
  return self->looked != NULL && find_installer (self->config, self->looked, installer, error);
}

/* What it has made is looked at before it is started, whatever else is asked for. */
static gboolean
accept_installed (DomuimgRun *self, GCancellable *cancellable, GError **error)
{
  g_autofree char *installer = NULL;

  if (!look_again (self, &installer, cancellable, error))
    return FALSE;
  if (installer != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED,
                         "%s: the installer has ended, and the guest's disks are still empty: it was given"
                         " up, or did not find them; run it again to see why, with --console",
                         installer);
  return record (self->config, self->looked, error);
}

gboolean
domuimg_run_install (DomuimgRun *self, DomuimgProgress *progress, GCancellable *cancellable,
                     GError **error)
{
  g_autofree char *installer = NULL;

  return look_again (self, &installer, cancellable, error)
         && (installer == NULL
             || (run_installer (self, installer, progress, cancellable, error)
                 && accept_installed (self, cancellable, error)));
}
