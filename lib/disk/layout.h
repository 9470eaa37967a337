/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* What is on a disk around its filesystem. */
typedef struct {
  /* Bytes of a disk that is to have @size: whole blocks of whatever is on it. */
  guint64 (*round_size) (guint64 size);
  /* The part of @disk that the filesystem is in. */
  DomuimgRegion *(*get_filesystem) (DomuimgRegion *disk);
} DomuimgLayout;

/* Nothing: the filesystem is the disk. */
extern const DomuimgLayout domuimg_layout_none;
