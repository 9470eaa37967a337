/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/tree/tree.h"

/* A FAT filesystem in a region as a tree. All in it is root's; it has neither links nor devices, and
 * names are the same whatever the case of their letters. */
#define DOMUIMG_TYPE_TREE_FAT (domuimg_tree_fat_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeFat, domuimg_tree_fat, DOMUIMG, TREE_FAT, GObject)

DomuimgTree *domuimg_tree_fat_open (DomuimgRegion *region, gboolean writable, GError **error);
/* Writes everything out, and goes on. */
gboolean domuimg_tree_fat_flush (DomuimgTreeFat *self, GError **error);
