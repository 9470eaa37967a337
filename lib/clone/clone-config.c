/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of a clone, of its source's, and the manifest. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include "domuimg/domain-config.h"
#include "lib/base/addresses.h"
#include "lib/check/report.h"
#include "lib/domain/model/domain.h"
#include "lib/guest/identity.h"
#include "lib/guest/manifest-spec.h"
#include "lib/spec/spec-keys.h"

static void
set_disks (DomuimgCloneJob *self, DomuimgDomain *domain)
{
  GPtrArray *disks = domuimg_domain_get_disks (domain);

  for (guint i = 0; i < self->source->disks->len; i++)
    {
      const DomuimgCloneDisk *from = g_ptr_array_index (self->source->disks, i);
      DomuimgDomainDisk *disk = g_ptr_array_index (disks, (guint) from->index);

      domuimg_domain_disk_set_target (disk, g_ptr_array_index (self->paths, i));
      domuimg_domain_disk_set_format (disk, self->ways[i]->format);
      /* What serves a device may not serve a file of another format. */
      domuimg_domain_disk_set_backendtype (disk, NULL);
    }
}

static const char *
find_free_vdev (DomuimgDomain *domain)
{
  static const char *const vdevs[] = { "xvdz", "xvdy", "xvdx", "xvdw" };
  GPtrArray *disks = domuimg_domain_get_disks (domain);

  for (guint i = 0; i < G_N_ELEMENTS (vdevs); i++)
    {
      gboolean is_used = FALSE;

      for (guint j = 0; j < disks->len; j++)
        is_used = is_used
                  || g_strcmp0 (domuimg_domain_disk_get_vdev (g_ptr_array_index (disks, j)), vdevs[i])
                         == 0;
      if (!is_used)
        return vdevs[i];
    }
  return vdevs[0];
}

/* The source's seed goes, and the clone's takes its place. */
static void
set_seed (DomuimgCloneJob *self, DomuimgDomain *domain)
{
  GPtrArray *disks = domuimg_domain_get_disks (domain);
  g_autoptr (DomuimgDomainDisk) seed = NULL;

  for (guint i = 0; self->source->seed_path != NULL && i < disks->len; i++)
    {
      DomuimgDomainDisk *disk = g_ptr_array_index (disks, i);

      if (g_strcmp0 (domuimg_domain_disk_get_target (disk), self->source->seed_path) != 0)
        continue;
      if (self->has_seed)
        domuimg_domain_disk_set_target (disk, self->seed_path);
      else
        g_ptr_array_remove_index (disks, i);
      return;
    }
  if (!self->has_seed)
    return;
  seed = domuimg_domain_disk_new (self->seed_path, find_free_vdev (domain));
  domuimg_domain_disk_set_readonly (seed, TRUE);
  domuimg_domain_add_disk (domain, seed);
}

static void
set_nic (DomuimgDomainNic *nic, const DomuimgCloneNic *plan)
{
  const DomuimgNicSpec *spec = plan->spec;

  domuimg_replace_text (&nic->mac, plan->new_mac);
  nic->has_mac = TRUE;
  domuimg_domain_nic_set_vifname (nic, NULL);
  /* The source's address is the source's. */
  domuimg_domain_nic_set_ip (nic, spec != NULL ? spec->address : NULL);
  if (spec == NULL)
    return;
  if (spec->bridge != NULL)
    domuimg_domain_nic_set_bridge (nic, spec->bridge);
  if (spec->model != NULL)
    domuimg_domain_nic_set_model (nic, spec->model);
  if (spec->script != NULL)
    domuimg_domain_nic_set_script (nic, spec->script);
}

static void
set_nics (DomuimgCloneJob *self, DomuimgDomain *domain)
{
  GPtrArray *nics = domuimg_domain_get_nics (domain);

  g_ptr_array_set_size (nics, (int) MIN (nics->len, self->nics->len));
  for (guint i = nics->len; i < self->nics->len; i++)
    {
      g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new (NULL);

      domuimg_domain_add_nic (domain, nic);
    }
  for (guint i = 0; i < self->nics->len; i++)
    set_nic (g_ptr_array_index (nics, i), g_ptr_array_index (self->nics, i));
}

