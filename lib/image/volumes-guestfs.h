/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"
#include "lib/fs/guestfs/tree.h"

/* What only the appliance sees of an image. */

/* Adds the partitions, or the whole image, to @volumes; *@table as domuimg_image_probe has it. */
gboolean domuimg_appliance_list_partitions (DomuimgAppliance *appliance, GPtrArray *volumes,
                                            char **table, GError **error);
/* Adds the logical volumes to @volumes. */
gboolean domuimg_appliance_list_lvs (DomuimgAppliance *appliance, GPtrArray *volumes,
                                     GError **error);
/* What the appliance calls it. */
char *domuimg_appliance_device_of (const DomuimgVolume *volume);
/* The first bytes of the disk; FALSE where they cannot be read. */
gboolean domuimg_appliance_read_head (DomuimgAppliance *appliance, guint8 *buffer, gsize length,
                                      GError **error);
