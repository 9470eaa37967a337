/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a build made, from what, as its manifest. */
#include "config.h"
#include "lib/build/state.h"
#include "lib/build/step-layout.h"

#include <sys/stat.h>

#include "lib/base/addresses.h"
#include "lib/base/backend-program.h"
#include "lib/build/plan-import.h"
#include "lib/check/report.h"
#include "lib/guest/manifest-spec.h"

static void
set_origin (DomuimgManifestDisk *disk, DomuimgBuildState *self, guint i)
{
  const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);

  disk->size = (gint64) spec->size;
  disk->from = g_strdup (domuimg_import_get_name (self->plan->import, i));
  disk->from_format = g_strdup (domuimg_import_get_format (self->plan->import, i));
  if ((spec->kind->traits & DOMUIMG_DISK_LIES_OVER) != 0)
    disk->backing = g_strdup (domuimg_import_get_backing (self->plan->import, i));
}

/* A disk without partitions is its filesystem; of one in a volume group, its partition is told. */
static void
add_parts (DomuimgManifestDisk *disk, DomuimgBuildState *self, guint i)
{
  g_autoptr (GPtrArray) parts = domuimg_plan_list_parts (self->plan, i);

  for (guint j = 0; j < parts->len; j++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, j);
      DomuimgManifestPart *into;

      if (part->role == DOMUIMG_PART_ROOT
          || (part->number == 0 && !part->is_inside && part->role != DOMUIMG_PART_HOLDER))
        {
          disk->fs = g_strdup (part->fs);
          disk->uuid = g_strdup (part->uuid);
        }
      if (part->number == 0)
        continue;
      into = domuimg_manifest_add_part (disk);
      into->number = part->number;
      into->size = (gint64) domuimg_build_get_extent (self, part)->length;
      into->fs = g_strdup (part->fs);
      into->uuid = g_strdup (part->uuid);
      into->mount = g_strdup (part->mount);
    }
}

static void
add_disk (DomuimgManifest *manifest, DomuimgBuildState *self, guint i)
{
  const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);
  DomuimgManifestDisk *disk = domuimg_manifest_add_disk (manifest);
  gboolean archived = self->plan->archive_path != NULL;

  disk->path = g_strdup (spec->path);
  disk->kind = g_strdup (spec->kind->storage);
  disk->format = g_strdup (archived ? spec->kind->name : spec->kind->format);
  disk->vdev = g_strdup (spec->vdev);
  disk->volume = g_strdup (domuimg_build_get_disk (self, i)->volume);
  if (i < domuimg_plan_count_converted (self->plan))
    {
      set_origin (disk, self, i);
      return;
    }
  if (self->plan->installer != NULL)
    {
      disk->size = (gint64) spec->size;
      return;
    }
  disk->size = (gint64) domuimg_build_get_disk_size (self, i);
  add_parts (disk, self, i);
}

/* It goes with the disks. */
static void
add_seed (DomuimgManifest *manifest, DomuimgBuildState *self)
{
  DomuimgManifestDisk *disk = domuimg_manifest_add_disk (manifest);
  struct stat status;

  disk->path = g_strdup (self->plan->seed_path);
  disk->kind = g_strdup ("file");
  disk->format = g_strdup ("raw");
  disk->vdev = g_strdup (self->seed_vdev);
  disk->fs = g_strdup ("iso9660");
  if (stat (self->seed, &status) == 0)
    disk->size = status.st_size;
}

static void
add_nic (DomuimgManifest *manifest, const DomuimgNicSpec *spec, const char *lease)
{
  DomuimgManifestNic *nic = domuimg_manifest_add_nic (manifest);

  nic->mac = g_strdup (spec->mac);
  nic->bridge = g_strdup (spec->bridge);
  nic->address = g_strdup (spec->address);
  nic->network = g_strdup (spec->network);
  if (lease != NULL)
    {
      nic->pool = domuimg_addresses_locate (spec->pool, NULL);
      nic->lease = g_strdup (lease);
    }
}