static void
set_sizes (DomuimgCloneJob *self, DomuimgDomain *domain)
{
  guint memory = (guint) (domuimg_spec_get_number (self->spec, "memory", 0) >> 20);
  guint maxmem = (guint) (domuimg_spec_get_number (self->spec, "maxmem", 0) >> 20);
  guint vcpus = (guint) domuimg_spec_get_number (self->spec, "vcpus", 0);

  if (memory > 0)
    {
      domuimg_domain_set_memory (domain, memory);
      domuimg_domain_set_maxmem (domain, MAX (memory, domuimg_domain_get_maxmem (domain)));
    }
  if (maxmem > 0)
    domuimg_domain_set_maxmem (domain, maxmem);
  if (vcpus > 0)
    {
      domuimg_domain_set_vcpus (domain, vcpus);
      domuimg_domain_set_maxvcpus (domain, vcpus);
    }
}

static void
set_lines (DomuimgCloneJob *self, DomuimgDomain *domain)
{
  g_autoptr (GPtrArray) lines = domuimg_spec_get_objects (self->spec, "config");

  for (guint i = 0; i < lines->len; i++)
    {
      const DomuimgPairSpec *line = g_ptr_array_index (lines, i);

      domuimg_domain_set_extra (domain, line->key, line->value);
    }
}

