/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* What libblkid finds at the beginning of a device: a filesystem, a member of something, a table of
 * partitions. */

typedef struct {
  char *name; /* (nullable) nothing was found; else "ext4", "LVM2_member", "gpt" */
  char *uuid; /* (nullable) */
} DomuimgSignature;

void domuimg_signature_clear (DomuimgSignature *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgSignature, domuimg_signature_clear)

gboolean domuimg_signature_find (int fd, const char *path, DomuimgSignature *found,
                                 GError **error);
/* Takes the filesystem with this @uuid (nullable) off the device @path, if it is still there and
 * nobody uses it; what was done, as a line. */
char *domuimg_signature_withdraw (const char *path, const char *uuid);
