/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check says of the guest, before anything is copied or has its name. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/build/transfer.h"
#include "lib/check/run.h"
#include "lib/domain/model/vdev.h"
#include "lib/image/devices.h"

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
  region = domuimg_plan_get_disk (self->plan, i)->kind->open (path, FALSE, error);
  if (region == NULL)
    return NULL;
  named = domuimg_region_new_named (region, name);
  appliance = domuimg_appliance_new (path, "raw");
  return domuimg_image_new (named, "raw", appliance, error);
}

/* Adds what is on disk @i to @devices. */
static gboolean
add_disk (DomuimgBuildState *self, guint i, GPtrArray *images, GPtrArray *devices, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);
  g_autofree char *vdev = domuimg_vdev_linux_name (disk->vdev);
  g_autofree char *name = final_name (self, i);
  DomuimgImage *image = open_disk (self, i, name, error);
  GPtrArray *volumes;

  if (image == NULL)
    return FALSE;
  g_ptr_array_add (images, image);
  volumes = domuimg_image_list_volumes (image, error);
  if (volumes == NULL)
    return FALSE;
  domuimg_devices_add_volumes (devices, vdev, i, image, volumes);
  return TRUE;
}

/* Where kernel and initramfs are that will have other names. */
static GHashTable *
list_places (DomuimgBuildState *self)
{
  GHashTable *places = g_hash_table_new (g_str_hash, g_str_equal);
  const char *kernel = domuimg_build_get_kernel_path (self);
  const char *ramdisk = domuimg_build_get_ramdisk_path (self);

  if (kernel != NULL)
    g_hash_table_insert (places, (gpointer) kernel, self->kernel);
  if (ramdisk != NULL)
    g_hash_table_insert (places, (gpointer) ramdisk, self->ramdisk);
  return places;
}

/* Each disk has a name of its own, also where one archive holds them all. */
static void
name_disks (DomuimgBuildState *self)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);

  for (guint i = 0; i < disks->len; i++)
    {
      g_autofree char *name = final_name (self, i);

      domuimg_domain_disk_set_target (disks->pdata[i], name);
    }
}

/* What a user has to know; the manifest has all of it. */
static void
tell (DomuimgBuildState *self)
{
  GPtrArray *findings = domuimg_report_get_findings (self->report);

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (domuimg_finding_get_severity (finding) == DOMUIMG_SEVERITY_INFO)
        continue;
      g_ptr_array_add (self->warnings,
                       g_strdup_printf ("%s: %s", domuimg_finding_get_id (finding),
                                        domuimg_finding_get_message (finding)));
    }
}

/* A guest that nobody can log in to is not what was asked for. */
static gboolean
refuse_unbootable (DomuimgBuildState *self, GError **error)
{
  GPtrArray *findings = domuimg_report_get_findings (self->report);
  g_autoptr (GString) reasons = g_string_new (NULL);

  if (self->is_rehearsal || domuimg_report_get_verdict (self->report) != DOMUIMG_VERDICT_FAILS
      || domuimg_spec_get_flag (self->plan->spec, "allow-unbootable"))
    return TRUE;
  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (domuimg_finding_get_severity (finding) == DOMUIMG_SEVERITY_ERROR)
        g_string_append_printf (reasons, "%s%s [%s]", reasons->len > 0 ? "; " : "",
                                domuimg_finding_get_message (finding),
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
  g_autoptr (GPtrArray) images
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_image_free);
  g_autoptr (GHashTable) places = list_places (self);
  g_autoptr (GPtrArray) devices = domuimg_devices_new ();
  DomuimgMade made = { .devices = devices, .places = places };

  domuimg_progress_set_message (progress, "Checking whether it will boot");
  for (guint i = 0; i < self->plan->disks->len; i++)
    if (!add_disk (self, i, images, devices, error))
      return FALSE;
  if (!domuimg_build_make_domain (self, error))
    return FALSE;
  name_disks (self);
  made.domain = self->domain;
  self->report = domuimg_check_run_on (&made, cancellable, error);
  g_clear_object (&self->domain);
  if (self->report == NULL || !domuimg_build_make_domain (self, error))
    return FALSE;
  tell (self);
  return refuse_unbootable (self, error);
}
