/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/boot/menu.h"
#include "lib/tree/tree.h"

/* The menu that @loader would show for this tree, as it would read it: what PVGRUB and PYGRUB
 * cannot read is a problem there, or no entry. DIRECT and FIRMWARE: whatever menu there is, read
 * in full. @boot (nullable) is a separate filesystem mounted at /boot, which is looked at first; like
 * loaders, a menu sees one filesystem only, and kernels are named as on that. Paths of menus are as
 * the guest sees them. NOT_FOUND where there is none. */
DomuimgMenu *domuimg_menu_find (DomuimgTree *root, DomuimgTree *boot, DomuimgLoader loader,
                                GError **error);
