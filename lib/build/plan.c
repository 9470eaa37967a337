/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a plan from a specification, and checks that its settings fit together. */
#include "config.h"
#include "lib/build/plan.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/backend-program.h"
#include "lib/base/base.h"
#include "lib/base/definition.h"
#include "lib/build/plan-import.h"
#include "lib/build/plan-kernel.h"
#include "lib/build/plan-layout.h"
#include "lib/build/plan-notes.h"
#include "lib/build/plan-parts.h"
#include "lib/build/plan-seed.h"
#include "lib/domain/config/file.h"
#include "lib/domain/model/identity.h"

#define MIB ((guint64) 1048576)

/**
 * DomuimgPlan:
 *
 * What a build will do: made from a specification without touching anything.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgPlan, domuimg_plan, G_TYPE_OBJECT)

static void
domuimg_plan_finalize (GObject *object)
{
  DomuimgPlan *self = DOMUIMG_PLAN (object);

  g_clear_object (&self->spec);
  g_clear_object (&self->source);
  g_free (self->name);
  g_free (self->uuid);
  g_clear_pointer (&self->kernel, domuimg_kernel_spec_free);
  g_clear_pointer (&self->disks, g_ptr_array_unref);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->nics, g_ptr_array_unref);
  g_clear_pointer (&self->replaced, domuimg_manifest_free);
  g_clear_pointer (&self->profile, domuimg_profile_free);
  g_ptr_array_unref (self->notes);
  g_free (self->archive_path);
  g_free (self->config_path);
  g_free (self->xml_path);
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    g_free (self->document_paths[i]);
  g_free (self->manifest_path);
  g_free (self->kernel_path);
  g_free (self->ramdisk_path);
  g_free (self->install_config_path);
  g_free (self->install_kernel_path);
  g_free (self->install_ramdisk_path);
  g_free (self->seed_path);
  g_free (self->seed_vdev);
  G_OBJECT_CLASS (domuimg_plan_parent_class)->finalize (object);
}

static void
domuimg_plan_class_init (DomuimgPlanClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_plan_finalize;
}

static void
domuimg_plan_init (DomuimgPlan *self)
{
  self->notes = g_ptr_array_new_with_free_func (g_free);
}

const char *
domuimg_plan_get (DomuimgPlan *self, const char *key, const char *fallback)
{
  const char *value = domuimg_spec_get (self->spec, key);

  return value != NULL ? value : fallback;
}

const DomuimgDiskSpec *
domuimg_plan_get_disk (DomuimgPlan *self, guint i)
{
  return g_ptr_array_index (self->disks, i);
}

gboolean
domuimg_plan_is_reproducible (void)
{
  const char *epoch = g_getenv ("SOURCE_DATE_EPOCH");

  return epoch != NULL && *epoch != '\0';
}

char *
domuimg_plan_make_uuid (DomuimgPlan *self, const char *what)
{
  g_autofree char *seed = g_strdup_printf ("domuimg/%s/%s", self->name, what);

  return domuimg_plan_is_reproducible () ? domuimg_uuid_new_from_seed (seed)
                                         : domuimg_uuid_new_random ();
}

/* The memory of the old machine, in bytes. */
static guint64
default_memory (DomuimgPlan *self)
{
  const DomuimgHardware *hardware = domuimg_plan_get_hardware (self);

  if (self->installer != NULL)
    return self->installer->memory;
  if (hardware == NULL || hardware->memory == 0)
    return 512 * MIB;
  return CLAMP (hardware->memory, 16 * MIB, ((guint64) 16 << 20) * MIB);
}

static guint
default_vcpus (DomuimgPlan *self)
{
  const DomuimgHardware *hardware = domuimg_plan_get_hardware (self);

  return hardware != NULL ? CLAMP (hardware->vcpus, 1, 512) : 1;
}

static gboolean
plan_numbers (DomuimgPlan *self, GError **error)
{
  guint64 memory = domuimg_spec_get_number (self->spec, "memory", default_memory (self));

  self->memory = memory / MIB;
  self->maxmem = domuimg_spec_get_number (self->spec, "maxmem", memory) / MIB;
  self->vcpus = domuimg_spec_get_number (self->spec, "vcpus", default_vcpus (self));
  self->type = domuimg_spec_get_number (self->spec, "type", DOMUIMG_GUEST_TYPE_AUTO);
  if (self->maxmem < self->memory)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "maxmem (%u MiB) is less than memory (%u MiB)", self->maxmem,
                         self->memory);
  return TRUE;
}

