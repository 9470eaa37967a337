/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/disk/file.h"
#include "lib/fs/appliance.h"
#include "lib/fs/uml/machine.h"
#include "tree-fixtures.h"

/* An answer with these names, of which the first has an entry. */
static GVariant *
entries (const char *first, const char *second, DomuimgEntryType type, const char *target)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new ("", type, 0644);
  GVariantBuilder names, list;

  entry->mtime.sec = 0;
  entry->target = g_strdup (target);
  g_variant_builder_init (&names, G_VARIANT_TYPE ("aay"));
  g_variant_builder_add_value (&names, domuimg_uml_text (first));
  g_variant_builder_add_value (&names, domuimg_uml_text (second));
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a" DOMUIMG_UML_ENTRY));
  g_variant_builder_add_value (&list, domuimg_uml_entry_write (entry, first));
  return g_variant_ref_sink (g_variant_new ("(@aay@a" DOMUIMG_UML_ENTRY ")",
                                            g_variant_builder_end (&names),
                                            g_variant_builder_end (&list)));
}

static gboolean
is_taken (const char *first, const char *second, DomuimgEntryType type, const char *target)
{
  g_autoptr (GVariant) value = entries (first, second, type, target);
  g_autoptr (GPtrArray) found = NULL;
  g_auto (GStrv) names = NULL;

  return domuimg_uml_entries_read (value, "etc", &names, &found);
}

static void
test_names_that_no_directory_has (void)
{
  g_assert_true (is_taken ("b", "a", DOMUIMG_ENTRY_FILE, NULL));
  g_assert_true (is_taken ("b", "a", DOMUIMG_ENTRY_SYMLINK, "x"));
  g_assert_false (is_taken ("../b", "a", DOMUIMG_ENTRY_FILE, NULL));
  g_assert_false (is_taken ("..", "a", DOMUIMG_ENTRY_FILE, NULL));
  g_assert_false (is_taken ("", "a", DOMUIMG_ENTRY_FILE, NULL));
  g_assert_false (is_taken ("a", "a", DOMUIMG_ENTRY_FILE, NULL));
  g_assert_false (is_taken ("b", "a", DOMUIMG_ENTRY_SYMLINK, NULL));
  g_assert_false (is_taken ("b", "a", DOMUIMG_ENTRY_FILE, "x"));
  g_assert_false (is_taken ("b", "a", DOMUIMG_ENTRY_HARD_LINK, "x"));
  g_assert_false (is_taken ("b", "a", 99, NULL));
}

static void
test_answers (void)
{
  g_autoptr (GError) failure
      = g_error_new_literal (DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND, "/m3/etc/x: not there");
  g_autoptr (GBytes) failed = domuimg_uml_answer_write (NULL, failure);
  g_autoptr (GBytes) done = domuimg_uml_answer_write (g_variant_new_uint64 (7), NULL);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_uml_answer_read (failed, "b", "x.img", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "x.img: /etc/x: not there");
  g_clear_error (&error);
  g_assert_null (domuimg_uml_answer_read (done, "b", "x.img", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNSAFE_INPUT);
  value = domuimg_uml_answer_read (done, "t", "x.img", NULL);
  g_assert_cmpuint (g_variant_get_uint64 (value), ==, 7);
}

static gboolean
is_here (void)
{
  g_autofree char *why_not = NULL;

  if (domuimg_uml_is_possible (&why_not))
    return TRUE;
  g_test_skip (why_not);
  return FALSE;
}

/* What has the magic of XFS and nothing else of it. */
static void
test_a_damaged_filesystem_is_an_error (TreeDisk *self, gconstpointer data)
{
  const DomuimgUmlPlace place = { "xfs", NULL, 0, G_MAXINT64 };
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgUml) uml = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_here ())
    return;
  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->path, 1 << 20, NULL, NULL, &error));
  region = domuimg_region_open (self->path, TRUE, &error);
  g_assert_true (domuimg_region_write (region, 0, "XFSB", 4));
  uml = domuimg_uml_new (region);
  g_assert_null (domuimg_tree_uml_open (uml, &place, FALSE, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_nonnull (strstr (error->message, self->path));
}

static void
test_a_filesystem_that_no_linux_knows (TreeDisk *self, gconstpointer data)
{
  const DomuimgUmlPlace place = { "zfs_member", NULL, 0, G_MAXINT64 };
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgUml) uml = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_here ())
    return;
  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->path, 1 << 20, NULL, NULL, &error));
  region = domuimg_region_open (self->path, FALSE, &error);
  uml = domuimg_uml_new (region);
  g_assert_null (domuimg_tree_uml_open (uml, &place, FALSE, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
}

static void
test_it_can_be_turned_off (void)
{
  g_autofree char *why_not = NULL;
  g_autofree char *before = g_strdup (g_getenv ("DOMUIMG_NO_UML"));

  g_setenv ("DOMUIMG_NO_UML", "1", TRUE);
  g_assert_false (domuimg_uml_is_possible (&why_not));
  if (before == NULL)
    g_unsetenv ("DOMUIMG_NO_UML");
  g_assert_nonnull (why_not);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/uml/names", test_names_that_no_directory_has);
  g_test_add_func ("/uml/answers", test_answers);
  g_test_add_func ("/uml/off", test_it_can_be_turned_off);
  g_test_add ("/uml/damaged", TreeDisk, NULL, tree_disk_set_up,
              test_a_damaged_filesystem_is_an_error, tree_disk_tear_down);
  g_test_add ("/uml/unknown", TreeDisk, NULL, tree_disk_set_up,
              test_a_filesystem_that_no_linux_knows, tree_disk_tear_down);
  return g_test_run ();
}
