/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/netboot/next.h"

/* One run of the parsers over what was fetched until now; it is over as soon as @next is known. */
typedef struct {
  const DomuimgNetbootState *state;
  DomuimgNetbootNext *next;
  gboolean decided;
  guint menus;    /* that were come by */
  guint answered; /* answers that were used */
  guint steps;    /* menus and files that led to each other */
} DomuimgNetbootPass;

/* The start of the file, NULL where there is none. Where it was not fetched yet: NULL, decided. */
const DomuimgNetbootFile *domuimg_netboot_pass_file (DomuimgNetbootPass *self, const char *url);
/* The same as file; NULL, too, for what is not text. A text that is too large decides. */
char *domuimg_netboot_pass_text (DomuimgNetbootPass *self, const char *url);
gboolean domuimg_netboot_is_text (const DomuimgNetbootFile *file);
/* Whether it begins as a kernel does. */
gboolean domuimg_netboot_is_kernel (const DomuimgNetbootFile *file);

/* FALSE: decided, since too many of them lead to each other. */
gboolean domuimg_netboot_pass_step (DomuimgNetbootPass *self, const char *url);
/* Decides; FALSE. */
gboolean domuimg_netboot_pass_fail (DomuimgNetbootPass *self, DomuimgError code,
                                    const char *format, ...) G_GNUC_PRINTF (3, 4);
/* Which entry of @menu; -1: decided, and the menu may be taken. @cmdline (nullable) is what the
 * entry's was edited to. */
int domuimg_netboot_pass_choose (DomuimgNetbootPass *self, DomuimgMenu **menu,
                                 const char **cmdline);
/* Decides. @from is what they are named in, an address; @path as domuimg_netboot_resolve has it. */
void domuimg_netboot_pass_boot (DomuimgNetbootPass *self, const char *from, const char *kernel,
                                GPtrArray *initrds, const char *cmdline, const char *title);

/* The parsers. Each is about what is at @url, and decides, or not where nothing is there. */

/* Names that pxelinux looks for, the most special first, each after @prefix. */
GPtrArray *domuimg_netboot_pxe_names (const DomuimgNetbootState *state, const char *prefix);
/* pxelinux in the directory @base: the first of its configurations. */
void domuimg_netboot_pxe (DomuimgNetbootPass *self, const char *base);
/* @text is a configuration of pxelinux, its paths relative to @base. */
void domuimg_netboot_pxe_run (DomuimgNetbootPass *self, const char *base, const char *url,
                              const char *text);
/* GRUB, whose directory on a boot server is @base or in it. */
void domuimg_netboot_grub (DomuimgNetbootPass *self, const char *base);
void domuimg_netboot_grub_run (DomuimgNetbootPass *self, const char *url, const char *text);
void domuimg_netboot_ipxe_run (DomuimgNetbootPass *self, const char *url, const char *text);
/* An install tree at @base; @plain: or any directory with a kernel. */
void domuimg_netboot_tree (DomuimgNetbootPass *self, const char *base, gboolean plain);
/* Boots a kernel, with @arguments, or runs a menu or script. FALSE: there is no such file, or it is
 * still to be fetched. */
gboolean domuimg_netboot_open (DomuimgNetbootPass *self, const char *url, const char *arguments);
/* The same as open, or a loader, whose configuration is looked for in its directory, or in @prefix
 * (nullable). Decides. */
void domuimg_netboot_open_loader (DomuimgNetbootPass *self, const char *url, const char *prefix);
