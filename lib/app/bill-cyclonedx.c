/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a bill of materials as JSON by CycloneDX 1.5. */
#include "config.h"
#include "lib/app/bill.h"

#include "lib/base/json.h"

static void
add_hash (JsonBuilder *json, const char *algorithm, const char *content)
{
  json_builder_begin_object (json);
  domuimg_json_add_string (json, "alg", algorithm);
  domuimg_json_add_string (json, "content", content);
  json_builder_end_object (json);
}

/* Why it is there is a property of ours. */
static void
add_file (JsonBuilder *json, const DomuimgBillFile *file)
{
  g_autofree char *path = g_strconcat ("/", file->path, NULL);
  g_autofree char *ref = g_strconcat ("file:", path, NULL);

  json_builder_begin_object (json);
  domuimg_json_add_string (json, "type", "file");
  domuimg_json_add_string (json, "bom-ref", ref);
  domuimg_json_add_string (json, "name", path);
  domuimg_json_begin_array (json, "hashes");
  add_hash (json, "SHA-1", file->sha1);
  add_hash (json, "SHA-256", file->sha256);
  json_builder_end_array (json);
  domuimg_json_begin_array (json, "properties");
  json_builder_begin_object (json);
  domuimg_json_add_string (json, "name", "domuimg:rule");
  domuimg_json_add_string (json, "value", file->file != NULL ? file->file->rule : "made");
  json_builder_end_object (json);
  json_builder_end_array (json);
  json_builder_end_object (json);
}

static void
add_files_of (JsonBuilder *json, const DomuimgBill *self, const DomuimgPackage *package)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgBillFile *file = g_ptr_array_index (self->files, i);

      if (file->package == package)
        add_file (json, file);
    }
}

static void
add_package (JsonBuilder *json, const DomuimgBill *self, const DomuimgBillPackage *package)
{
  json_builder_begin_object (json);
  domuimg_json_add_string (json, "type", "library");
  domuimg_json_add_string (json, "bom-ref", package->purl);
  domuimg_json_add_string (json, "name", package->package->name);
  domuimg_json_add_string (json, "version", package->package->version);
  if (package->licence != NULL)
    {
      domuimg_json_begin_array (json, "licenses");
      json_builder_begin_object (json);
      domuimg_json_add_string (json, "expression", package->licence);
      json_builder_end_object (json);
      json_builder_end_array (json);
    }
  domuimg_json_add_string (json, "purl", package->purl);
  domuimg_json_begin_array (json, "components");
  add_files_of (json, self, package->package);
  json_builder_end_array (json);
  json_builder_end_object (json);
}

static void
add_metadata (JsonBuilder *json, const DomuimgBill *self)
{
  domuimg_json_begin_object (json, "metadata");
  domuimg_json_add_string (json, "timestamp", self->created);
  domuimg_json_begin_object (json, "tools");
  domuimg_json_begin_array (json, "components");
  json_builder_begin_object (json);
  domuimg_json_add_string (json, "type", "application");
  domuimg_json_add_string (json, "name", "domuimg");
  domuimg_json_add_string (json, "version", DOMUIMG_VERSION_STRING);
  json_builder_end_object (json);
  json_builder_end_array (json);
  json_builder_end_object (json);
  domuimg_json_begin_object (json, "component");
  domuimg_json_add_string (json, "type", "container");
  domuimg_json_add_string (json, "bom-ref", "guest");
  domuimg_json_add_string (json, "name", self->name);
  json_builder_end_object (json);
  json_builder_end_object (json);
}

char *
domuimg_bill_to_cyclonedx (const DomuimgBill *self)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *serial = g_strconcat ("urn:uuid:", self->uuid, NULL);
  g_autofree char *text = NULL;

  json_builder_begin_object (json);
  domuimg_json_add_string (json, "bomFormat", "CycloneDX");
  domuimg_json_add_string (json, "specVersion", "1.5");
  domuimg_json_add_string (json, "serialNumber", serial);
  domuimg_json_add_int (json, "version", 1);
  add_metadata (json, self);
  domuimg_json_begin_array (json, "components");
  for (guint i = 0; i < self->packages->len; i++)
    add_package (json, self, g_ptr_array_index (self->packages, i));
  add_files_of (json, self, NULL);
  json_builder_end_array (json);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}
