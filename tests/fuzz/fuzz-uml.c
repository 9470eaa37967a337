/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/fs/uml/wire.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What is sent is received as it was. */
static void
check_round_trip (const DomuimgEntry *entry)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (domuimg_uml_entry_write (entry, NULL));
  g_autoptr (DomuimgEntry) again = domuimg_uml_entry_read_whole (value, entry->path);

  g_assert_nonnull (again);
  g_assert_cmpint (again->type, ==, entry->type);
  g_assert_cmpuint (again->size, ==, entry->size);
  g_assert_cmpint (again->mtime.sec, ==, entry->mtime.sec);
  g_assert_cmpstr (again->target, ==, entry->target);
}

static void
try_entries (GBytes *bytes)
{
  g_autoptr (GVariant) value
      = domuimg_uml_answer_read (bytes, DOMUIMG_UML_ENTRIES, "image", NULL);
  g_autoptr (GPtrArray) entries = NULL;
  g_auto (GStrv) names = NULL;

  if (value == NULL || !domuimg_uml_entries_read (value, "etc", &names, &entries))
    return;
  g_assert_cmpuint (entries->len, <=, G_MAXINT);
  for (guint i = 0; names[i] != NULL; i++)
    g_assert_null (strchr (names[i], '/'));
  for (guint i = 0; i < entries->len; i++)
    {
      const DomuimgEntry *entry = g_ptr_array_index (entries, i);

      g_assert_true (g_str_has_prefix (entry->path, "etc/"));
      check_round_trip (entry);
    }
}

static void
try_entry (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value
      = domuimg_uml_answer_read (bytes, DOMUIMG_UML_ENTRY, "image", &error);
  g_autoptr (DomuimgEntry) entry
      = value != NULL ? domuimg_uml_entry_read_whole (value, "etc/fstab") : NULL;

  if (value == NULL)
    g_assert_true (error->domain == DOMUIMG_ERROR && g_utf8_validate (error->message, -1, NULL));
  if (entry != NULL)
    check_round_trip (entry);
}

static void
try_volumes (GBytes *bytes)
{
  g_autoptr (GVariant) value
      = domuimg_uml_answer_read (bytes, DOMUIMG_UML_VOLUMES, "image", NULL);
  g_autoptr (GPtrArray) volumes = value != NULL ? domuimg_uml_volumes_read (value) : NULL;

  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    {
      const DomuimgApplianceVolume *volume = g_ptr_array_index (volumes, i);

      g_assert_true (g_utf8_validate (volume->lv, -1, NULL));
    }
}

/* What a kernel that a filesystem has taken over may answer. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_auto (DomuimgUmlRequest) request = { 0 };

  try_entries (bytes);
  try_entry (bytes);
  try_volumes (bytes);
  domuimg_uml_request_read (bytes, &request);
  return 0;
}
