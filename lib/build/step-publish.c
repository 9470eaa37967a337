/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts the disks together, for a kind of disk that holds all of them in one file. */
#include "config.h"
#include "lib/build/state.h"

gboolean
domuimg_build_step_publish (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  const DomuimgDiskKind *kind = domuimg_plan_get_disk (self->plan, 0)->kind;
  g_autofree const char **images = g_new0 (const char *, self->disks->len);
  DomuimgDiskPublication all = { .domain = self->domain,
                                 .disks = self->plan->disks,
                                 .images = images,
                                 .path = self->archive,
                                 .name = self->plan->archive_path };

  if (kind->publish == NULL)
    return TRUE;
  for (guint i = 0; i < self->disks->len; i++)
    images[i] = domuimg_build_get_disk (self, i)->path;
  return kind->publish (&all, progress, cancellable, error);
}
