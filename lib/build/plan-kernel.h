/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/plan.h"

/* Whether all disks of the guest lie in one archive, which has no kernel beside them. */
gboolean domuimg_plan_wants_archive (DomuimgPlan *self);
/* Its kernel, and the type where the kernel decides that. */
gboolean domuimg_plan_make_kernel (DomuimgPlan *self, GError **error);
