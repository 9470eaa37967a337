/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "lib/image/image.h"

/* A damaged filesystem can be a large one: enough is seen before that. */
#define ENTRIES_MAX 2000
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
