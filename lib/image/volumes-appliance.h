/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/appliance.h"
#include "lib/image/image.h"

/* What only the appliance sees of an image. */

/* Adds the partitions, or the whole image, to @volumes; *@table as domuimg_image_probe has it. */
gboolean domuimg_image_add_partitions (DomuimgAppliance *appliance, GPtrArray *volumes,
                                       char **table, GError **error);
/* (element-type DomuimgAppliancePlace) Those of @volumes that are parts of LVM's; they point into it. */
GArray *domuimg_image_list_members (const GPtrArray *volumes);
/* Adds the logical volumes to @volumes. */
gboolean domuimg_image_add_lvs (DomuimgAppliance *appliance, GPtrArray *volumes, GError **error);
