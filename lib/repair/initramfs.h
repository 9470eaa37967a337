/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/repair/site.h"

/* The inside of the repair of an initramfs. */

/* Where an initramfs's own init finds something to run. */
typedef struct {
  const char *loader; /* what insmod is a name of */
  char *path;         /* of the script or unit to be written */
  char *wanted_by;    /* (nullable) of the symlink that starts the unit */
} DomuimgInitramfsHook;

/* FALSE where its init is none of those known: initramfs-tools, dracut, systemd. */
gboolean domuimg_initramfs_find_hook (DomuimgInitramfs *initramfs, const char *name,
                                      DomuimgInitramfsHook *hook);
void domuimg_initramfs_hook_clear (DomuimgInitramfsHook *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgInitramfsHook, domuimg_initramfs_hook_clear)
/* The archive to be put before the initramfs: modules of the guest below @name, and the hook. */
GBytes *domuimg_initramfs_make_addition (DomuimgTree *tree, DomuimgInitramfs *initramfs,
                                         const char *version, const char *name,
                                         const char *const *modules, GError **error);
/* repair-keep-modules.c: has the guest put them into every initramfs that it makes itself. */
gboolean domuimg_repair_keep_modules (DomuimgEdit *edit, const char *const *modules,
                                      GError **error);
