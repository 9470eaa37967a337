/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's root as a tree, from its opening to its closing, and what is known of it by then. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/build/transfer.h"
#include "lib/fs/ext/tree.h"

gboolean
domuimg_build_step_open (DomuimgBuildState *self, DomuimgProgress *progress,
                         GCancellable *cancellable, GError **error)
{
  if (self->transfer != NULL)
    return domuimg_build_find_system (self, progress, error);
  /* Filling the filesystem has left it open. */
  if (self->ahead != NULL)
    domuimg_look_ahead_attach (self->ahead, self->tree);
  return TRUE;
}

gboolean
domuimg_build_step_close (DomuimgBuildState *self, DomuimgProgress *progress,
                          GCancellable *cancellable, GError **error)
{
  g_clear_object (&self->tree);
  /* A filesystem that was filled has been written out for the check. */
  return self->transfer == NULL || domuimg_transfer_close_trees (self->transfer, error);
}

const char *
domuimg_build_get_system (const DomuimgBuildState *self)
{
  return self->transfer != NULL ? self->transfer->system_name : NULL;
}

const char *
domuimg_build_get_kernel_path (const DomuimgBuildState *self)
{
  return self->loader == DOMUIMG_LOADER_DIRECT ? self->plan->kernel_path : NULL;
}

const char *
domuimg_build_get_ramdisk_path (const DomuimgBuildState *self)
{
  return self->loader == DOMUIMG_LOADER_DIRECT && self->has_ramdisk ? self->plan->ramdisk_path
                                                                    : NULL;
}

const char *
domuimg_build_get_xml_path (const DomuimgBuildState *self)
{
  return self->has_xml ? self->plan->xml_path : NULL;
}
