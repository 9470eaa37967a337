/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/state.h"

/* Guests that are one application: the kernel is another system's, and of its modules only those of a guest of
 * Xen are needed, in an initramfs of ours, or in none where the kernel has all of it inside. */

/* (nullable) (unowned) What the guest is to run, where that is one application; known once the source is
 * prepared. */
const DomuimgApplication *domuimg_build_get_application (const DomuimgBuildState *self);
/* Chooses the kernel and makes its initramfs. */
gboolean domuimg_build_use_application_kernel (DomuimgBuildState *self, GCancellable *cancellable,
                                               GError **error);
