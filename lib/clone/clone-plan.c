/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a clone will be: its names, addresses and files, before anything of it is made. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include <string.h>

#include "lib/disk/file.h"
#include "lib/domain/config/file.h"
#include "lib/domain/model/identity.h"
#include "lib/guest/identity.h"
#include "lib/guest/manifest-find.h"
#include "lib/spec/spec-keys.h"

static void
nic_free (gpointer data)
{
  DomuimgCloneNic *self = data;

  g_clear_pointer (&self->spec, domuimg_nic_spec_free);
  g_free (self->new_mac);
  g_free (self->lease);
  g_free (self);
}

void
domuimg_clone_job_free (DomuimgCloneJob *self)
{
  g_clear_object (&self->spec);
  g_free (self->name);
  g_free (self->uuid);
  g_free (self->directory);
  g_free (self->config_path);
  g_free (self->xml_path);
  g_free (self->manifest_path);
  g_free (self->seed_path);
  g_free (self->kernel_path);
  g_free (self->ramdisk_path);
  g_ptr_array_unref (self->paths);
  g_ptr_array_unref (self->nics);
  g_clear_pointer (&self->uuids, g_ptr_array_unref);
  g_free (self->replaced_label);
  g_ptr_array_unref (self->changes);
  g_ptr_array_unref (self->warnings);
  g_clear_pointer (&self->replaced, domuimg_manifest_free);
  g_clear_pointer (&self->root_password, domuimg_password_free);
  g_clear_object (&self->report);
  g_free (self);
}

static gboolean
take_name (const DomuimgClonePlan *plan, const char *what, GError **error)
{
  return g_hash_table_add (plan->taken, g_strdup (what))
         || domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                          "%s is given to two clones: each needs one of its own", what);
}

static char *
make_mac (const DomuimgClonePlan *plan)
{
  for (;;)
    {
      char *mac = domuimg_mac_new_random ();

      if (g_hash_table_add (plan->taken, g_strdup (mac)))
        return mac;
      g_free (mac);
    }
}

/* What a guest that is replaced has of the pool stays the clone's. */
static void
count_address (DomuimgCloneJob *self, const DomuimgClonePlan *plan, const char *pool)
{
  const DomuimgManifestNic *old = domuimg_clone_job_get_replaced_nic (self, self->nics->len - 1);
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (plan->pools, pool));

  if (old == NULL || old->lease == NULL)
    g_hash_table_insert (plan->pools, g_strdup (pool), GUINT_TO_POINTER (n + 1));
}

/* What is given is nobody else's. */
static gboolean
check_nic (DomuimgCloneJob *self, const DomuimgClonePlan *plan, const DomuimgNicSpec *spec,
           GError **error)
{
  if (spec->pool != NULL)
    count_address (self, plan, spec->pool);
  if (spec->address == NULL)
    return TRUE;
  g_ptr_array_add (plan->addresses, g_strdup (spec->address));
  return take_name (plan, spec->address, error)
         && domuimg_owned_check_address (plan->owned, spec->address, self->manifest_path, error);
}

/* (transfer full) What the card of a guest that is replaced has, what the source's has, or a new one. */
static char *
find_mac (DomuimgCloneJob *self, const DomuimgClonePlan *plan, const char *old)
{
  const DomuimgManifestNic *nic = domuimg_clone_job_get_replaced_nic (self, self->nics->len - 1);
  const char *replaced = nic != NULL ? nic->mac : NULL;

  if (!domuimg_cleaners_has (self->cleaners, "mac") && old != NULL)
    return g_strdup (old);
  if (replaced != NULL && g_hash_table_add (plan->taken, g_strdup (replaced)))
    return g_strdup (replaced);
  return make_mac (plan);
}

static gboolean
add_nic (DomuimgCloneJob *self, const DomuimgClonePlan *plan, const char *old,
         const DomuimgNicSpec *spec, GError **error)
{
  DomuimgCloneNic *nic = g_new0 (DomuimgCloneNic, 1);

  nic->mac = old;
  nic->spec = spec != NULL ? domuimg_nic_spec_copy (spec) : NULL;
  g_ptr_array_add (self->nics, nic);
  if (spec != NULL && !check_nic (self, plan, spec, error))
    return FALSE;
  if (spec != NULL && spec->mac != NULL)
    {
      nic->new_mac = g_strdup (spec->mac);
      return take_name (plan, spec->mac, error);
    }
  nic->new_mac = find_mac (self, plan, old);
  return TRUE;
}

/* Two guests with one address take each other's packets. */
static void
warn_of_address (DomuimgCloneJob *self, DomuimgDomainNic *from, const DomuimgNicSpec *spec)
{
  const char *address = domuimg_domain_nic_get_ip (from);

  if (address != NULL && (spec == NULL || !spec->has_ip))
    g_ptr_array_add (self->warnings,
                     g_strdup_printf ("the configuration does not have the address %s, which stays"
                                      " with %s; files in the guest may still say it: give the clone its"
                                      " own with --nic ip=ADDRESS/PREFIX or ip=dhcp",
                                      address, self->source->name));
}

/* The cards of the source, and those beyond that are asked for. */
static gboolean
plan_nics (DomuimgCloneJob *self, const DomuimgClonePlan *plan, GError **error)
{
  g_autoptr (GPtrArray) specs = domuimg_spec_get_objects (self->spec, "nic");
  GPtrArray *old
      = self->source->domain != NULL ? domuimg_domain_get_nics (self->source->domain) : NULL;
  guint n_old = old != NULL ? old->len : 0;

  if (specs->len == 1 && ((const DomuimgNicSpec *) g_ptr_array_index (specs, 0))->is_none)
    return TRUE;
  for (guint i = 0; i < MAX (n_old, specs->len); i++)
    {
      const DomuimgNicSpec *spec = i < specs->len ? g_ptr_array_index (specs, i) : NULL;
      const char *mac
          = i < n_old ? domuimg_domain_nic_get_mac (g_ptr_array_index (old, i)) : NULL;

      if (!add_nic (self, plan, mac, spec, error))
        return FALSE;
      if (i < n_old)
        warn_of_address (self, g_ptr_array_index (old, i), spec);
    }
  return TRUE;
}

