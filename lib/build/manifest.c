/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/json.h"
#include "lib/build/state.h"

/* The specification as it was given: the guest can be made again from it. It holds names
 * of files with secrets, never the secrets. */
static void
add_spec (JsonBuilder *builder, DomuimgSpec *spec)
{
  const char *const *keys = domuimg_spec_list_keys ();

  json_builder_set_member_name (builder, "spec");
  json_builder_begin_object (builder);
  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_spec_get_all (spec, keys[i]);

      if (values[0] == NULL)
        continue;
      json_builder_set_member_name (builder, keys[i]);
      if (domuimg_spec_get_kind (keys[i]) == DOMUIMG_SPEC_KIND_LIST)
        json_builder_begin_array (builder);
      for (guint j = 0; values[j] != NULL; j++)
        json_builder_add_string_value (builder, values[j]);
      if (domuimg_spec_get_kind (keys[i]) == DOMUIMG_SPEC_KIND_LIST)
        json_builder_end_array (builder);
    }
  json_builder_end_object (builder);
}

static void
add_origin (JsonBuilder *builder, DomuimgBuildState *self, guint i)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

  domuimg_json_add_int (builder, "size", disk->size);
  domuimg_json_add_string (builder, "from", domuimg_import_get_name (self->plan->import, i));
  domuimg_json_add_string (builder, "from_format",
                           domuimg_import_get_format (self->plan->import, i));
  if (g_str_equal (disk->format, "overlay"))
    domuimg_json_add_string (builder, "backing",
                             domuimg_import_get_backing (self->plan->import, i));
}

static void
add_disks (JsonBuilder *builder, DomuimgBuildState *self)
{
  json_builder_set_member_name (builder, "disks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

      json_builder_begin_object (builder);
      domuimg_json_add_string (builder, "path", disk->path);
      domuimg_json_add_string (builder, "format",
                               self->plan->archive_path != NULL
                                   ? disk->format
                                   : domuimg_plan_get_format (self->plan, i));
      domuimg_json_add_string (builder, "vdev", disk->vdev);
      if (self->transfer != NULL)
        add_origin (builder, self, i);
      else
        {
          domuimg_json_add_int (builder, "size", i == 0 ? self->root_size : disk->size);
          domuimg_json_add_string (builder, "fs", disk->fs);
          domuimg_json_add_string (builder, "uuid", self->plan->disk_uuids[i]);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_nics (JsonBuilder *builder, DomuimgBuildState *self)
{
  json_builder_set_member_name (builder, "nics");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->plan->nics->len; i++)
    {
      const DomuimgNicSpec *nic = g_ptr_array_index (self->plan->nics, i);

      json_builder_begin_object (builder);
      domuimg_json_add_string (builder, "mac", nic->mac);
      domuimg_json_add_string (builder, "bridge", nic->bridge);
      domuimg_json_add_string (builder, "address", nic->address);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static const char *const loaders[] = {
  [DOMUIMG_LOADER_DIRECT] = "direct",
  [DOMUIMG_LOADER_PVGRUB] = "pvgrub",
  [DOMUIMG_LOADER_PYGRUB] = "pygrub",
  [DOMUIMG_LOADER_FIRMWARE] = "firmware",
};

static void
add_kernel (JsonBuilder *builder, DomuimgBuildState *self)
{
  json_builder_set_member_name (builder, "kernel");
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "policy", self->plan->kernel);
  domuimg_json_add_string (builder, "from", self->kernel_from);
  domuimg_json_add_string (builder, "version", self->kernel_version);
  domuimg_json_add_string (builder, "reason", self->kernel_reason);
  domuimg_json_add_string (builder, "path", domuimg_build_get_kernel_path (self));
  domuimg_json_add_string (builder, "ramdisk", domuimg_build_get_ramdisk_path (self));
  domuimg_json_add_string (builder, "loader", loaders[self->loader]);
  domuimg_json_add_string (builder, "loader_path", self->loader_path);
  json_builder_end_object (builder);
}

static void
add_import (JsonBuilder *builder, const DomuimgTransfer *transfer)
{
  domuimg_json_add_string (builder, "system", transfer->system_name);
  domuimg_json_add_int (builder, "unused_bytes_left_out", transfer->unused);
}

static void
add_report (JsonBuilder *builder, DomuimgReport *report)
{
  g_autofree char *text = domuimg_report_to_json (report);

  json_builder_set_member_name (builder, "check");
  json_builder_add_value (builder, json_from_string (text, NULL));
}

char *
domuimg_build_manifest (DomuimgBuildState *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *source = domuimg_source_describe (self->plan->source);
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "domuimg", DOMUIMG_VERSION_STRING);
  domuimg_json_add_string (builder, "name", self->plan->name);
  domuimg_json_add_string (builder, "uuid", self->plan->uuid);
  domuimg_json_add_string (builder, "type", domuimg_guest_type_to_string (self->type));
  domuimg_json_add_int (builder, "memory", self->plan->memory);
  domuimg_json_add_int (builder, "maxmem", self->plan->maxmem);
  domuimg_json_add_int (builder, "vcpus", self->plan->vcpus);
  domuimg_json_add_string (builder, "source", source);
  if (self->transfer != NULL)
    add_import (builder, self->transfer);
  add_report (builder, self->report);
  add_kernel (builder, self);
  add_disks (builder, self);
  add_nics (builder, self);
  domuimg_json_add_string (builder, "config", self->plan->config_path);
  domuimg_json_add_string (builder, "xml", domuimg_build_get_xml_path (self));
  domuimg_json_add_string (builder, "manifest", self->plan->manifest_path);
  domuimg_json_add_lines (builder, "changes", self->changes);
  domuimg_json_add_lines (builder, "warnings", self->warnings);
  add_spec (builder, self->plan->spec);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}
