/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "lib/fs/fat/tree.h"

/* A directory may lie in itself: enough is seen before that. */
#define ENTRIES_MAX 500
#define READ_MAX (256 * 1024)

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static gboolean
see_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer data,
           GError **error)
{
  guint *left = data;

  if (entry->type == DOMUIMG_ENTRY_FILE)
    {
      g_autoptr (GBytes) bytes = domuimg_tree_read (tree, entry->path, READ_MAX, NULL);

      g_assert_true (bytes == NULL || g_bytes_get_size (bytes) <= READ_MAX);
    }
  return --*left > 0;
}

/* What was written can be read, wherever the damaged table led to. */
static void
change (DomuimgTree *tree)
{
  g_autofree char *text = NULL;

  if (domuimg_tree_mkdir_p (tree, "new/directory", 0755, NULL)
      && domuimg_tree_write_text (tree, "new/directory/a longer name", "text", 0644, NULL))
    text = domuimg_tree_read_text (tree, "NEW/Directory/A LONGER NAME", NULL);
  domuimg_tree_write_text (tree, "EFI/BOOT/BOOTX64.EFI", "another", 0644, NULL);
  domuimg_tree_remove (tree, "EFI/test/grub.cfg", NULL);
  domuimg_tree_fat_flush (DOMUIMG_TREE_FAT (tree), NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  int fd = memfd_create ("fat", MFD_CLOEXEC);
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GError) error = NULL;
  guint left = ENTRIES_MAX;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  region = domuimg_region_new_for_fd (fd, "fat", NULL);
  g_assert_nonnull (region);
  tree = domuimg_tree_fat_open (region, TRUE, &error);
  g_assert_true ((tree == NULL) == (error != NULL));
  if (tree != NULL)
    {
      domuimg_tree_walk (tree, "", see_entry, &left, NULL);
      change (tree);
    }
  close (fd);
  return 0;
}
