/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/plan.h"

/* What a plan takes from the machine whose disks the source gives. */

/* FALSE while an installer has still to write the disk that is converted. */
gboolean domuimg_plan_is_there (DomuimgPlan *self);
/* How many of the disks are those of the machine that is converted, which come first; the others are made
 * new beside them. */
guint domuimg_plan_count_converted (DomuimgPlan *self);
/* (nullable) Its hardware, where anything tells. */
const DomuimgHardware *domuimg_plan_get_hardware (DomuimgPlan *self);
/* What disk @i is made of. */
DomuimgDiskOrigin domuimg_plan_get_origin (DomuimgPlan *self, guint i);
/* Bytes of what is made of it: its own, unless it is to be larger. */
guint64 domuimg_plan_get_made_size (DomuimgPlan *self, guint i);
/* Its disks, each with what --disk says of it. */
GPtrArray *domuimg_plan_import_disks (DomuimgPlan *self, GPtrArray *asked, GError **error);
/* Its network cards, on the bridges of --map-network; NULL on error. */
GPtrArray *domuimg_plan_import_nics (DomuimgPlan *self, GError **error);
