/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/plan.h"

/* Parts of making a plan. */
GPtrArray *domuimg_plan_parse_disks (DomuimgPlan *self, GError **error);
GPtrArray *domuimg_plan_parse_nics (DomuimgPlan *self, GError **error);
/* Results that exist already and inputs that do not. */
gboolean domuimg_plan_check_files (DomuimgPlan *self, GError **error);