static void
add_volume (DomuimgManifest *manifest, const DomuimgPoolVolume *from)
{
  DomuimgManifestVolume *volume = domuimg_manifest_add_volume (manifest);

  volume->path = g_strdup (from->path);
  volume->address = g_strdup (from->address);
  volume->id = g_strdup (from->id);
}

static void
set_kernel (DomuimgManifestKernel *kernel, DomuimgBuildState *self)
{
  kernel->policy = g_strdup (self->plan->kernel->text);
  kernel->from = g_strdup (self->kernel_from);
  kernel->version = g_strdup (self->kernel_version);
  kernel->reason = g_strdup (self->kernel_reason);
  kernel->path = g_strdup (domuimg_build_get_kernel_path (self));
  kernel->ramdisk = g_strdup (domuimg_build_get_ramdisk_path (self));
  kernel->loader = g_strdup (domuimg_loader_to_string (self->loader));
  kernel->loader_path = g_strdup (self->loader_path);
}

static void
set_installer (DomuimgManifestInstaller *installer, DomuimgBuildState *self)
{
  const DomuimgPlan *plan = self->plan;

  installer->name = g_strdup (plan->installer->name);
  installer->config = g_strdup (plan->install_config_path);
  installer->kernel = g_strdup (plan->install_kernel_path);
  installer->ramdisk = g_strdup (plan->install_ramdisk_path);
  installer->cmdline = g_strdup (plan->installer->cmdline);
}

static void
set_transfer (DomuimgManifest *manifest, DomuimgBuildState *self)
{
  manifest->converted = TRUE;
  manifest->system = g_strdup (self->system_name);
  manifest->unused = (gint64) self->transfer->unused;
}

static void
copy_lines (GPtrArray *to, const GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    g_ptr_array_add (to, g_strdup (g_ptr_array_index (lines, i)));
}

static void
set_guest (DomuimgManifest *manifest, DomuimgBuildState *self)
{
  const DomuimgPlan *plan = self->plan;
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (domuimg_build_time ().sec);

  manifest->domuimg = g_strdup (DOMUIMG_VERSION_STRING);
  manifest->name = g_strdup (plan->name);
  manifest->uuid = g_strdup (plan->uuid);
  manifest->type = self->type;
  manifest->memory = plan->memory;
  manifest->maxmem = plan->maxmem;
  manifest->vcpus = plan->vcpus;
  manifest->source = domuimg_source_describe (plan->source);
  manifest->made = g_date_time_format_iso8601 (now);
  manifest->directory = g_get_current_dir ();
  manifest->config = g_strdup (plan->config_path);
  manifest->xml = g_strdup (domuimg_build_get_xml_path (self));
  manifest->manifest = g_strdup (plan->manifest_path);
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    manifest->documents[i] = g_strdup (plan->document_paths[i]);
  manifest->spec = domuimg_manifest_make_spec (plan->spec);
}

char *
domuimg_build_manifest (DomuimgBuildState *self)
{
  g_autoptr (DomuimgManifest) manifest = domuimg_manifest_new ();

  set_guest (manifest, self);
  set_kernel (&manifest->kernel, self);
  if (self->plan->installer != NULL)
    set_installer (&manifest->installer, self);
  if (self->transfer != NULL)
    set_transfer (manifest, self);
  if (self->report != NULL)
    domuimg_report_write_down (self->report, manifest);
  for (guint i = 0; i < self->plan->disks->len; i++)
    add_disk (manifest, self, i);
  if (self->has_seed)
    add_seed (manifest, self);
  for (guint i = 0; i < self->plan->nics->len; i++)
    add_nic (manifest, g_ptr_array_index (self->plan->nics, i), domuimg_build_get_lease (self, i));
  for (guint i = 0; i < self->volumes->len; i++)
    add_volume (manifest, g_ptr_array_index (self->volumes, i));
  if (domuimg_spec_get_flag (self->plan->spec, "define"))
    manifest->defined = g_strdup (domuimg_plan_get (self->plan, "connect", DOMUIMG_LIBVIRT_URI));
  copy_lines (manifest->changes, self->changes);
  copy_lines (manifest->warnings, self->warnings);
  return domuimg_manifest_write (manifest);
}