static void
plan_disk_paths (DomuimgCloneJob *self)
{
  for (guint i = 0; i < self->source->disks->len; i++)
    {
      const DomuimgCloneDisk *disk = g_ptr_array_index (self->source->disks, i);
      g_autofree char *part = i > 0 ? g_strconcat ("-", disk->vdev, NULL) : g_strdup ("");

      g_ptr_array_add (self->paths, g_strdup_printf ("%s/%s%s.%s", self->directory, self->name, part,
                                                     self->ways[i]->suffix));
    }
}

static void
plan_paths (DomuimgCloneJob *self)
{
  const char *chosen = domuimg_spec_get (self->spec, "dir");
  const char *images = chosen != NULL ? chosen : DOMUIMG_IMAGE_DIRECTORY;
  g_autofree char *directory = g_canonicalize_filename (images, NULL);

  self->directory = g_strdup (directory);
  self->manifest_path = g_strdup_printf ("%s/%s.json", directory, self->name);
  self->seed_path = g_strdup_printf ("%s/%s-seed.iso", directory, self->name);
  plan_disk_paths (self);
  if (self->source->domain == NULL)
    return;
  self->config_path = g_strdup_printf (
      "%s/%s.cfg", chosen != NULL ? directory : DOMUIMG_CONFIG_DIRECTORY, self->name);
  self->xml_path = g_strdup_printf ("%s/%s.xml", directory, self->name);
  if (domuimg_clone_source_get_own (self->source, FALSE) != NULL)
    self->kernel_path = g_strdup_printf ("%s/%s.vmlinuz", directory, self->name);
  if (domuimg_clone_source_get_own (self->source, TRUE) != NULL)
    self->ramdisk_path = g_strdup_printf ("%s/%s.initrd", directory, self->name);
}

GPtrArray *
domuimg_clone_job_list_results (const DomuimgCloneJob *self)
{
  GPtrArray *all = g_ptr_array_copy (self->paths, NULL, NULL);
  const char *const others[] = { self->manifest_path, self->config_path, self->xml_path,
                                 self->seed_path,     self->kernel_path, self->ramdisk_path };

  g_ptr_array_set_free_func (all, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (others[i] != NULL)
      g_ptr_array_add (all, (gpointer) others[i]);
  return all;
}

static gboolean
check_places (DomuimgCloneJob *self, const DomuimgClonePlan *plan, GError **error)
{
  gboolean replace = domuimg_spec_get_flag (self->spec, "force");
  g_autoptr (GPtrArray) results = domuimg_clone_job_list_results (self);

  for (guint i = 0; i < results->len; i++)
    {
      const char *path = g_ptr_array_index (results, i);

      if (!take_name (plan, path, error)
          || !domuimg_owned_check_path (plan->owned, path, self->manifest_path, error)
          || !domuimg_check_place (path, replace, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
plan_uuid (DomuimgCloneJob *self, const DomuimgClonePlan *plan, GError **error)
{
  const char *given = domuimg_spec_get_object (self->spec, "uuid");
  const char *old = self->source->domain != NULL ? domuimg_domain_get_uuid (self->source->domain)
                                                 : NULL;

  if (given != NULL)
    {
      self->uuid = g_strdup (given);
      return take_name (plan, given, error)
             && domuimg_owned_check_uuid (plan->owned, given, self->manifest_path, error);
    }
  if (old != NULL && !domuimg_cleaners_has (self->cleaners, "uuid"))
    self->uuid = g_strdup (old);
  else if (self->replaced != NULL && self->replaced->uuid != NULL)
    self->uuid = g_strdup (self->replaced->uuid);
  else
    self->uuid = domuimg_uuid_new_random ();
  return TRUE;
}

static gboolean
plan_uuids (DomuimgCloneJob *self, GError **error)
{
  self->uuids = domuimg_clone_source_plan_uuids (self->source, self->cleaners, self->warnings, error);
  return self->uuids != NULL;
}

DomuimgCloneJob *
domuimg_clone_job_plan (const DomuimgCloneSource *source, DomuimgSpec *spec,
                        const DomuimgClonePlan *plan, GError **error)
{
  g_autoptr (DomuimgCloneJob) self = g_new0 (DomuimgCloneJob, 1);

  self->source = source;
  self->spec = g_object_ref (spec);
  self->verdicts = plan->verdicts;
  self->ways = plan->ways;
  self->addresses = plan->addresses;
  self->cleaners = plan->cleaners;
  self->paths = g_ptr_array_new_with_free_func (g_free);
  self->nics = g_ptr_array_new_with_free_func (nic_free);
  self->changes = g_ptr_array_new_with_free_func (g_free);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  self->name = g_strdup (domuimg_spec_get (spec, "name"));
  if (self->name == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "a clone needs a name");
      return NULL;
    }
  plan_paths (self);
  if (!domuimg_clone_job_check_is_other (self, error) || !check_places (self, plan, error)
      || !domuimg_clone_job_read_replaced (self, error) || !plan_uuid (self, plan, error)
      || !plan_nics (self, plan, error) || !plan_uuids (self, error)
      || !domuimg_clone_job_check (self, error))
    return NULL;
  return g_steal_pointer (&self);
}
