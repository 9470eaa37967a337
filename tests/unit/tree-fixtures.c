/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tree-fixtures.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fs/mkfs.h"
#include "lib/disk/file.h"
#include "lib/tree/dir.h"
#include "lib/tree/dump.h"
#include "lib/fs/ext/tree.h"
#include "lib/fs/guestfs/tree.h"
#include "lib/fs/uml/machine.h"
#include "lib/tree/memory.h"

static DomuimgTree *
make_memory (const char *scratch, GError **error)
{
  return domuimg_tree_memory_new ();
}

static DomuimgTree *
make_dir (const char *scratch, GError **error)
{
  g_autofree char *root = g_build_filename (scratch, "root", NULL);

  g_assert_cmpint (mkdir (root, 0755), ==, 0);
  g_assert_cmpint (chmod (root, 0755), ==, 0);
  return domuimg_tree_dir_new (root, error);
}

static DomuimgTree *
make_ext (const char *scratch, GError **error)
{
  g_autofree char *image = g_build_filename (scratch, "image", NULL);
  const DomuimgMkfs mkfs = {
    .fs_type = "ext4",
    .uuid = "11111111-2222-4333-8444-555555555555",
  };
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgTree) tree = NULL;

  if (!domuimg_disk_file_allocate_raw (NULL, image, 32 * 1024 * 1024, NULL, NULL, error))
    return NULL;
  region = domuimg_region_open (image, TRUE, error);
  if (region == NULL || !domuimg_mkfs_run (&mkfs, region, NULL, error))
    return NULL;
  tree = domuimg_tree_ext_open (region, TRUE, error);
  if (tree == NULL || !domuimg_tree_remove (tree, "lost+found", error))
    return NULL;
  return g_steal_pointer (&tree);
}

/* One appliance of each kind serves all tests: it takes its time to start. */
static DomuimgGuestfs *appliance;
static DomuimgUml *uml;
static char *appliance_directory;

static void
end_appliance (void)
{
  g_clear_pointer (&appliance, domuimg_guestfs_unref);
  g_clear_pointer (&uml, domuimg_uml_free);
  g_clear_pointer (&appliance_directory, tree_scratch_free);
}

/* The path of an image with an XFS filesystem. */
static char *
make_xfs (const char *name, GError **error)
{
  g_autofree char *mkfs = g_find_program_in_path ("mkfs.xfs");
  g_autofree char *image = NULL;
  const char *arguments[] = { mkfs, "-q", NULL, NULL };

  if (mkfs == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL, "mkfs.xfs is not installed");
      return NULL;
    }
  if (appliance_directory == NULL)
    {
      appliance_directory = tree_scratch_new ();
      atexit (end_appliance);
    }
  image = g_build_filename (appliance_directory, name, NULL);
  arguments[2] = image;
  if (!domuimg_disk_file_allocate_raw (NULL, image, 320 * 1024 * 1024, NULL, NULL, error)
      || !g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
                        NULL, error))
    return NULL;
  return g_steal_pointer (&image);
}

static gboolean
start_appliance (GError **error)
{
  g_autofree char *image = make_xfs ("guestfs", error);

  if (image != NULL)
    appliance = domuimg_guestfs_new (image, "raw");
  return image != NULL;
}

static gboolean
start_uml (GError **error)
{
  g_autofree char *why_not = NULL;
  g_autofree char *image = NULL;
  g_autoptr (DomuimgRegion) disk = NULL;

  if (!domuimg_uml_is_possible (&why_not))
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL, "%s", why_not);
  image = make_xfs ("uml", error);
  disk = image != NULL ? domuimg_region_open (image, TRUE, error) : NULL;
  if (disk != NULL)
    uml = domuimg_uml_new (disk);
  return disk != NULL;
}

static DomuimgTree *
make_uml (const char *scratch, GError **error)
{
  const DomuimgUmlPlace place = { "xfs", NULL, 0, G_MAXINT64 };
  g_autoptr (DomuimgTree) tree = NULL;

  if (uml == NULL && !start_uml (error))
    return NULL;
  tree = domuimg_tree_uml_open (uml, &place, TRUE, NULL, NULL, error);
  if (tree == NULL || !domuimg_tree_remove_all (tree, "/", error))
    return NULL;
  return g_steal_pointer (&tree);
}

static DomuimgTree *
make_guestfs (const char *scratch, GError **error)
{
  static GError *why;
  g_autoptr (DomuimgTree) tree = NULL;

  if (why == NULL && (appliance != NULL || start_appliance (&why)))
    tree = domuimg_tree_guestfs_open (appliance, NULL, 0, TRUE, &why);
  if (tree == NULL)
    {
      g_propagate_error (error, g_error_copy (why));
      return NULL;
    }
  if (!domuimg_tree_remove_all (tree, "/", error))
    return NULL;
  return g_steal_pointer (&tree);
}

const TreeKind tree_kinds[] = {
  { "memory", FALSE, FALSE, make_memory },
  { "dir", TRUE, FALSE, make_dir },
  { "ext", FALSE, FALSE, make_ext },
  { "guestfs", FALSE, TRUE, make_guestfs },
  { "uml", FALSE, TRUE, make_uml },
};
const guint n_tree_kinds = G_N_ELEMENTS (tree_kinds);

char *
tree_scratch_new (void)
{
  g_autoptr (GError) error = NULL;
  char *scratch = g_dir_make_tmp ("domuimg-tree-XXXXXX", &error);

  g_assert_no_error (error);
  return scratch;
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  return remove (path);
}

void
tree_scratch_free (char *scratch)
{
  nftw (scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  g_free (scratch);
}

void
tree_disk_set_up (TreeDisk *self, gconstpointer data)
{
  self->scratch = tree_scratch_new ();
  self->path = g_build_filename (self->scratch, "disk", NULL);
}

void
tree_disk_tear_down (TreeDisk *self, gconstpointer data)
{
  g_free (self->path);
  tree_scratch_free (self->scratch);
}

void
tree_must_load (DomuimgTree *tree, const char *dump)
{
  g_autoptr (GError) error = NULL;

  domuimg_tree_load (tree, dump, &error);
  g_assert_no_error (error);
}

char *
tree_must_dump (DomuimgTree *tree, gboolean times)
{
  const DomuimgTreeDumpOptions options = { 4096, times };
  g_autoptr (GError) error = NULL;
  char *dump = domuimg_tree_dump (tree, &options, &error);

  g_assert_no_error (error);
  return dump;
}

void
tree_must_be (DomuimgTree *tree, const char *expected)
{
  g_autofree char *dump = tree_must_dump (tree, FALSE);

  g_assert_true (g_str_has_prefix (dump, "/ d "));
  g_assert_cmpstr (strchr (dump, '\n') + 1, ==, expected);
}

void
tree_must_read (DomuimgTree *tree, const char *path, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = domuimg_tree_read_text (tree, path, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}
