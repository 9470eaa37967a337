/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a bill of materials as JSON by SPDX 2.3. */
#include "config.h"
#include "lib/app/bill.h"

#include <string.h>

#include "lib/base/compare.h"
#include "lib/base/json.h"

#define GUEST "SPDXRef-Guest"
#define NOT_KNOWN "NOASSERTION"
#define REFERENCE "LicenseRef-"

static void
add_one_string (JsonBuilder *json, const char *name, const char *value)
{
  domuimg_json_begin_array (json, name);
  json_builder_add_string_value (json, value);
  json_builder_end_array (json);
}

/* Names of packages have characters that an identifier must not have. */
static char *
make_id (const char *kind, guint number)
{
  return g_strdup_printf ("SPDXRef-%s-%u", kind, number);
}

/* The sum over all files that SPDX defines: SHA-1 of their SHA-1s in order. */
static char *
make_verification (const DomuimgBill *self)
{
  g_autoptr (GPtrArray) sums = g_ptr_array_new ();
  g_autoptr (GChecksum) all = g_checksum_new (G_CHECKSUM_SHA1);

  for (guint i = 0; i < self->files->len; i++)
    g_ptr_array_add (sums, ((DomuimgBillFile *) g_ptr_array_index (self->files, i))->sha1);
  g_ptr_array_sort (sums, domuimg_compare_strings);
  for (guint i = 0; i < sums->len; i++)
    g_checksum_update (all, g_ptr_array_index (sums, i), -1);
  return g_strdup (g_checksum_get_string (all));
}

static void
add_guest (JsonBuilder *json, const DomuimgBill *self)
{
  g_autofree char *verification = make_verification (self);

  json_builder_begin_object (json);
  domuimg_json_add_string (json, "SPDXID", GUEST);
  domuimg_json_add_string (json, "name", self->name);
  domuimg_json_add_string (json, "downloadLocation", NOT_KNOWN);
  json_builder_set_member_name (json, "filesAnalyzed");
  json_builder_add_boolean_value (json, TRUE);
  domuimg_json_begin_object (json, "packageVerificationCode");
  domuimg_json_add_string (json, "packageVerificationCodeValue", verification);
  json_builder_end_object (json);
  domuimg_json_add_string (json, "licenseConcluded", NOT_KNOWN);
  add_one_string (json, "licenseInfoFromFiles", NOT_KNOWN);
  domuimg_json_add_string (json, "licenseDeclared", NOT_KNOWN);
  domuimg_json_add_string (json, "copyrightText", NOT_KNOWN);
  domuimg_json_add_string (json, "primaryPackagePurpose", "OPERATING_SYSTEM");
  json_builder_end_object (json);
}

static void
add_package (JsonBuilder *json, const DomuimgBillPackage *package, guint number)
{
  g_autofree char *id = make_id ("Package", number);
  g_autofree char *source = g_strdup_printf ("built from the source package %s %s",
                                             package->package->source,
                                             package->package->source_version);

  json_builder_begin_object (json);
  domuimg_json_add_string (json, "SPDXID", id);
  domuimg_json_add_string (json, "name", package->package->name);
  domuimg_json_add_string (json, "versionInfo", package->package->version);
  domuimg_json_add_string (json, "downloadLocation", NOT_KNOWN);
  json_builder_set_member_name (json, "filesAnalyzed");
  json_builder_add_boolean_value (json, FALSE);
  domuimg_json_add_string (json, "sourceInfo", source);
  domuimg_json_add_string (json, "licenseConcluded", NOT_KNOWN);
  domuimg_json_add_string (json, "licenseDeclared",
                           package->licence != NULL ? package->licence : NOT_KNOWN);
  domuimg_json_add_string (json, "copyrightText", NOT_KNOWN);
  domuimg_json_begin_array (json, "externalRefs");
  json_builder_begin_object (json);
  domuimg_json_add_string (json, "referenceCategory", "PACKAGE-MANAGER");
  domuimg_json_add_string (json, "referenceType", "purl");
  domuimg_json_add_string (json, "referenceLocator", package->purl);
  json_builder_end_object (json);
  json_builder_end_array (json);
  json_builder_end_object (json);
}

static void
add_checksum (JsonBuilder *json, const char *algorithm, const char *value)
{
  json_builder_begin_object (json);
  domuimg_json_add_string (json, "algorithm", algorithm);
  domuimg_json_add_string (json, "checksumValue", value);
  json_builder_end_object (json);
}

