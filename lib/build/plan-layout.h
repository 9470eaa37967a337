/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/plan.h"

/* Divides the disks of a new guest into parts: @self->parts, in the order of the disks. */
gboolean domuimg_plan_make_parts (DomuimgPlan *self, GError **error);
/* (nullable) For a person, one line; NULL where there is no partition table. */
char *domuimg_plan_describe_parts (DomuimgPlan *self, guint disk);
/* A converted machine keeps its partitions; a disk that is added has one filesystem. */
gboolean domuimg_plan_check_no_layout (DomuimgPlan *self, GError **error);
