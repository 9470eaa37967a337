/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/plan.h"

/* Parts of making a plan. */
GPtrArray *domuimg_plan_parse_disks (DomuimgPlan *self, GError **error);
/* The last name that no disk has, and that none is likely to get. */
char *domuimg_plan_take_last_vdev (DomuimgPlan *self);
GPtrArray *domuimg_plan_parse_nics (DomuimgPlan *self, GError **error);
/* Results that exist already and inputs that do not. */
gboolean domuimg_plan_check_files (DomuimgPlan *self, GError **error);
