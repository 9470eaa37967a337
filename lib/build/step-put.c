/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts each disk where it lives, for kinds of disks that are made somewhere else; and commits. */
#include "config.h"
#include "lib/build/state.h"

gboolean
domuimg_build_step_put (DomuimgBuildState *self, DomuimgProgress *progress,
                        GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);
      const DomuimgDiskMaking making = domuimg_build_get_making (self, i);

      if (disk->kind->put == NULL)
        continue;
      domuimg_progress_set_message (progress, "Writing to %s", disk->path);
      if (!disk->kind->put (disk, domuimg_build_get_disk (self, i)->path, &making, cancellable,
                            error))
        {
          domuimg_build_tell_lost (self, error);
          return FALSE;
        }
      domuimg_build_get_disk (self, i)->is_put = TRUE;
    }
  return TRUE;
}

void
domuimg_build_tell_lost (DomuimgBuildState *self, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    if (domuimg_build_get_disk (self, i)->is_put)
      g_prefix_error (error, DOMUIMG_DISK_LOST, domuimg_plan_get_disk (self->plan, i)->path);
}
