/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* Lines and values as the Python of pygrub takes them (tools/pygrub/src/GrubConf.py). */

/* A word and what follows it: up to the first "=" where that comes before any blank, else up to
 * blanks. @rest is stripped, and never NULL. */
void domuimg_pygrub_split (const char *line, char **word, char **rest);
/* NAME=VALUE after "set"; FALSE where pygrub raises: there is no "=", or more than one. */
gboolean domuimg_pygrub_split_set (const char *text, char **name, char **value);
/* What int() takes. */
gboolean domuimg_pygrub_parse_int (const char *text, gint64 *value);
/* "hd0,msdos1", "(hd0,0)", "(/dev/xvda"; FALSE where pygrub raises. */
gboolean domuimg_pygrub_is_disk (const char *text);
/* "(hd0,0)/vmlinuz" → "/vmlinuz", also from the root where there is no "/"; NULL where it raises. */
char *domuimg_pygrub_get_path (const char *text);
/* FALSE where it raises. */
gboolean domuimg_pygrub_set_kernel (DomuimgMenuEntry *entry, const char *value);
gboolean domuimg_pygrub_set_initrd (DomuimgMenuEntry *entry, const char *value);

/* ExtLinuxConf.py; its default, a LABEL, is left in @self's wanted, its timeout in @timeout. */
void domuimg_pygrub_parse_extlinux (DomuimgMenu *self, char **lines, char **timeout);
