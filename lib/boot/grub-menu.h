/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* What `menuentry`, `submenu` and `blscfg` make of a menu of GRUB. */

typedef struct {
  char *title;
  char *id;               /* (nullable) */
  char *block;            /* what runs when it is chosen */
  char *source;           /* the file that it is from */
  guint line;
  gboolean is_submenu;
  GPtrArray *children;    /* (nullable) of a submenu that was read */
  DomuimgMenuEntry *made; /* (nullable) by blscfg */
  int first;              /* index into the menu's entries of what choosing it boots, or -1 */
} DomuimgGrubNode;

/* @words are those of `menuentry` or `submenu`. */
DomuimgGrubNode *domuimg_grub_node_new (char **words, const char *block, guint line);
void domuimg_grub_node_free (gpointer self);
GPtrArray *domuimg_grub_nodes_new (void);
/* Sets @menu's default from the variables `default`, `fallback` and `timeout`; each may be NULL. */
void domuimg_grub_menu_choose (DomuimgMenu *menu, GPtrArray *nodes, const char *wanted,
                               const char *fallback, const char *timeout);
