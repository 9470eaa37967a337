/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "lib/base/exec.h"
#include "lib/fs/ext/scrub.h"
#include "lib/fs/ext/tree.h"
#include "tests/unit/tree-fixtures.h"

/* Whatever write to a disk fails, the change of its filesystem is not called done. */

typedef struct {
  guint left; /* writes, the last of which fails */
  gboolean has_failed;
} Wear;

typedef struct {
  DomuimgRegion *disk;
  Wear *wear;
} Worn;

static gboolean
worn_read (gpointer data, guint64 offset, void *buffer, gsize length)
{
  return domuimg_region_read_all (((Worn *) data)->disk, offset, buffer, length);
}

static gboolean
worn_write (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  const Worn *self = data;

  if (--self->wear->left == 0)
    {
      self->wear->has_failed = TRUE;
      errno = EIO;
      return FALSE;
    }
  return domuimg_region_write (self->disk, offset, bytes, length);
}

static gboolean
worn_sync (gpointer data, gboolean wait)
{
  return TRUE;
}

static void
worn_free (gpointer data)
{
  domuimg_region_unref (((Worn *) data)->disk);
  g_free (data);
}

static DomuimgRegion *
open_worn (const char *path, Wear *wear)
{
  static const DomuimgRegionBack back
      = { .read = worn_read, .write = worn_write, .sync = worn_sync, .free = worn_free };
  g_autoptr (GError) error = NULL;
  Worn *self = g_new0 (Worn, 1);

  self->disk = domuimg_region_open (path, TRUE, &error);
  g_assert_no_error (error);
  self->wear = wear;
  return domuimg_region_new_backed (&back, self, self->disk->length, path);
}

static void
make_disk (const char *path)
{
  const char *options[] = { "-q", "-F", "-t", "ext4", path, "8M" };
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mke2fs");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    domuimg_exec_arg (exec, options[i]);
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
}

static gboolean
edit (DomuimgRegion *region, GError **error)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_ext_open (region, TRUE, error);

  return tree != NULL && domuimg_tree_mkdir_p (tree, "etc/network", 0755, error)
         && domuimg_tree_write_text (tree, "etc/network/interfaces", "auto lo\n", 0644, error)
         && domuimg_tree_ext_close (DOMUIMG_TREE_EXT (tree), error);
}

/* Until a whole change needs fewer writes than the one that would fail. */
static void
test_each_write (TreeDisk *self, gconstpointer data)
{
  gboolean (*change) (DomuimgRegion *, GError **) = data;
  Wear wear;
  guint n = 0;

  do
    {
      g_autoptr (DomuimgRegion) region = NULL;
      g_autoptr (GError) error = NULL;
      gboolean done;

      make_disk (self->path);
      wear = (Wear){ .left = ++n };
      region = open_worn (self->path, &wear);
      done = change (region, &error);
      g_assert_true (done == (error == NULL));
      if (done && wear.has_failed)
        g_error ("write %u failed, and nobody said so", n);
    }
  while (wear.has_failed);
  g_assert_cmpuint (n, >, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/ext-errors/edit", TreeDisk, edit, tree_disk_set_up, test_each_write,
              tree_disk_tear_down);
  g_test_add ("/ext-errors/scrub", TreeDisk, domuimg_ext_scrub, tree_disk_set_up, test_each_write,
              tree_disk_tear_down);
  return g_test_run ();
}
