/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check says of the guest, before anything is copied or has its name. */
#include "config.h"
#include "lib/build/state.h"

#include <string.h>

#include "lib/build/transfer.h"
#include "lib/check/machine.h"

/* Where a thing is, and where it will be. */
typedef struct {
  const char *now;
  const char *later;
} Place;

/* What a disk will be called; all disks in an archive have its path. */
static char *
final_name (DomuimgBuildState *self, guint i)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

  return self->plan->archive_path != NULL ? g_strdup_printf ("%s/%s", disk->path, disk->vdev)
                                          : g_strdup (disk->path);
}

/* The disk as it is now, under the name that it will have. */
static DomuimgImage *
open_disk (DomuimgBuildState *self, guint i, const char *name, GError **error)
{
  const char *path = g_ptr_array_index (self->images, i);
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgRegion) named = NULL;
  g_autoptr (DomuimgAppliance) appliance = NULL;

  if (self->transfer != NULL)
    return domuimg_image_new_named (
        ((DomuimgTransferDisk *) g_ptr_array_index (self->transfer->disks, i))->image, name);
  region = domuimg_region_open (path, FALSE, error);
  if (region == NULL)
    return NULL;
  named = domuimg_region_new_named (region, name);
  appliance = domuimg_appliance_new (path, "raw");
  return domuimg_image_new (named, "raw", appliance, error);
}

static GHashTable *
open_disks (DomuimgBuildState *self, GError **error)
{
  g_autoptr (GHashTable) images = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                         (GDestroyNotify) domuimg_image_free);

  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      g_autofree char *name = final_name (self, i);
      DomuimgImage *image = open_disk (self, i, name, error);

      if (image == NULL)
        return NULL;
      g_hash_table_insert (images, g_steal_pointer (&name), image);
    }
  return g_steal_pointer (&images);
}

static GArray *
list_places (DomuimgBuildState *self)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));
  const Place kernel = { self->kernel, domuimg_build_get_kernel_path (self) };
  const Place ramdisk = { self->ramdisk, domuimg_build_get_ramdisk_path (self) };

  if (kernel.now != NULL && kernel.later != NULL)
    g_array_append_val (places, kernel);
  if (ramdisk.now != NULL && ramdisk.later != NULL)
    g_array_append_val (places, ramdisk);
  return places;
}

/* The configuration as it would be with kernel and ramdisk where they are now. */
static char *
present_config (DomuimgBuildState *self, GError **error)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);
  char *text;

  for (guint i = 0; i < disks->len; i++)
    {
      g_autofree char *name = final_name (self, i);

      domuimg_domain_disk_set_target (disks->pdata[i], name);
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

gboolean
domuimg_build_step_verdict (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%s.cfg", self->work_directory, self->plan->name);
  g_autoptr (GArray) places = list_places (self);
  g_autoptr (GHashTable) images = open_disks (self, error);
  g_autoptr (DomuimgCheck) check = NULL;
  g_autofree char *config = NULL;
  g_autoptr (GError) local = NULL;

  domuimg_progress_set_message (progress, "Checking whether it will boot");
  if (images == NULL || !domuimg_build_make_domain (self, error))
    return FALSE;
  config = present_config (self, error);
  if (config == NULL)
    return FALSE;
  if (!g_file_set_contents (path, config, -1, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  check = domuimg_check_new_for_config (path);
  domuimg_check_use_images (check, images);
  self->report = domuimg_check_run (check, cancellable, error);
  if (self->report == NULL)
    return FALSE;
  tell (self, places);
  return refuse_unbootable (self, places, error);
}
