/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* The menu that pvgrub and pygrub start a guest by: a grub.cfg without anything that either of
 * them does not read. */

typedef struct {
  const char *uuid;      /* of the filesystem that holds the kernels */
  const char *cmdline;   /* of each entry */
  GPtrArray *kernels;    /* (element-type DomuimgKernelChoice) the one to be started first */
  gboolean is_separate;  /* that filesystem is /boot alone */
  gboolean is_of_disk;   /* it is read by GRUB for BIOS and UEFI, too */
} DomuimgBootMenu;

/* INVALID_ARGUMENT for words that mean something else to GRUB than to Linux; quotes would
 * protect them in GRUB, and are passed on by pygrub. */
gboolean domuimg_boot_menu_check_cmdline (const char *cmdline, GError **error);
/* Writes /boot/grub/grub.cfg, the guest's own set aside, and for Debian's update-grub the
 * words of @menu's command line but root. @changes (element-type utf8) gets a line for each
 * change. */
gboolean domuimg_boot_menu_write (const DomuimgBootMenu *menu, DomuimgTree *tree,
                                  GPtrArray *changes, GError **error);
