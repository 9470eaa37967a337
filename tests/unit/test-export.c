/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/base.h"
#include "lib/base/exec.h"
#include "lib/image/export.h"
#include "lib/image/unused.h"

#define SIZE (64 << 20)

typedef struct {
  char *directory;
  char *base;
  char *overlay;
  char *node;
} Fixture;

static void
run (const char *first, ...)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (first);
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, first);
  for (const char *arg = va_arg (args, char *); arg != NULL; arg = va_arg (args, char *))
    domuimg_exec_arg (exec, arg);
  va_end (args);
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *raw = NULL;

  self->directory = g_dir_make_tmp ("domuimg-export-XXXXXX", NULL);
  raw = g_build_filename (self->directory, "raw", NULL);
  self->base = g_build_filename (self->directory, "base.vmdk", NULL);
  self->overlay = g_build_filename (self->directory, "overlay.qcow2", NULL);
  run ("mke2fs", "-q", "-t", "ext4", raw, "64M", NULL);
  run ("qemu-img", "convert", "-O", "vmdk", raw, self->base, NULL);
  run ("qemu-img", "create", "-q", "-f", "qcow2", self->overlay, "64M", NULL);
  self->node = g_strdup_printf ("{\"driver\":\"vmdk\",\"read-only\":true,\"file\":"
                                "{\"driver\":\"file\",\"filename\":\"%s\"}}",
                                self->base);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  run ("rm", "-rf", self->directory, NULL);
  g_free (self->directory);
  g_free (self->base);
  g_free (self->overlay);
  g_free (self->node);
}

static DomuimgExport *
start (Fixture *self)
{
  g_autofree char *why = NULL;
  g_autoptr (DomuimgExport) export = NULL;
  g_autoptr (GError) error = NULL;

  if (!domuimg_export_is_possible (&why))
    {
      g_test_skip (why);
      return NULL;
    }
  export = domuimg_export_new (self->directory);
  domuimg_export_add (export, self->overlay, self->node, "old.vmdk");
  domuimg_export_start (export, NULL, &error);
  /* A container may have the device without the right to use it. */
  if (error != NULL && strstr (error->message, "fuse") != NULL)
    {
      g_test_skip (error->message);
      return NULL;
    }
  g_assert_no_error (error);
  return g_steal_pointer (&export);
}

static char *
digest_of (const char *path)
{
  g_autofree char *content = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) content, length);
}

static void
test_changes_go_to_the_overlay (Fixture *self, gconstpointer data)
{
  g_autofree char *before = digest_of (self->base);
  g_autofree char *after = NULL, *node = NULL, *source = NULL, *text = NULL, *result = NULL;
  g_autoptr (DomuimgExport) export = start (self);
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree;
  GPtrArray *volumes;

  if (export == NULL)
    return;
  image = domuimg_export_open_image (export, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (domuimg_image_get_size (image), ==, SIZE);
  volumes = domuimg_image_list_volumes (image, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (volumes->len, ==, 1);
  tree = domuimg_image_open_tree (image, volumes->pdata[0], TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (domuimg_tree_write_text (tree, "hello", "world", 0644, &error));
  g_assert_true (domuimg_image_close_tree (image, tree, &error));
  g_clear_pointer (&image, domuimg_image_free);
  g_assert_true (domuimg_export_stop (export, &error));
  g_assert_no_error (error);

  after = digest_of (self->base);
  g_assert_cmpstr (before, ==, after);
  node = domuimg_overlay_to_node (self->overlay, self->node);
  source = g_strconcat ("json:", node, NULL);
  result = g_build_filename (self->directory, "result", NULL);
  run ("qemu-img", "convert", "-O", "raw", source, result, NULL);
  image = domuimg_image_open (result, "raw", &error);
  volumes = domuimg_image_list_volumes (image, &error);
  tree = domuimg_image_open_tree (image, volumes->pdata[0], FALSE, &error);
  text = domuimg_tree_read_text (tree, "hello", &error);
  g_assert_cmpstr (text, ==, "world");
  g_assert_true (domuimg_image_close_tree (image, tree, &error));
}

static void
test_nothing_stays_mounted (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgExport) export = start (self);
  g_autofree char *mounts = NULL;

  if (export == NULL)
    return;
  g_assert_true (g_file_get_contents ("/proc/self/mounts", &mounts, NULL, NULL));
  g_assert_null (strstr (mounts, self->directory));
}

static gboolean
forget (guint64 offset, guint64 length, gpointer data, GError **error)
{
  g_assert_cmpuint (offset % 65536, ==, 0);
  g_assert_cmpuint (length % 65536, ==, 0);
  return domuimg_export_forget (data, 0, offset, length, error);
}

/* What was deleted in the guest is still in its blocks. */
static void
test_unused_blocks_read_as_zeros (Fixture *self, gconstpointer data)
{
  g_autofree char *junk = g_strnfill (1 << 20, 'j');
  g_autofree guint8 *zeros = g_malloc0 (1 << 20), *read_back = g_malloc (1 << 20);
  g_autoptr (DomuimgExport) export = start (self);
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (DomuimgExec) fsck = domuimg_exec_new ("e2fsck");
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = NULL;
  DomuimgVolume *volume;

  if (export == NULL)
    return;
  image = domuimg_export_open_image (export, 0, &error);
  volume = domuimg_image_list_volumes (image, &error)->pdata[0];
  region = domuimg_image_get_region (image, volume);
  g_assert_true (domuimg_region_write (region, 48 << 20, junk, 1 << 20));
  g_assert_true (domuimg_image_each_unused (image, volume, 65536, forget, export, &error));
  g_assert_no_error (error);
  g_assert_cmpint (domuimg_region_read (region, 48 << 20, read_back, 1 << 20), ==, 1 << 20);
  g_assert_cmpmem (read_back, 1 << 20, zeros, 1 << 20);
  path = domuimg_exec_pass_fd (fsck, region->fd);
  domuimg_exec_arg (fsck, "-fn");
  domuimg_exec_arg (fsck, path);
  domuimg_exec_run (fsck, NULL, &error);
  g_assert_no_error (error);
}

static void
test_no_such_image (Fixture *self, gconstpointer data)
{
  g_autofree char *why = NULL;
  g_autoptr (DomuimgExport) export = NULL;
  g_autoptr (GError) error = NULL;

  if (!domuimg_export_is_possible (&why))
    {
      g_test_skip (why);
      return;
    }
  export = domuimg_export_new (self->directory);
  domuimg_export_add (export, "/gone.qcow2", self->node, "old.vmdk");
  g_assert_false (domuimg_export_start (export, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED);
  g_assert_nonnull (strstr (error->message, "gone.qcow2"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) \
  g_test_add ("/export/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("changes go to the overlay", test_changes_go_to_the_overlay);
  ADD ("nothing stays mounted", test_nothing_stays_mounted);
  ADD ("unused blocks read as zeros", test_unused_blocks_read_as_zeros);
  ADD ("no such image", test_no_such_image);
  return g_test_run ();
}
