/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <blkid/blkid.h>

#include "lib/base/base.h"

/* What libblkid is asked by, and what it answers. */
typedef struct blkid_struct_probe DomuimgBlkidProbe;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgBlkidProbe, blkid_free_probe)

/* (transfer full) (nullable) A value that was found, such as "UUID". */
char *domuimg_blkid_lookup (DomuimgBlkidProbe *probe, const char *name);
