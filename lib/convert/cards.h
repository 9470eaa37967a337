/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What files of a guest say of network cards, from their text; bounded whatever is in it. */

typedef struct {
  char *name;
  char *mac; /* lower case */
} DomuimgCard;

/* (element-type DomuimgCard) */
GPtrArray *domuimg_cards_new (void);
/* The text without its lines of comment, as valid UTF-8: what the others read as @plain. */
char *domuimg_cards_strip (const char *text);
/* Adds what a file says of which address is whose: udev rules, ifcfg files, netplan, keyfiles of
 * NetworkManager and systemd. */
void domuimg_cards_read (GPtrArray *cards, const char *path, const char *plain);
/* Adds what looks like the name of a card, each once, to @names (element-type utf8). */
void domuimg_cards_find_names (GPtrArray *names, const char *plain);
gboolean domuimg_cards_mention (const char *plain, const char *name);
/* (nullable) What a pattern like "en*", by which a file takes its cards, begins with. */
char *domuimg_cards_find_glob (const char *path, const char *plain);
