/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manifests, written and read again, and what is no manifest. */
#include "config.h"

#include <string.h>

#include "lib/guest/manifest.h"
#include "tests/unit/tree-fixtures.h"

static DomuimgManifest *
read_text (const char *scratch, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (scratch, "web1.json", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return domuimg_manifest_read (path, error);
}

static DomuimgManifest *
sample (void)
{
  DomuimgManifest *manifest = domuimg_manifest_new ();
  DomuimgManifestDisk *disk = domuimg_manifest_add_disk (manifest);

  manifest->domuimg = g_strdup ("0.1.0");
  manifest->name = g_strdup ("web1");
  manifest->type = DOMUIMG_GUEST_TYPE_PVH;
  manifest->memory = 512;
  manifest->kernel.from = g_strdup ("guest");
  manifest->kernel.version = g_strdup ("6.1");
  manifest->config = g_strdup ("/etc/xen/web1.cfg");
  disk->path = g_strdup ("/srv/web1.img");
  disk->kind = g_strdup ("file");
  disk->size = G_GINT64_CONSTANT (5) << 30;
  domuimg_manifest_add_nic (manifest)->mac = g_strdup ("00:16:3e:00:00:01");
  g_ptr_array_add (manifest->changes, g_strdup ("wrote “/etc/fstab”"));
  return manifest;
}

static void
test_what_is_written_is_read (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autoptr (DomuimgManifest) written = sample ();
  g_autofree char *text = domuimg_manifest_write (written);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgManifest) manifest = read_text (scratch, text, &error);
  g_autofree char *again = NULL;
  const DomuimgManifestDisk *disk;

  g_assert_no_error (error);
  g_assert_cmpstr (manifest->name, ==, "web1");
  g_assert_cmpint (manifest->type, ==, DOMUIMG_GUEST_TYPE_PVH);
  g_assert_cmpuint (manifest->memory, ==, 512);
  g_assert_cmpstr (manifest->kernel.version, ==, "6.1");
  g_assert_null (manifest->kernel.ramdisk);
  g_assert_null (manifest->verdict);
  g_assert_false (manifest->converted);
  g_assert_cmpuint (manifest->disks->len, ==, 1);
  disk = g_ptr_array_index (manifest->disks, 0);
  g_assert_cmpstr (disk->path, ==, "/srv/web1.img");
  g_assert_cmpint (disk->size, ==, G_GINT64_CONSTANT (5) << 30);
  g_assert_cmpuint (manifest->changes->len, ==, 1);
  again = domuimg_manifest_write (manifest);
  g_assert_cmpstr (again, ==, text);
  tree_scratch_free (g_steal_pointer (&scratch));
}

/* A newer version's manifest, updated by this one. */
static void
test_what_is_not_known_stays (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgManifest) manifest = read_text (
      scratch,
      "{\"domuimg\": \"9\", \"novel\": [1], \"kernel\": {\"more\": true, \"version\": \"1\"},"
      " \"disks\": [{\"path\": \"/a\", \"sectors\": 7}]}",
      &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_free (manifest->kernel.version);
  manifest->kernel.version = g_strdup ("2");
  text = domuimg_manifest_write (manifest);
  g_assert_nonnull (strstr (text, "\"novel\""));
  g_assert_nonnull (strstr (text, "\"more\" : true"));
  g_assert_nonnull (strstr (text, "\"sectors\" : 7"));
  g_assert_nonnull (strstr (text, "\"version\" : \"2\""));
  tree_scratch_free (g_steal_pointer (&scratch));
}

static void
test_null_is_nothing (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgManifest) manifest = read_text (
      scratch, "{\"domuimg\": null, \"kernel\": null, \"disks\": null, \"type\": null}", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_null (manifest->kernel.from);
  g_assert_cmpuint (manifest->disks->len, ==, 0);
  text = domuimg_manifest_write (manifest);
  g_assert_nonnull (strstr (text, "\"policy\" : null"));
  tree_scratch_free (g_steal_pointer (&scratch));
}

static void
test_damage_is_an_error_with_the_path (void)
{
  static const char *const texts[] = {
    "", "[]", "{}", "{\"domuimg\": \"1\"", "{\"domuimg\": 1}",
    "{\"domuimg\": \"1\", \"kernel\": 1}", "{\"domuimg\": \"1\", \"type\": \"xv\"}",
    "{\"domuimg\": \"1\", \"type\": [1]}", "{\"domuimg\": \"1\", \"disks\": [1]}",
    "{\"domuimg\": \"1\", \"disks\": {}}", "{\"domuimg\": \"1\", \"disks\": [{\"path\": 1}]}",
    "{\"domuimg\": \"1\", \"memory\": -1}", "{\"domuimg\": \"1\", \"memory\": \"a\"}",
    "{\"domuimg\": \"1\", \"changes\": [[]]}",
  };
  g_autofree char *scratch = tree_scratch_new ();

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (read_text (scratch, texts[i], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
      g_assert_nonnull (strstr (error->message, "web1.json"));
    }
  tree_scratch_free (g_steal_pointer (&scratch));
}

static void
test_only_what_is_missing_is_missing (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autofree char *missing = g_build_filename (scratch, "none.json", NULL);
  g_autoptr (GError) error = NULL;
  DomuimgManifest *manifest;

  g_assert_null (domuimg_manifest_read (missing, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (domuimg_manifest_read_if_any (missing, &manifest, &error));
  g_assert_null (manifest);
  g_assert_false (domuimg_manifest_read_if_any (scratch, &manifest, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  tree_scratch_free (g_steal_pointer (&scratch));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/manifest/what-is-written-is-read", test_what_is_written_is_read);
  g_test_add_func ("/manifest/what-is-not-known-stays", test_what_is_not_known_stays);
  g_test_add_func ("/manifest/null-is-nothing", test_null_is_nothing);
  g_test_add_func ("/manifest/damage-is-an-error-with-the-path",
                   test_damage_is_an_error_with_the_path);
  g_test_add_func ("/manifest/only-what-is-missing-is-missing",
                   test_only_what_is_missing_is_missing);
  return g_test_run ();
}
