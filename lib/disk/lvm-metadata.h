/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/disk/layout.h"

/* A volume group of LVM2 that is one physical volume, with logical volumes one behind another. */
typedef struct {
  const char *name;
  const char *uuid;      /* of the group; the others' are made of it */
  const char *device;    /* what the guest calls the physical volume, "/dev/xvda3": a hint only */
  const GPtrArray *parts;       /* (element-type DomuimgPart) those with an lv */
  const DomuimgExtent *extents; /* of each, from the physical volume's first byte */
} DomuimgLvmGroup;

/* Writes the label and the metadata to @region, the whole physical volume, which reads as zeros. */
gboolean domuimg_lvm_write (const DomuimgLvmGroup *self, const DomuimgRegion *region,
                            GError **error);
