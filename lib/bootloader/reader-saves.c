/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GRUB would write to the disk for a choice: found here, done by the process that has rights. */
#include "config.h"
#include "lib/bootloader/reader.h"

#include "lib/fs/ext/tree.h"

static gboolean
find_place (DomuimgReaderVolume *volume, const char *file, guint64 *offset, GError **error)
{
  if (volume == NULL || volume->tree == NULL || !DOMUIMG_IS_TREE_EXT (volume->tree))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "only ext2, ext3 and ext4 are written");
  return domuimg_tree_ext_find_place (DOMUIMG_TREE_EXT (volume->tree), file, DOMUIMG_GRUBENV_SIZE,
                                      offset, error);
}

static void
add (const DomuimgMenuSave *save, DomuimgReaderVolume *volume, GPtrArray *found, GPtrArray *notes)
{
  g_autoptr (GError) error = NULL;
  DomuimgBootloaderSave *one;
  guint64 offset;

  if (!find_place (volume, save->file, &offset, &error))
    {
      g_ptr_array_add (notes, g_strdup_printf ("%s in %s: %s", save->name, save->file, error->message));
      return;
    }
  one = g_new0 (DomuimgBootloaderSave, 1);
  one->offset = offset;
  one->name = g_strdup (save->name);
  one->value = g_strdup (save->value);
  g_ptr_array_add (found, one);
}

void
domuimg_reader_find_saves (const GPtrArray *saves, DomuimgReaderFindVolume find, gpointer data,
                           GPtrArray *found, GPtrArray *notes)
{
  for (guint i = 0; i < saves->len; i++)
    {
      const DomuimgMenuSave *save = g_ptr_array_index (saves, i);

      add (save, find (save->hint, data), found, notes);
    }
}
