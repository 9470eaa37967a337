/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The words of GRUB's script language: quotes, backslashes, variables, blocks in braces. */

/* No command has more bytes of words; more is hostile. */
#define DOMUIMG_GRUB_WORDS_MAX (64 << 10)

/* Where a reader is in its text. */
typedef struct {
  const char *at;
  guint line;
  /* What $name is, "" where it is not set; (transfer full). */
  char *(*value) (gpointer data, const char *name);
  gpointer data;
  gboolean too_long; /* words came to more than DOMUIMG_GRUB_WORDS_MAX */
  char operator_;    /* one of "|&<>" that was seen, which GRUB does not take; '\0' */
} DomuimgGrubReader;

/* The words up to the end of the command or a brace. */
char **domuimg_grub_take_words (DomuimgGrubReader *self);
/* The text between the brace at the position and its end. */
char *domuimg_grub_take_block (DomuimgGrubReader *self);
/* Blanks, ends of commands, and comments. */
void domuimg_grub_skip_separators (DomuimgGrubReader *self);
/* The word at the position where it may be a keyword, which is not taken; else "". */
char *domuimg_grub_peek_keyword (const DomuimgGrubReader *self);
