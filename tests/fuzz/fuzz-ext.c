/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "lib/fs/ext/copy.h"
#include "lib/fs/ext/tree.h"
#include "lib/image/image.h"

/* A damaged filesystem can be a large one: enough is seen before that. */
#define ENTRIES_MAX 2000
#define READ_MAX (256 * 1024)

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
copy_out (DomuimgTree *tree, const char *path)
{
  g_autoptr (DomuimgExtCopy) copy = domuimg_tree_ext_find_copy (DOMUIMG_TREE_EXT (tree), path, NULL);
  int fd = memfd_create ("copy", MFD_CLOEXEC);

  if (copy != NULL)
    domuimg_ext_copy_run (copy, fd, NULL);
  close (fd);
}

static gboolean
see_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer data,
           GError **error)
{
  guint *left = data;

  if (entry->type == DOMUIMG_ENTRY_FILE)
    {
      g_autoptr (GBytes) bytes = domuimg_tree_read (tree, entry->path, READ_MAX, NULL);

      if (DOMUIMG_IS_TREE_EXT (tree) && entry->size <= READ_MAX)
        copy_out (tree, entry->path);

      g_assert_true (bytes == NULL || g_bytes_get_size (bytes) <= READ_MAX);
    }
  return --*left > 0;
}

/* What a repair does comes to an end, whatever the filesystem is. */
static void
change_volume (DomuimgImage *image, const DomuimgVolume *volume)
{
  DomuimgTree *tree = domuimg_image_open_tree (image, volume, TRUE, NULL);

  if (tree == NULL)
    return;
  if (domuimg_tree_mkdir_p (tree, "new/directory", 0755, NULL)
      && domuimg_tree_write_text (tree, "new/directory/file", "text", 0644, NULL))
    {
      domuimg_tree_link (tree, "new/directory/file", "new/link", NULL);
      domuimg_tree_symlink (tree, "target", "new/symlink", NULL);
    }
  domuimg_tree_write_text (tree, "sparse", "no longer", 0644, NULL);
  domuimg_tree_remove_all (tree, "d", NULL);
  domuimg_image_close_tree (image, tree, NULL);
}

static void
look_at_volume (DomuimgImage *image, const DomuimgVolume *volume)
{
  g_autoptr (DomuimgExtState) state = domuimg_image_get_ext_state (image, volume, NULL);
  DomuimgTree *tree = NULL;
  guint left = ENTRIES_MAX;

  if (volume->fs == NULL || !g_str_has_prefix (volume->fs, "ext"))
    return;
  tree = domuimg_image_open_tree (image, volume, FALSE, NULL);
  if (tree == NULL)
    return;
  domuimg_tree_walk (tree, "", see_entry, &left, NULL);
  domuimg_image_close_tree (image, tree, NULL);
  change_volume (image, volume);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  int fd = memfd_create ("image", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *volumes = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  image = domuimg_image_open (path, "raw", &error);
  g_assert_true ((image == NULL) == (error != NULL));
  if (image != NULL)
    volumes = domuimg_image_list_volumes (image, &error);
  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    if (g_strcmp0 (((DomuimgVolume *) g_ptr_array_index (volumes, i))->fs, "LVM2_member") != 0)
      look_at_volume (image, g_ptr_array_index (volumes, i));
  close (fd);
  return 0;
}