static void
add_file (JsonBuilder *json, const DomuimgBillFile *file, guint number)
{
  g_autofree char *id = make_id ("File", number);
  g_autofree char *path = g_strconcat ("./", file->path, NULL);

  json_builder_begin_object (json);
  domuimg_json_add_string (json, "SPDXID", id);
  domuimg_json_add_string (json, "fileName", path);
  domuimg_json_begin_array (json, "checksums");
  add_checksum (json, "SHA1", file->sha1);
  add_checksum (json, "SHA256", file->sha256);
  json_builder_end_array (json);
  domuimg_json_add_string (json, "licenseConcluded", NOT_KNOWN);
  add_one_string (json, "licenseInfoInFiles", NOT_KNOWN);
  domuimg_json_add_string (json, "copyrightText", NOT_KNOWN);
  json_builder_end_object (json);
}

static void
add_relationship (JsonBuilder *json, const char *from, const char *type, const char *to,
                  const char *comment)
{
  json_builder_begin_object (json);
  domuimg_json_add_string (json, "spdxElementId", from);
  domuimg_json_add_string (json, "relationshipType", type);
  domuimg_json_add_string (json, "relatedSpdxElement", to);
  if (comment != NULL)
    domuimg_json_add_string (json, "comment", comment);
  json_builder_end_object (json);
}

/* Only some files of a package are in the guest, so it does not contain them in the sense of SPDX, which
 * would be a statement on all of its files. */
static void
add_relationships (JsonBuilder *json, const DomuimgBill *self)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new (NULL, NULL);

  add_relationship (json, "SPDXRef-DOCUMENT", "DESCRIBES", GUEST, NULL);
  for (guint i = 0; i < self->packages->len; i++)
    {
      const DomuimgBillPackage *package = g_ptr_array_index (self->packages, i);
      g_autofree char *id = make_id ("Package", i);

      g_hash_table_insert (numbers, (gpointer) package->package, GUINT_TO_POINTER (i));
      add_relationship (json, GUEST, "DEPENDS_ON", id, NULL);
    }
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgBillFile *file = g_ptr_array_index (self->files, i);
      g_autofree char *id = make_id ("File", i);
      g_autofree char *package
          = file->package != NULL
                ? make_id ("Package",
                           GPOINTER_TO_UINT (g_hash_table_lookup (numbers, file->package)))
                : NULL;

      add_relationship (json, GUEST, "CONTAINS", id, NULL);
      if (package != NULL)
        add_relationship (json, id, "OTHER", package, "the package that has installed the file");
    }
}

/* Each licence that SPDX has no name for is told of once; the text is where Debian has it. */
static void
add_references (JsonBuilder *json, const DomuimgBill *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->packages->len; i++)
    {
      const DomuimgBillPackage *package = g_ptr_array_index (self->packages, i);
      g_auto (GStrv) names
          = g_strsplit (package->licence != NULL ? package->licence : "", " AND ", -1);
      g_autofree char *text
          = g_strdup_printf ("The text is in the file copyright of Debian's package %s.",
                             package->package->name);

      for (guint j = 0; names[j] != NULL; j++)
        {
          if (!g_str_has_prefix (names[j], REFERENCE)
              || !g_hash_table_add (seen, g_strdup (names[j])))
            continue;
          json_builder_begin_object (json);
          domuimg_json_add_string (json, "licenseId", names[j]);
          domuimg_json_add_string (json, "name", names[j] + strlen (REFERENCE));
          domuimg_json_add_string (json, "extractedText", text);
          json_builder_end_object (json);
        }
    }
}

static void
add_document (JsonBuilder *json, const DomuimgBill *self)
{
  g_autofree char *space
      = g_strdup_printf ("https://spdx.org/spdxdocs/%s-%s", self->name, self->uuid);

  domuimg_json_add_string (json, "spdxVersion", "SPDX-2.3");
  domuimg_json_add_string (json, "dataLicense", "CC0-1.0");
  domuimg_json_add_string (json, "SPDXID", "SPDXRef-DOCUMENT");
  domuimg_json_add_string (json, "name", self->name);
  domuimg_json_add_string (json, "documentNamespace", space);
  domuimg_json_begin_object (json, "creationInfo");
  domuimg_json_add_string (json, "created", self->created);
  add_one_string (json, "creators", "Tool: domuimg-" DOMUIMG_VERSION_STRING);
  json_builder_end_object (json);
}

char *
domuimg_bill_to_spdx (const DomuimgBill *self)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (json);
  add_document (json, self);
  domuimg_json_begin_array (json, "packages");
  add_guest (json, self);
  for (guint i = 0; i < self->packages->len; i++)
    add_package (json, g_ptr_array_index (self->packages, i), i);
  json_builder_end_array (json);
  domuimg_json_begin_array (json, "files");
  for (guint i = 0; i < self->files->len; i++)
    add_file (json, g_ptr_array_index (self->files, i), i);
  json_builder_end_array (json);
  domuimg_json_begin_array (json, "hasExtractedLicensingInfos");
  add_references (json, self);
  json_builder_end_array (json);
  domuimg_json_begin_array (json, "relationships");
  add_relationships (json, self);
  json_builder_end_array (json);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}
