/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes a plan as text and as JSON. */
#include "config.h"
#include "lib/build/plan.h"
#include "lib/build/plan-import.h"
#include "lib/build/plan-layout.h"
#include "lib/build/plan-seed.h"

#include "lib/base/json.h"

static char *
describe_kernel (DomuimgPlan *self, const DomuimgFound *found)
{
  if (found != NULL && found->kernel_reason != NULL)
    return g_strdup (found->kernel_reason);
  if (self->installer != NULL)
    return g_strdup_printf ("once it is installed, have the guest's own kernel started from its disk (%s)",
                            self->kernel->text);
  if (self->kernel->policy->origin == DOMUIMG_KERNEL_OF_HOST)
    return g_strdup_printf ("copy the kernel of %s, and its modules into the guest",
                            domuimg_plan_get (self, "host-root", "/"));
  if (self->kernel->ramdisk != NULL)
    return g_strdup_printf ("copy the kernel %s and the initramfs %s", self->kernel->kernel,
                            self->kernel->ramdisk);
  if (self->kernel->kernel != NULL)
    return g_strdup_printf ("copy the kernel %s", self->kernel->kernel);
  return g_strdup (self->kernel->policy->plan);
}

static char *
describe_nic (const DomuimgNicSpec *nic)
{
  g_autofree char *address = nic->address != NULL
                                 ? g_strdup_printf ("%s/%u", nic->address, nic->prefix)
                                 : g_strdup (nic->unmanaged ? "left alone" : "by DHCP");

  if (nic->network == NULL)
    return g_strdup_printf ("network interface %s on %s, %s", nic->mac, nic->bridge, address);
  return g_strdup_printf ("network interface %s on %s (“%s” on the old machine), %s", nic->mac,
                          nic->bridge, nic->network, address);
}

static char *
describe_empty (const DomuimgDiskSpec *disk)
{
  g_autofree char *size = g_format_size_full (disk->size, G_FORMAT_SIZE_IEC_UNITS);

  return g_strdup_printf ("make %s: %s, %s, empty, as %s", disk->path, disk->kind->name, size,
                          disk->vdev);
}

static char *
describe_disk (DomuimgPlan *self, guint i)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, i);
  DomuimgDiskOrigin origin;

  if (self->installer != NULL)
    return describe_empty (disk);
  if (i >= domuimg_plan_count_converted (self))
    return disk->kind->describe (disk, NULL);
  origin = domuimg_plan_get_origin (self, i);
  return disk->kind->describe (disk, &origin);
}

static char *
describe_growth (const DomuimgDiskSpec *disk)
{
  g_autofree char *from = g_format_size_full (disk->grown_from, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *to = g_format_size_full (disk->size, G_FORMAT_SIZE_IEC_UNITS);

  return g_strdup_printf ("make %s larger, from %s to %s, with its last partition and the filesystem in"
                          " it", disk->vdev, from, to);
}

static void
describe_growth_at_boot (DomuimgPlan *self, GPtrArray *lines)
{
  for (guint i = 0; i < self->parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (self->parts, i);

      if (part->grows)
        g_ptr_array_add (lines, g_strdup_printf ("have %s take all of disk %s when the guest first"
                                                 " boots",
                                                 part->mount,
                                                 domuimg_plan_get_disk (self, part->disk)->vdev));
    }
}

static void
describe_installer (DomuimgPlan *self, GPtrArray *lines)
{
  const DomuimgInstaller *installer = self->installer;

  if (installer->answers == NULL)
    g_ptr_array_add (lines, g_strdup ("have the installer ask its questions on the guest's console"));
  else
    g_ptr_array_add (lines, g_strdup_printf ("answer the installer's questions, by %s in its initramfs%s%s",
                                             installer->answers,
                                             installer->answers_text != NULL ? ":\n" : "",
                                             installer->answers_text ?: ""));
  g_ptr_array_add (lines, g_strdup_printf ("write %s, which starts the installer",
                                           self->install_config_path));
}

/* Lists the changes that a rehearsal found; without a rehearsal, only what kinds to expect. */
static void
describe_changes (DomuimgPlan *self, const DomuimgFound *found, GPtrArray *lines)
{
  if (self->installer != NULL)
    {
      describe_installer (self, lines);
      return;
    }
  if (domuimg_spec_get_flag (self->spec, "no-customise"))
    return;
  if (self->import == NULL)
    g_ptr_array_add (lines, g_strdup ("customise the guest: fstab, console, network, identity, "
                                      "users"));
  else if (found == NULL)
    g_ptr_array_add (lines, g_strdup ("fit the guest to Xen: fstab, kernel command line, "
                                      "initramfs, console, network"));
  describe_growth_at_boot (self, lines);
  for (guint i = 0; found != NULL && i < found->changes->len; i++)
    g_ptr_array_add (lines, g_strdup_printf ("in %s: %s",
                                             found->system != NULL ? found->system : "the guest",
                                             (char *) g_ptr_array_index (found->changes, i)));
}

static void
add_source (DomuimgPlan *self, GPtrArray *lines)
{
  g_ptr_array_add (lines, domuimg_source_describe (self->source));
  domuimg_source_describe_how (self->source, lines);
}

/* The steps in order, for a person. */
static GPtrArray *
describe (DomuimgPlan *self, const DomuimgFound *found)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  if (!domuimg_plan_is_there (self))
    add_source (self, lines);
  for (guint i = 0; i < self->disks->len; i++)
    {
      char *parts = domuimg_plan_describe_parts (self, i);

      g_ptr_array_add (lines, describe_disk (self, i));
      if (domuimg_plan_get_disk (self, i)->grown_from > 0)
        g_ptr_array_add (lines, describe_growth (domuimg_plan_get_disk (self, i)));
      if (parts != NULL)
        g_ptr_array_add (lines, parts);
    }
  if (self->import == NULL)
    add_source (self, lines);
  describe_changes (self, found, lines);
  g_ptr_array_add (lines, describe_kernel (self, found));
  if (self->seed != NULL)
    g_ptr_array_add (lines, domuimg_plan_describe_seed (self));
  for (guint i = 0; i < self->nics->len; i++)
    g_ptr_array_add (lines, describe_nic (g_ptr_array_index (self->nics, i)));
  if (self->archive_path != NULL)
    g_ptr_array_add (lines, g_strdup_printf ("write %s", self->manifest_path));
  else
    g_ptr_array_add (lines, g_strdup_printf ("write %s, %s and %s", self->config_path,
                                             self->xml_path, self->manifest_path));
  if (self->installer != NULL)
    {
      g_ptr_array_add (lines, g_strdup ("check whether the installer will start"));
      return lines;
    }
  g_ptr_array_add (lines, g_strdup (domuimg_spec_get_flag (self->spec, "allow-unbootable")
                                        ? "check whether the guest will boot"
                                        : "check whether the guest will boot; nothing is left of"
                                          " one that will not"));
  return lines;
}