static gboolean
write_xml (DomuimgCloneJob *self, DomuimgDomain *domain, char **xml, GError **error)
{
  g_auto (GStrv) warnings = NULL;
  g_autoptr (GError) local = NULL;

  *xml = domuimg_domain_to_libvirt_xml (domain, &warnings, &local);
  self->has_xml = *xml != NULL;
  for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
    g_ptr_array_add (self->warnings, g_strdup (warnings[i]));
  if (*xml != NULL)
    return TRUE;
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED))
    {
      g_ptr_array_add (self->warnings,
                       g_strdup_printf ("there is no libvirt XML: %s", local->message));
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
domuimg_clone_write_config (DomuimgCloneJob *self, char **config, char **xml,
                            DomuimgDomain **domain, GError **error)
{
  g_autofree char *text = NULL;

  if (self->config_path == NULL)
    return TRUE;
  text = domuimg_clone_uuids_apply (self->uuids, self->source->config_text);
  *domain = domuimg_domain_new_from_text (text, self->source->name, error);
  if (*domain == NULL)
    return FALSE;
  domuimg_replace_text (&(*domain)->name, self->name);
  domuimg_domain_set_uuid (*domain, self->uuid);
  (*domain)->has_uuid = TRUE;
  set_sizes (self, *domain);
  set_disks (self, *domain);
  set_seed (self, *domain);
  set_nics (self, *domain);
  set_lines (self, *domain);
  if (self->kernel_path != NULL)
    domuimg_domain_set_kernel (*domain, self->kernel_path);
  if (self->ramdisk_path != NULL)
    domuimg_domain_set_ramdisk (*domain, self->ramdisk_path);
  if (!domuimg_domain_validate (*domain, error))
    return FALSE;
  *config = domuimg_domain_to_xl_cfg (*domain, error);
  return *config != NULL && write_xml (self, *domain, xml, error);
}

static void
add_disk (DomuimgCloneJob *self, DomuimgManifest *manifest, guint i)
{
  const DomuimgCloneDisk *from = g_ptr_array_index (self->source->disks, i);
  DomuimgManifestDisk *disk = domuimg_manifest_add_disk (manifest);

  disk->path = g_strdup (g_ptr_array_index (self->paths, i));
  disk->kind = g_strdup (domuimg_disk_kinds[0]->storage);
  disk->format = g_strdup (self->ways[i]->format);
  disk->vdev = g_strdup (from->vdev);
  disk->size = (gint64) from->original.bytes->length;
  if (self->ways[i]->shares)
    domuimg_manifest_set_base (disk, from->base);
}

static void
add_seed (DomuimgCloneJob *self, DomuimgManifest *manifest)
{
  DomuimgManifestDisk *disk;

  if (!self->has_seed)
    return;
  disk = domuimg_manifest_add_disk (manifest);
  disk->path = g_strdup (self->seed_path);
  disk->kind = g_strdup (domuimg_disk_kinds[0]->storage);
  disk->format = g_strdup (domuimg_disk_kinds[0]->format);
  disk->fs = g_strdup ("iso9660");
}

/* What its address was given to is needed to give it back. */
static void
add_nic (const DomuimgCloneNic *from, DomuimgManifest *manifest)
{
  DomuimgManifestNic *nic = domuimg_manifest_add_nic (manifest);
  const DomuimgNicSpec *spec = from->spec;

  nic->mac = g_strdup (from->new_mac);
  nic->bridge = spec != NULL ? g_strdup (spec->bridge) : NULL;
  nic->address = spec != NULL ? g_strdup (spec->address) : NULL;
  if (from->lease == NULL)
    return;
  nic->pool = domuimg_addresses_locate (spec->pool, NULL);
  nic->lease = g_strdup (from->lease);
}

static void
set_domain (DomuimgManifest *manifest, DomuimgDomain *domain)
{
  GPtrArray *nics = domuimg_domain_get_nics (domain);

  manifest->type = domuimg_domain_get_guest_type (domain);
  manifest->memory = domuimg_domain_get_memory (domain);
  manifest->maxmem = domuimg_domain_get_maxmem (domain);
  manifest->vcpus = domuimg_domain_get_vcpus (domain);
  for (guint i = 0; i < nics->len; i++)
    domuimg_replace_text (&((DomuimgManifestNic *) g_ptr_array_index (manifest->nics, i))->bridge,
                          domuimg_domain_nic_get_bridge (g_ptr_array_index (nics, i)));
}

/* The kernel is the source's. */
static void
set_origin (DomuimgCloneJob *self, DomuimgManifest *manifest)
{
  const DomuimgManifest *from = self->source->manifest;
  DomuimgManifestKernel *kernel = &manifest->kernel;

  manifest->source = g_strdup_printf (
      "clone of %s", from != NULL && from->name != NULL ? from->name : self->source->name);
  manifest->clone_of = g_strdup (self->source->path);
  kernel->path = g_strdup (self->kernel_path);
  kernel->ramdisk = g_strdup (self->ramdisk_path);
  if (from == NULL)
    return;
  kernel->policy = g_strdup (from->kernel.policy);
  kernel->from = g_strdup (from->kernel.from);
  kernel->version = g_strdup (from->kernel.version);
  kernel->reason = g_strdup (from->kernel.reason);
  kernel->loader = g_strdup (from->kernel.loader);
  kernel->loader_path = g_strdup (from->kernel.loader_path);
  if (kernel->path == NULL)
    kernel->path = g_strdup (from->kernel.path);
  if (kernel->ramdisk == NULL)
    kernel->ramdisk = g_strdup (from->kernel.ramdisk);
}

static void
copy_lines (GPtrArray *to, const GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    g_ptr_array_add (to, g_strdup (g_ptr_array_index (lines, i)));
}

char *
domuimg_clone_write_manifest (DomuimgCloneJob *self, DomuimgDomain *domain)
{
  g_autoptr (DomuimgManifest) manifest = domuimg_manifest_new ();
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (domuimg_build_time ().sec);

  manifest->made = g_date_time_format_iso8601 (now);
  manifest->domuimg = g_strdup (DOMUIMG_VERSION_STRING);
  manifest->name = g_strdup (self->name);
  manifest->uuid = g_strdup (self->uuid);
  manifest->config = g_strdup (self->config_path);
  manifest->xml = self->has_xml ? g_strdup (self->xml_path) : NULL;
  manifest->manifest = g_strdup (self->manifest_path);
  set_origin (self, manifest);
  if (self->report != NULL)
    domuimg_report_write_down (self->report, manifest);
  for (guint i = 0; i < self->nics->len; i++)
    add_nic (g_ptr_array_index (self->nics, i), manifest);
  if (domain != NULL)
    set_domain (manifest, domain);
  for (guint i = 0; i < self->source->disks->len; i++)
    add_disk (self, manifest, i);
  add_seed (self, manifest);
  if (self->source->mounts->len > 0)
    domuimg_cleaners_list (self->cleaners, manifest->identity);
  copy_lines (manifest->changes, self->changes);
  copy_lines (manifest->warnings, self->source->notes);
  copy_lines (manifest->warnings, self->warnings);
  manifest->directory = g_get_current_dir ();
  manifest->spec = domuimg_manifest_make_spec (self->spec);
  return domuimg_manifest_write (manifest);
}