static gboolean
plan_nics (DomuimgPlan *self, GError **error)
{
  self->nics = domuimg_plan_parse_nics (self, error);
  if (self->nics == NULL)
    return FALSE;
  if (self->kernel->policy->origin != DOMUIMG_KERNEL_OF_NETWORK || self->nics->len > 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "--kernel %s needs a network interface to ask on; leave out --nic none",
                       self->kernel->text);
}

static void
plan_documents (DomuimgPlan *self, const char *dir)
{
  static const char *const suffixes[DOMUIMG_DOCUMENT_N]
      = { "why.json", "spdx.json", "cdx.json" };
  guint wanted = domuimg_source_get_documents (self->source);

  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    if ((wanted & (1u << i)) != 0)
      self->document_paths[i] = g_strdup_printf ("%s/%s.%s", dir, self->name, suffixes[i]);
}

/* Everything in --dir; else where Xen's tools look. */
static void
plan_paths (DomuimgPlan *self)
{
  const char *chosen = domuimg_spec_get (self->spec, "dir");
  g_autofree char *dir = g_canonicalize_filename (
      chosen != NULL ? chosen : DOMUIMG_IMAGE_DIRECTORY, NULL);
  const char *config_dir = chosen != NULL ? dir : DOMUIMG_CONFIG_DIRECTORY;

  self->manifest_path = g_strdup_printf ("%s/%s.json", dir, self->name);
  plan_documents (self, dir);
  /* What imports an XVA configures the guest by it. */
  if (domuimg_plan_wants_archive (self))
    return;
  self->config_path = g_strdup_printf ("%s/%s.cfg", config_dir, self->name);
  self->xml_path = g_strdup_printf ("%s/%s.xml", dir, self->name);
  if (self->installer != NULL)
    {
      self->install_config_path = g_strdup_printf ("%s/%s-install.cfg", config_dir, self->name);
      self->install_kernel_path = g_strdup_printf ("%s/%s-install.vmlinuz", dir, self->name);
      self->install_ramdisk_path = g_strdup_printf ("%s/%s-install.initrd", dir, self->name);
    }
  if (self->kernel->policy->loader != DOMUIMG_LOADER_DIRECT)
    return;
  self->kernel_path = g_strdup_printf ("%s/%s.vmlinuz", dir, self->name);
  self->ramdisk_path = g_strdup_printf ("%s/%s.initrd", dir, self->name);
}

static gboolean
plan_disks (DomuimgPlan *self, GError **error)
{
  self->disks = domuimg_plan_parse_disks (self, error);
  if (self->disks == NULL)
    return FALSE;
  if (self->import != NULL || self->installer != NULL ? !domuimg_plan_check_no_layout (self, error)
                                                      : !domuimg_plan_make_parts (self, error))
    return FALSE;
  if (domuimg_plan_wants_archive (self))
    self->archive_path = g_strdup (domuimg_plan_get_disk (self, 0)->path);
  return TRUE;
}

/* What is on this host alone is of no use to a guest on another one. */
static gboolean
check_places (DomuimgPlan *self, const char *uri, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, i);

      if (disk->kind->locate == NULL)
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "%s is on this host, and the guest is to be defined on another one, by"
                             " %s; make the disk in a storage pool there",
                             disk->path, uri);
    }
  return TRUE;
}

static gboolean
check_definition (DomuimgPlan *self, GError **error)
{
  const char *uri = domuimg_spec_get (self->spec, "connect");
  g_autofree char *address = domuimg_definition_make_address (uri, self->name);

  if (!domuimg_spec_get_flag (self->spec, "define"))
    return !domuimg_spec_get_flag (self->spec, "autostart")
           || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                            "only a guest that libvirt knows starts with its host: use --autostart"
                            " with --define, or with domuimg run");
  if (self->xml_path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "what imports the archive defines the guest: leave out --define");
  return (uri == NULL || !domuimg_libvirt_is_remote (uri) || check_places (self, uri, error))
         && domuimg_definition_check (address, self->uuid, self->force, error);
}

/* What starts the installer has to lie on the host that the guest is installed on. */
static gboolean
check_install_place (DomuimgPlan *self, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, 0);
  g_autofree char *name = g_path_get_basename (self->install_kernel_path);
  g_autofree char *path = NULL;

  if (disk->kind->locate_file == NULL)
    return TRUE;
  if (!disk->kind->locate_file (disk, name, self->force, &path, error))
    return FALSE;
  return path == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s is on another host, and so would the installer have to be; run domuimg create on"
                          " that host",
                          disk->path);
}