char *
domuimg_plan_describe (DomuimgPlan *self, const DomuimgFound *found)
{
  g_autoptr (GPtrArray) lines = describe (self, found);
  DomuimgGuestType type = found != NULL ? found->type : self->type;
  const GPtrArray *warnings = found != NULL ? found->warnings : self->notes;
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s (type %s, %u MiB, %u vCPU%s, uuid %s)\n", self->name,
                          domuimg_guest_type_to_string (type), self->memory, self->vcpus,
                          self->vcpus == 1 ? "" : "s", self->uuid);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%2u. %s\n", i + 1, (char *) g_ptr_array_index (lines, i));
  for (guint i = 0; i < warnings->len; i++)
    g_string_append_printf (text, "warning: %s\n", (char *) g_ptr_array_index (warnings, i));
  if (found != NULL)
    g_string_append_printf (text, "verdict: %s\n", found->verdict);
  return g_string_free (text, FALSE);
}

static void
add_paths (DomuimgPlan *self, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "disks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, i);

      json_builder_begin_object (builder);
      domuimg_json_add_string (builder, "path", disk->path);
      domuimg_json_add_string (builder, "vdev", disk->vdev);
      domuimg_json_add_string (builder, "format", disk->kind->name);
      domuimg_json_add_string (
          builder, "fs",
          self->installer == NULL && i >= domuimg_plan_count_converted (self) ? disk->fs : NULL);
      domuimg_json_add_int (builder, "size", (gint64) disk->size);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  domuimg_json_add_string (builder, "seed", self->seed_path);
  domuimg_json_add_string (builder, "config", self->config_path);
  domuimg_json_add_string (builder, "xml", self->xml_path);
  domuimg_json_add_string (builder, "manifest", self->manifest_path);
}

static void
add_found (const DomuimgFound *found, JsonBuilder *builder)
{
  domuimg_json_add_string (builder, "system", found->system);
  domuimg_json_add_lines (builder, "changes", found->changes);
  domuimg_json_add_string (builder, "verdict", found->verdict);
}

char *
domuimg_plan_describe_json (DomuimgPlan *self, const DomuimgFound *found)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GPtrArray) lines = describe (self, found);
  DomuimgGuestType type = found != NULL ? found->type : self->type;

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "name", self->name);
  domuimg_json_add_string (builder, "uuid", self->uuid);
  domuimg_json_add_string (builder, "type", domuimg_guest_type_to_string (type));
  domuimg_json_add_string (builder, "kernel", self->kernel->text);
  domuimg_json_add_mib (builder, "memory", self->memory);
  domuimg_json_add_mib (builder, "maxmem", self->maxmem);
  domuimg_json_add_int (builder, "vcpus", self->vcpus);
  add_paths (self, builder);
  domuimg_json_add_lines (builder, "steps", lines);
  domuimg_json_add_lines (builder, "warnings", found != NULL ? found->warnings : self->notes);
  if (found != NULL)
    add_found (found, builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

/**
 * domuimg_plan_to_text:
 * @self: a plan
 *
 * Returns: (transfer full): the steps, one a line, for a person
 *
 * Since: 0.1
 */
char *
domuimg_plan_to_text (DomuimgPlan *self)
{
  g_return_val_if_fail (DOMUIMG_IS_PLAN (self), NULL);
  return domuimg_plan_describe (self, NULL);
}

/**
 * domuimg_plan_to_json:
 * @self: a plan
 *
 * Returns: (transfer full): the plan as a JSON object with the members `name`,
 *   `uuid`, `type`, `kernel`, `memory` and `maxmem` (bytes), `vcpus`, `disks`
 *   (sizes in bytes, 0 where the source decides), `seed`, `config`, `xml`,
 *   `manifest` (paths), `steps` and `warnings` (text: what the guest will not
 *   have of what it is made from)
 *
 * Since: 0.1
 */
char *
domuimg_plan_to_json (DomuimgPlan *self)
{
  g_return_val_if_fail (DOMUIMG_IS_PLAN (self), NULL);
  return domuimg_plan_describe_json (self, NULL);
}
