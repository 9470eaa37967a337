/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* What keeps the guest's kernel from mounting a device. */

typedef struct {
  const char *id; /* of the rule */
  char *evidence;
  char *reason;   /* "it has blocks of 64 KiB": a sentence without its end */
  gboolean is_likely; /* only: the kernel's vendor may have added what it would need */
} DomuimgObstacle;

void domuimg_obstacle_free (DomuimgObstacle *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgObstacle, domuimg_obstacle_free)

/* NULL where nothing is known to; @options (nullable) are those of the mount. */
DomuimgObstacle *domuimg_mounting_find_obstacle (DomuimgMachine *self, const DomuimgDevice *device,
                                                 const char *options);
/* (nullable) The first of @options that the kernel's driver for @fs does not know; NULL, too, for a
 * filesystem whose options are not known here. @is_likely: the kernel is newer than what is known here, or a
 * vendor's, and may know it after all. */
char *domuimg_mounting_find_unknown_option (DomuimgMachine *self, const char *fs, const char *options,
                                            gboolean *is_likely);
/* Whether what is called @types ("ext3", "auto", "ext4,xfs") mounts the filesystem @fs. */
gboolean domuimg_mounting_is_type (const char *types, const char *fs);
/* Whether the guest's kernel is older, or is not; both are FALSE where its version is not known. */
gboolean domuimg_mounting_is_older (DomuimgMachine *self, guint major, guint minor);
gboolean domuimg_mounting_is_not_older (DomuimgMachine *self, guint major, guint minor);
/* Whether the guest's kernel is an enterprise vendor's, which adds to an old version what came later: that
 * it is older then tells nothing for sure. */
gboolean domuimg_mounting_is_of_vendor (DomuimgMachine *self);