/* A kernel and a seed are needed where the disk is. */
static gboolean
place_files (DomuimgPlan *self, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, 0);
  char **const paths[] = { &self->kernel_path, &self->ramdisk_path, &self->seed_path };

  if (self->installer != NULL)
    return check_install_place (self, error);
  for (guint i = 0; disk->kind->locate_file != NULL && i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *name = *paths[i] != NULL ? g_path_get_basename (*paths[i]) : NULL;
      g_autofree char *path = NULL;

      if (name == NULL)
        continue;
      if (!disk->kind->locate_file (disk, name, self->force, &path, error))
        return FALSE;
      if (path == NULL)
        return TRUE;
      g_free (*paths[i]);
      *paths[i] = g_steal_pointer (&path);
      self->has_files_elsewhere = TRUE;
    }
  return TRUE;
}

DomuimgSource *
domuimg_plan_make_source (DomuimgSpec *spec, GError **error)
{
  const char *name = domuimg_spec_get (spec, "name");
  g_autofree char *known = NULL;

  if (name == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "the guest has no name");
      return NULL;
    }
  if (domuimg_spec_get (spec, "from") != NULL)
    return domuimg_source_new (spec, error);
  known = domuimg_source_type_list (NULL);
  domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                "there is nothing to make “%s” from: use --from %s", name, known);
  return NULL;
}

static void
plan_source (DomuimgPlan *self, DomuimgSource *source)
{
  self->source_type = domuimg_source_type_of (self->spec);
  self->source = g_object_ref (source);
  self->import = domuimg_source_get_import (source);
  self->installer = domuimg_source_get_installer (source);
}

static gboolean
read_host (DomuimgPlan *self, GError **error)
{
  const char *path = domuimg_spec_get (self->spec, "host");

  if (path == NULL)
    return TRUE;
  self->profile = domuimg_profile_read (path, error);
  return self->profile != NULL;
}

DomuimgXenVersion
domuimg_plan_get_xen (DomuimgPlan *self)
{
  return domuimg_profile_get_xen (self->profile);
}

DomuimgKernelTarget
domuimg_plan_get_target (DomuimgPlan *self)
{
  return (DomuimgKernelTarget){ self->type, domuimg_plan_get_xen (self) };
}

GPtrArray *
domuimg_plan_list_results (DomuimgPlan *self)
{
  const char *const files[] = { self->archive_path, self->kernel_path, self->ramdisk_path,
                                self->seed_path,    self->config_path, self->xml_path,
                                self->manifest_path, self->install_config_path,
                                self->install_kernel_path, self->install_ramdisk_path };
  GPtrArray *paths = g_ptr_array_new ();

  for (guint i = 0; i < self->disks->len; i++)
    if (domuimg_plan_get_disk (self, i)->path != NULL)
      g_ptr_array_add (paths, (char *) domuimg_plan_get_disk (self, i)->path);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (files[i] != NULL)
      g_ptr_array_add (paths, (char *) files[i]);
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    if (self->document_paths[i] != NULL)
      g_ptr_array_add (paths, self->document_paths[i]);
  return paths;
}

DomuimgPlan *
domuimg_plan_new (DomuimgSpec *spec, DomuimgSource *source, GError **error)
{
  g_autoptr (DomuimgPlan) self = g_object_new (DOMUIMG_TYPE_PLAN, NULL);
  const char *uuid = domuimg_spec_get_object (spec, "uuid");

  self->spec = domuimg_spec_copy (spec);
  self->name = g_strdup (domuimg_spec_get (spec, "name"));
  self->force = domuimg_spec_get_flag (spec, "force");
  if (!read_host (self, error) || !domuimg_source_check (source, error))
    return NULL;
  plan_source (self, source);
  if (!plan_numbers (self, error) || !domuimg_plan_make_kernel (self, error))
    return NULL;
  plan_paths (self);
  if (!plan_disks (self, error) || !domuimg_plan_make_seed (self, error) || !place_files (self, error)
      || !domuimg_plan_read_replaced (self, error))
    return NULL;
  self->uuid = uuid != NULL ? g_strdup (uuid) : domuimg_plan_find_uuid (self);
  if (!check_definition (self, error))
    return NULL;
  if (!plan_nics (self, error) || !domuimg_plan_check_files (self, error))
    return NULL;
  domuimg_plan_collect_notes (self);
  if (!domuimg_plan_check_strict (self, self->notes, error))
    return NULL;
  return g_steal_pointer (&self);
}
