/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/base/exec.h"
#include "lib/fs/ext/tree.h"
#include "tests/unit/tree-fixtures.h"

/* Files and directories that lie in their inodes (inline_data), as mke2fs makes them: what is longer
 * than 60 bytes goes on in an extended attribute, "system.data". */

static const char short_text[] = "short\n";
static const char long_text[] = "1234567890123456789012345678901234567890123456789012345678901234567890\n";

static void
run (const char *program, const char *const args[])
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (program);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; args[i] != NULL; i++)
    domuimg_exec_arg (exec, args[i]);
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
}

static void
put (const char *scratch, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (scratch, "root", "etc", name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static char *
make_image (const char *scratch)
{
  char *image = g_build_filename (scratch, "image", NULL);
  g_autofree char *root = g_build_filename (scratch, "root", NULL);
  g_autofree char *etc = g_build_filename (root, "etc", NULL);

  g_assert_cmpint (g_mkdir_with_parents (etc, 0755), ==, 0);
  put (scratch, "short", short_text);
  put (scratch, "long", long_text);
  run ("mke2fs", (const char *const[]){ "-q", "-F", "-t", "ext4", "-O", "inline_data", "-I", "512",
                                        "-d", root, image, "16M", NULL });
  return image;
}

static DomuimgTree *
open_image (const char *image, gboolean writable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = domuimg_region_open (image, writable, &error);
  DomuimgTree *tree = region != NULL ? domuimg_tree_ext_open (region, writable, &error) : NULL;

  g_assert_no_error (error);
  return tree;
}

static void
test_read (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autofree char *image = make_image (scratch);
  g_autoptr (DomuimgTree) tree = open_image (image, FALSE);
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, "etc/long", NULL);

  tree_must_read (tree, "etc/short", short_text);
  tree_must_read (tree, "etc/long", long_text);
  g_assert_cmpuint (entry->size, ==, strlen (long_text));
  g_assert_true (entry->xattrs == NULL || entry->xattrs->len == 0);
  g_clear_object (&tree);
  tree_scratch_free (g_steal_pointer (&scratch));
}

static void
test_change (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autofree char *image = make_image (scratch);
  g_autoptr (DomuimgTree) tree = open_image (image, TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_true (domuimg_tree_write_text (tree, "etc/short", long_text, 0644, &error));
  g_assert_true (domuimg_tree_write_text (tree, "etc/long", short_text, 0644, &error));
  g_assert_no_error (error);
  /* More names than there is room for in an inode. */
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *path = g_strdup_printf ("etc/a-name-that-is-rather-long-%u", i);

      g_assert_true (domuimg_tree_write_text (tree, path, short_text, 0644, &error));
    }
  g_assert_true (domuimg_tree_remove (tree, "etc/a-name-that-is-rather-long-7", &error));
  g_assert_true (domuimg_tree_ext_close (DOMUIMG_TREE_EXT (tree), &error));
  g_assert_no_error (error);
  g_clear_object (&tree);

  run ("e2fsck", (const char *const[]){ "-fn", image, NULL });
  tree = open_image (image, FALSE);
  tree_must_read (tree, "etc/short", long_text);
  tree_must_read (tree, "etc/long", short_text);
  tree_must_read (tree, "etc/a-name-that-is-rather-long-49", short_text);
  g_clear_object (&tree);
  tree_scratch_free (g_steal_pointer (&scratch));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ext-inline/read", test_read);
  g_test_add_func ("/ext-inline/change", test_change);
  return g_test_run ();
}
