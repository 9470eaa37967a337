/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/plan.h"

/* Plans the seed, where one is asked for or the source's system expects one. */
gboolean domuimg_plan_make_seed (DomuimgPlan *self, GError **error);
gboolean domuimg_plan_check_seed (DomuimgPlan *self, GError **error);
/* For a plan, one line. */
char *domuimg_plan_describe_seed (DomuimgPlan *self);
