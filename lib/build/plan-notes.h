/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/plan.h"

/* What a guest loses of the machine that it is made of, and what becomes of it in place of that: told
 * in the plan, on the terminal and in the manifest; with --strict an error. */

/* Collects what is known before any work; the disks and NICs are planned. */
void domuimg_plan_collect_notes (DomuimgPlan *self);
/* INVALID_ARGUMENT with all of @notes (element-type utf8), if there is one and --strict is given. */
gboolean domuimg_plan_check_strict (DomuimgPlan *self, const GPtrArray *notes, GError **error);
