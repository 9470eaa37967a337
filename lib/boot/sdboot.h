/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* The parts of systemd-boot's menu, which does as its src/boot/boot.c: entries of the Boot Loader
 * Specification, type 1 (files) and type 2 (unified kernel images), in one order. */

typedef struct {
  DomuimgMenuEntry *entry;
  char *file;        /* its name in lower case, as systemd-boot compares it */
  char *id;          /* the same, without the counter of its boots */
  char *sort_key;    /* (nullable) */
  char *machine_id;  /* (nullable) */
  char *version;     /* (nullable) */
  gint64 tries_left; /* how often it may still be booted before it is bad; -1: it is not counted */
  gint64 tries_done;
} DomuimgSdbootItem;

/* @suffix is that of the file's name, ".conf". */
DomuimgSdbootItem *domuimg_sdboot_item_new (const char *directory, const char *name,
                                            const char *suffix);
void domuimg_sdboot_item_free (gpointer self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgSdbootItem, domuimg_sdboot_item_free)
/* Whether systemd-boot looks at a file of this name. */
gboolean domuimg_sdboot_is_name (const char *name, const char *suffix);

/* sdboot-entry.c: what the file @name in @directory says; NULL where it is no entry for here. */
DomuimgSdbootItem *domuimg_sdboot_read_entry (const char *directory, const char *name,
                                              const char *text);
/* The next line of a configuration that has a key and a value, both terminated within @at's text;
 * FALSE at the end. */
gboolean domuimg_sdboot_next_line (char **at, const char **key, const char **value);

/* uki.c: NULL where it is not a unified kernel image. */
DomuimgSdbootItem *domuimg_uki_read (const DomuimgMenuFiles *files, const char *directory,
                                     const char *name);
/* What else than an entry's `linux` is started: TRUE where it is a kernel, with the command line that it
 * holds (nullable). */
gboolean domuimg_uki_examine (const DomuimgMenuFiles *files, const char *path, char **cmdline);

/* loader-conf.c: sets the default of @self, whose entries are those of @items. */
void domuimg_loader_conf_parse (DomuimgMenu *self, const char *path, GPtrArray *items,
                                const DomuimgMenuFiles *files);

/* version.c: below, at or above 0; NULL is as "". */
int domuimg_sdboot_compare_versions (const char *a, const char *b);
