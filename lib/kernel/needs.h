/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/types.h"
#include "lib/base/base.h"

/* Drivers that a guest needs on the way to its root, and beside: one of the modules will do. */
typedef struct {
  const char *what;       /* that they drive: "Xen's disks", "ext4" */
  const char *drivers;    /* what a person calls them */
  const char *modules[4]; /* the best first; NULL after the last */
  const char *options[4]; /* "CONFIG_…", that build them */
} DomuimgNeed;

extern const DomuimgNeed domuimg_need_of_network;
extern const DomuimgNeed domuimg_need_of_volumes; /* logical ones */
extern const DomuimgNeed domuimg_need_of_containers; /* encrypted disks */
/* An HVM guest has emulated disks until a kernel with Xen's drivers takes them away. */
const DomuimgNeed *domuimg_need_of_disks (DomuimgGuestType type);
/* (nullable) NULL for a filesystem that none of the known drivers reads. */
const DomuimgNeed *domuimg_need_of_fs (const char *fs);
