/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Files that this library has no reader of its own for: those on xfs, btrfs, iso9660, fat and
 * logical volumes, as GRUB's program for trying its filesystems gives them. The program runs beside
 * the process that asks (helper.h), for each file anew. */

#define DOMUIMG_TYPE_TREE_HELPER (domuimg_tree_helper_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeHelper, domuimg_tree_helper, DOMUIMG, TREE_HELPER, GObject)

/* For reading only. @channel leads to the helper, and stays the caller's; @device is GRUB's name. */
DomuimgTree *domuimg_tree_helper_new (int channel, const char *device);
/* GRUB's names of logical volumes. */
char **domuimg_tree_helper_list_logical (int channel);
/* A line of the program's long list of a directory; FALSE for what is none. */
gboolean domuimg_tree_helper_parse_line (const char *line, char **name, gboolean *directory,
                                         guint64 *size);
