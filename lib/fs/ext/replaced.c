/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frees the files that later ones of their names have replaced, while an ext filesystem is filled. */
#include "config.h"
#include "lib/fs/ext/replaced.h"

void
domuimg_ext_replaced_init (DomuimgExtReplaced *self)
{
  self->inodes = g_array_new (FALSE, FALSE, sizeof (ext2_ino_t));
}

void
domuimg_ext_replaced_clear (DomuimgExtReplaced *self)
{
  g_clear_pointer (&self->inodes, g_array_unref);
}

/* A directory has a link of its own, "."; others are counted by their names. */
gboolean
domuimg_ext_replaced_add (DomuimgExtReplaced *self, DomuimgExtFs *ext, const DomuimgExtName *name,
                          GError **error)
{
  struct ext2_inode inode;
  errcode_t code;

  if (name->type != DOMUIMG_ENTRY_DIRECTORY)
    {
      if (!domuimg_ext_change_links (ext, name->ino, -1, error))
        return FALSE;
      code = ext2fs_read_inode (ext->fs, name->ino, &inode);
      if (code != 0)
        return domuimg_ext_fail (ext, code, error, "reading inode %u", name->ino);
      if (inode.i_links_count > 0)
        return TRUE;
    }
  g_array_append_val (self->inodes, name->ino);
  return TRUE;
}

gboolean
domuimg_ext_replaced_free (DomuimgExtReplaced *self, DomuimgExtFs *ext, GError **error)
{
  for (guint i = 0; i < self->inodes->len; i++)
    if (!domuimg_ext_free_inode (ext, g_array_index (self->inodes, ext2_ino_t, i), error))
      return FALSE;
  g_array_set_size (self->inodes, 0);
  return TRUE;
}
