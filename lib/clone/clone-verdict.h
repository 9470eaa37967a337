/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/clone/clone-job.h"

/* Whether clones will boot: each is checked whole, but for kernel and initramfs, which no cleaner changes,
 * and which are read for the first one only. */

DomuimgCloneVerdicts *domuimg_clone_verdicts_new (void);
void domuimg_clone_verdicts_free (DomuimgCloneVerdicts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCloneVerdicts, domuimg_clone_verdicts_free)

/* Reads the profile of the host @path that a clone is for, if that was not yet done. */
gboolean domuimg_clone_verdicts_add_host (DomuimgCloneVerdicts *self, const char *path,
                                          GError **error);

/* What is checked: the clone's configuration as it will be, and its files as they are now. */
typedef struct {
  DomuimgDomain *domain;
  const char *config;
  const char *seed;       /* (nullable) where its seed is now */
  const GPtrArray *trees; /* of DomuimgTree: for each mount of the source; empty without a system */
} DomuimgCloneMade;

/* Keeps the report; NOT_BOOTABLE where the clone fails and that is not allowed. */
gboolean domuimg_clone_verdicts_judge (DomuimgCloneVerdicts *self, DomuimgCloneJob *job,
                                       const DomuimgCloneMade *made, GCancellable *cancellable,
                                       GError **error);
