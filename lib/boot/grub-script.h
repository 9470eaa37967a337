/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* The language of grub.cfg: words with quotes and variables, if, loops, functions and blocks, as
 * GRUB 2.06 reads them. Commands go to the caller; blocks are kept as text. */

typedef struct _DomuimgGrubScript DomuimgGrubScript;

/* A command with its words; @block is what stood in { } after them, (nullable). The status: TRUE is
 * success. */
typedef gboolean (*DomuimgGrubCommand) (DomuimgGrubScript *script, char **words, const char *block,
                                        guint line, gpointer user_data);

DomuimgGrubScript *domuimg_grub_script_new (DomuimgMenu *menu, DomuimgGrubCommand command,
                                            gpointer user_data);
void domuimg_grub_script_free (DomuimgGrubScript *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgGrubScript, domuimg_grub_script_free)

/* Runs @text, whose first line has the number @line; @arguments (nullable) are $1, $2, ... FALSE
 * where a limit was reached, or domuimg_grub_script_finish ended it. */
gboolean domuimg_grub_script_run (DomuimgGrubScript *self, const char *text, guint line,
                                  char **arguments);
/* Ends all that runs now; what is run later runs. */
void domuimg_grub_script_finish (DomuimgGrubScript *self);
const char *domuimg_grub_script_get (DomuimgGrubScript *self, const char *name);
/* @value (nullable) unsets it. */
void domuimg_grub_script_set (DomuimgGrubScript *self, const char *name, const char *value);
void domuimg_grub_script_export (DomuimgGrubScript *self, const char *name);
GHashTable *domuimg_grub_script_get_variables (DomuimgGrubScript *self);
/* A copy of the variables, to be given back. */
GHashTable *domuimg_grub_script_save (DomuimgGrubScript *self);
void domuimg_grub_script_restore (DomuimgGrubScript *self, GHashTable *saved);
/* Leaves only what is exported, as in a submenu. */
void domuimg_grub_script_enter (DomuimgGrubScript *self);
