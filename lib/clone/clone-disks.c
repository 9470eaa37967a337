/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks of a clone: copied, opened as the guest's files, and closed. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include "lib/fs/ext/tree.h"
#include "lib/fs/fs.h"
#include "lib/tree/mount.h"

static const DomuimgCloneDisk *
get_disk (const DomuimgCloneJob *self, guint i)
{
  return g_ptr_array_index (self->source->disks, i);
}

gboolean
domuimg_clone_disks_begin (DomuimgCloneJob *self, DomuimgCloneDisks *disks,
                           GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->source->disks->len; i++)
    {
      DomuimgRegion *region
          = self->ways[i]->begin (&get_disk (self, i)->original, g_ptr_array_index (disks->places, i),
                                  g_ptr_array_index (self->paths, i), cancellable, error);

      if (region == NULL)
        return FALSE;
      g_ptr_array_add (disks->regions, region);
      if (!domuimg_clone_uuids_set (self->uuids, i, region, error))
        return FALSE;
    }
  return TRUE;
}

static DomuimgTree *
open_direct (const DomuimgCloneMount *mount, DomuimgRegion *disk, GError **error)
{
  g_autoptr (DomuimgRegion) region
      = domuimg_region_new_part (disk, mount->volume->offset, mount->volume->length);

  return domuimg_tree_ext_open (region, TRUE, error);
}

/* What another Linux writes to is a file of the guest's bytes, as clone-ways.c has seen to. */
static DomuimgTree *
open_by_appliance (DomuimgCloneJob *self, DomuimgCloneDisks *disks, const DomuimgCloneMount *mount,
                   GError **error)
{
  DomuimgImage *image
      = domuimg_image_open_copy (get_disk (self, mount->disk)->image,
                                 g_ptr_array_index (disks->places, mount->disk), error);

  if (image == NULL)
    return NULL;
  g_ptr_array_add (disks->images, image);
  return domuimg_image_open_tree (image, mount->volume, TRUE, error);
}

static DomuimgTree *
open_mount (DomuimgCloneJob *self, DomuimgCloneDisks *disks, const DomuimgCloneMount *mount,
            GError **error)
{
  return mount->is_direct
             ? open_direct (mount, g_ptr_array_index (disks->regions, mount->disk), error)
             : open_by_appliance (self, disks, mount, error);
}

DomuimgTree *
domuimg_clone_disks_open (DomuimgCloneJob *self, DomuimgCloneDisks *disks, GPtrArray *trees,
                          GError **error)
{
  g_autoptr (DomuimgTree) all = NULL;

  for (guint i = 0; i < self->source->mounts->len; i++)
    {
      const DomuimgCloneMount *mount = g_ptr_array_index (self->source->mounts, i);
      DomuimgTree *tree = open_mount (self, disks, mount, error);
      DomuimgTree *below = g_steal_pointer (&all);

      if (tree != NULL)
        {
          g_ptr_array_add (trees, tree);
          all = below == NULL ? g_object_ref (tree)
                              : domuimg_tree_mount_new (below, mount->point, tree);
        }
      g_clear_object (&below);
      if (tree == NULL)
        return NULL;
    }
  return g_steal_pointer (&all);
}

gboolean
domuimg_clone_disks_end (DomuimgCloneJob *self, DomuimgCloneDisks *disks, GError **error)
{
  for (guint i = 0; i < disks->regions->len; i++)
    if (self->ways[i]->end != NULL
        && !self->ways[i]->end (&get_disk (self, i)->original, g_ptr_array_index (disks->regions, i),
                                error))
      return FALSE;
  return TRUE;
}
