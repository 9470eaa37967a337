/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/spec/disk-kind.h"

/* Ways to copy a disk, each in the file that is named for it. */
extern const DomuimgCopyWay domuimg_copy_way_reflink;
extern const DomuimgCopyWay domuimg_copy_way_overlay;
extern const DomuimgCopyWay domuimg_copy_way_sparse;

/* Those of a file that has the guest's bytes, and those of what has them only for who reads it otherwise. */
extern const DomuimgCopyWay *const domuimg_copy_ways_of_bytes[];
extern const DomuimgCopyWay *const domuimg_copy_ways_of_others[];
