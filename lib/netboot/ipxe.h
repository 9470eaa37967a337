/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/netboot/pass.h"

/* The part of iPXE's scripts that chooses and boots a kernel. https://ipxe.org/cmd */

#define DOMUIMG_IPXE_VALUE_MAX 4096

typedef struct {
  DomuimgNetbootPass *pass;
  GHashTable *variables; /* (element-type utf8 utf8) that scripts set */
  DomuimgMenu *menu;     /* (nullable) that is being made */
  char *kernel;          /* (nullable) address of the image that `boot` starts */
  char *kernel_name;     /* (nullable) */
  char *cmdline;         /* (nullable) */
  GPtrArray *initrds;    /* (element-type utf8) addresses */
  guint commands;        /* that ran */
  char *problem;         /* (nullable) why the last script failed that did */
} DomuimgIpxe;

/* @word with its ${…}; what is too long is cut. */
char *domuimg_ipxe_expand (DomuimgIpxe *self, const char *word);
/* FALSE where there are too many. @value (nullable) unsets it. */
gboolean domuimg_ipxe_set (DomuimgIpxe *self, const char *name, const char *value);
/* Runs one command, of at least one word, of the script at @url. */
gboolean domuimg_ipxe_command (DomuimgIpxe *self, const char *url, char **words);
/* Runs it as `chain` does: TRUE where it came to its end and nothing is decided. */
gboolean domuimg_ipxe_run (DomuimgIpxe *self, const char *url, const char *text);
