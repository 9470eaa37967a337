/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu-find.h"

/* A guest with the files of one boot loader, and its menu. */
typedef struct {
  const char *path; /* NULL ends a list; a "@" before it: a symlink to @text */
  const char *text;
} MenuFile;

DomuimgTree *menu_fixture_tree (const MenuFile *files);
DomuimgMenu *menu_fixture_read (const MenuFile *files, DomuimgLoader loader);
/* As a boot loader of the guest's own reads it. */
DomuimgMenu *menu_fixture_read_own (const MenuFile *files);
const DomuimgMenuEntry *menu_fixture_default (const DomuimgMenu *menu);
const char *menu_fixture_initrd (const DomuimgMenuEntry *entry, guint index);
/* GRUB's environment block with @lines. */
char *menu_fixture_environment (const char *lines);
