/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check says of the guest, before anything is copied or has its name. */
#include "config.h"
#include "lib/build/state.h"

#include <string.h>

#include "lib/build/transfer.h"

/* Where a thing is, and where it will be. */
typedef struct {
  const char *now;
  const char *later;
} Place;

static const char *
present_path (DomuimgBuildState *self, guint i)
{
  if (self->transfer == NULL)
    return g_ptr_array_index (self->images, i);
  return ((const DomuimgTransferDisk *) g_ptr_array_index (self->transfer->disks, i))->path;
}

static GArray *
list_places (DomuimgBuildState *self)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));
  const Place kernel = { self->kernel, domuimg_build_get_kernel_path (self) };
  const Place ramdisk = { self->ramdisk, domuimg_build_get_ramdisk_path (self) };

  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      const Place place
          = { present_path (self, i), domuimg_plan_get_disk (self->plan, i)->path };

      g_array_append_val (places, place);
    }
  if (kernel.now != NULL && kernel.later != NULL)
    g_array_append_val (places, kernel);
  if (ramdisk.now != NULL && ramdisk.later != NULL)
    g_array_append_val (places, ramdisk);
  return places;
}

/* The configuration as it would be with everything where it is now. */
static char *
present_config (DomuimgBuildState *self, GError **error)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);
  char *text;

  for (guint i = 0; i < disks->len; i++)
    {
      domuimg_domain_disk_set_target (disks->pdata[i], present_path (self, i));
      domuimg_domain_disk_set_format (disks->pdata[i], "raw");
    }
  if (domuimg_build_get_kernel_path (self) != NULL)
    domuimg_domain_set_kernel (self->domain, self->kernel);
  if (domuimg_build_get_ramdisk_path (self) != NULL)
    domuimg_domain_set_ramdisk (self->domain, self->ramdisk);
  text = domuimg_domain_to_xl_cfg (self->domain, error);
  g_clear_object (&self->domain);
  return domuimg_build_make_domain (self, text != NULL ? error : NULL) ? text
                                                                       : (g_free (text), NULL);
}

static char *
with_final_names (const GArray *places, const char *text)
{
  char *result = g_strdup (text);

  for (guint i = 0; i < places->len; i++)
    {
      const Place *place = &g_array_index (places, Place, i);
      g_auto (GStrv) parts = g_strsplit (result, place->now, -1);

      g_free (result);
      result = g_strjoinv (place->later, parts);
    }
  return result;
}

/* What a user has to know; the manifest has all of it. */
static void
tell (DomuimgBuildState *self, const GArray *places)
{
  GPtrArray *findings = domuimg_report_get_findings (self->report);

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);
      g_autofree char *message = with_final_names (places, domuimg_finding_get_message (finding));

      if (domuimg_finding_get_severity (finding) == DOMUIMG_SEVERITY_INFO)
        continue;
      g_ptr_array_add (self->warnings,
                       g_strdup_printf ("%s: %s", domuimg_finding_get_id (finding), message));
    }
}

/* A guest that nobody can log in to is not what was asked for. */
static gboolean
refuse_unbootable (DomuimgBuildState *self, const GArray *places, GError **error)
{
  GPtrArray *findings = domuimg_report_get_findings (self->report);
  g_autoptr (GString) reasons = g_string_new (NULL);

  if (self->is_rehearsal || domuimg_report_get_verdict (self->report) != DOMUIMG_VERDICT_FAILS
      || domuimg_spec_get_flag (self->plan->spec, "allow-unbootable"))
    return TRUE;
  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);
      g_autofree char *message = with_final_names (places, domuimg_finding_get_message (finding));

      if (domuimg_finding_get_severity (finding) == DOMUIMG_SEVERITY_ERROR)
        g_string_append_printf (reasons, "%s%s [%s]", reasons->len > 0 ? "; " : "", message,
                                domuimg_finding_get_id (finding));
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "%s would not boot: %s; use --allow-unbootable to make it all the same",
                       self->plan->name, reasons->str);
}

/* By a configuration that names all files as they are now. */
static DomuimgReport *
check_files (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%s.cfg", self->work_directory, self->plan->name);
  g_autofree char *config = present_config (self, error);
  g_autoptr (DomuimgCheck) check = NULL;
  g_autoptr (GError) local = NULL;

  if (config == NULL)
    return NULL;
  if (!g_file_set_contents (path, config, -1, &local))
    {
      domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
      return NULL;
    }
  check = domuimg_check_new_for_config (path);
  return domuimg_check_run (check, cancellable, error);
}

gboolean
domuimg_build_step_verdict (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  g_autoptr (GArray) places = list_places (self);

  domuimg_progress_set_message (progress, "Checking whether it will boot");
  if (!domuimg_build_make_domain (self, error))
    return FALSE;
  self->report = self->transfer == NULL ? domuimg_build_check_made (self, cancellable, error)
                                        : check_files (self, cancellable, error);
  if (self->report == NULL)
    return FALSE;
  tell (self, places);
  return refuse_unbootable (self, places, error);
}
