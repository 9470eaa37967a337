/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* What the commands `linux` and `initrd` of GRUB, with their words, make of an entry. */

/* @root (nullable) is the variable's value. */
void domuimg_grub_linux (DomuimgMenuEntry *entry, char **words, const char *root);
void domuimg_grub_initrd (DomuimgMenuEntry *entry, char **words, const char *root);
