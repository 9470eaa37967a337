/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an image says of itself, in JSON; and, where the first byte is not of that, names of layers: "f PATH",
 * "d PATH", "s PATH TARGET", "h PATH TARGET" a line, and "-" between layers. */
#include "config.h"

#include <string.h>

#include "lib/source/oci-json.h"
#include "lib/source/oci-merge.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_digest (const DomuimgOciDescriptor *descriptor)
{
  g_assert_true (domuimg_oci_is_digest (descriptor->digest));
  g_assert_null (strchr (descriptor->digest, '/'));
}

static void
check_path (const char *path)
{
  g_autofree char *full = g_canonicalize_filename (path, "/guest");
  g_autofree char *joined = *path != '\0' ? g_strconcat ("/guest/", path, NULL) : g_strdup ("/guest");

  g_assert_cmpstr (full, ==, joined);
}

static void
read_manifest (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgOciManifest) manifest = domuimg_oci_manifest_parse (bytes, "fuzz", &error);

  g_assert_true ((manifest == NULL) == (error != NULL));
  for (guint i = 0; manifest != NULL && i < manifest->manifests->len; i++)
    check_digest (g_ptr_array_index (manifest->manifests, i));
  for (guint i = 0; manifest != NULL && i < manifest->layers->len; i++)
    check_digest (g_ptr_array_index (manifest->layers, i));
}

static void
read_docker (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) images = domuimg_docker_manifest_parse (bytes, "fuzz", &error);

  g_assert_true ((images == NULL) == (error != NULL));
  for (guint i = 0; images != NULL && i < images->len; i++)
    {
      const DomuimgDockerImage *image = g_ptr_array_index (images, i);

      check_path (image->config);
      for (guint j = 0; j < image->layers->len; j++)
        check_path (image->layers->pdata[j]);
    }
}

static void
read_config (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgOciConfig) config = domuimg_oci_config_parse (bytes, "fuzz", &error);

  g_assert_true ((config == NULL) == (error != NULL));
}

/* FALSE where the layers are refused. */
static gboolean
add_line (DomuimgOciMerge *merge, const char *line, GError **error)
{
  static const char kinds[] = { 'f', 'd', 's', 'h' };
  static const DomuimgEntryType types[] = { DOMUIMG_ENTRY_FILE, DOMUIMG_ENTRY_DIRECTORY,
                                            DOMUIMG_ENTRY_SYMLINK, DOMUIMG_ENTRY_HARD_LINK };
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  guint n = g_strv_length (words);
  g_autoptr (DomuimgEntry) entry = NULL;
  g_autofree char *path = n > 1 ? domuimg_path_normalise (words[1], NULL) : NULL;

  for (guint i = 0; path != NULL && i < G_N_ELEMENTS (kinds); i++)
    if (*words[0] == kinds[i])
      entry = domuimg_entry_new (path, types[i], 0644);
  if (entry == NULL)
    return TRUE;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    entry->target = domuimg_path_normalise (n > 2 ? words[2] : "x", NULL);
  else if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    entry->target = g_strdup (n > 2 ? words[2] : "x");
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK && entry->target == NULL)
    return TRUE;
  return domuimg_oci_merge_add (merge, entry, 1, 1, error);
}

/* Each name leads to one entry, and none of them out. */
static void
check_names (DomuimgOciMerge *merge, guint layers, guint entries)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint layer = 0; layer < layers; layer++)
    for (guint i = 0; i < entries; i++)
      {
        g_autoptr (GPtrArray) names = domuimg_oci_merge_list_names (merge, layer, i);

        for (guint j = 0; names != NULL && j < names->len; j++)
          {
            check_path (names->pdata[j]);
            g_assert_true (g_hash_table_add (seen, g_strdup (names->pdata[j])));
          }
      }
}

static void
merge_layers (const char *text)
{
  g_autoptr (DomuimgOciMerge) merge = domuimg_oci_merge_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", 200);
  g_autoptr (GError) error = NULL;
  guint layers = 1;

  domuimg_oci_merge_begin (merge, "fuzz");
  for (guint i = 0; error == NULL && lines[i] != NULL; i++)
    if (!g_str_equal (lines[i], "-"))
      add_line (merge, lines[i], &error);
    else if (domuimg_oci_merge_end (merge, &error))
      {
        domuimg_oci_merge_begin (merge, "fuzz");
        layers++;
      }
  if (error == NULL && domuimg_oci_merge_end (merge, &error))
    check_names (merge, layers, g_strv_length (lines));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autofree char *text = g_strndup ((const char *) data, size);

  if (*text != '{' && *text != '[')
    merge_layers (text);
  read_manifest (bytes);
  read_docker (bytes);
  read_config (bytes);
  return 0;
}
