/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* layout=: what is on a disk around its filesystems. */

typedef enum {
  DOMUIMG_LAYOUT_UNSAID, /* none, unless something else says so */
  DOMUIMG_LAYOUT_NONE,   /* one filesystem is the disk */
  DOMUIMG_LAYOUT_GPT,
  DOMUIMG_LAYOUT_MBR,
} DomuimgLayoutKind;

/* Partitions that have a name of their own. */
typedef enum {
  DOMUIMG_LAYOUT_BIOS, /* a place for GRUB's image */
  DOMUIMG_LAYOUT_ESP,
  DOMUIMG_LAYOUT_BOOT, /* /boot on a filesystem of its own */
  DOMUIMG_LAYOUT_SWAP,
  DOMUIMG_LAYOUT_N_OPTIONS
} DomuimgLayoutOption;

typedef struct {
  DomuimgLayoutKind kind;
  gboolean is_given[DOMUIMG_LAYOUT_N_OPTIONS];
  guint64 size[DOMUIMG_LAYOUT_N_OPTIONS]; /* bytes; 0: "no". Of the BIOS: 1 for "yes" */
} DomuimgLayoutSpec;

/* Whether @key is one of "layout", "bios", "esp", "boot" and "swap". */
gboolean domuimg_layout_spec_has_key (const char *key);
gboolean domuimg_layout_spec_take (DomuimgLayoutSpec *self, const char *key, const char *value,
                                   GError **error);
/* "gpt", or "gpt,esp=64M,boot=512M,swap=1G,bios=no". */
DomuimgLayoutSpec *domuimg_layout_spec_parse (const char *text, GError **error);
/* Whether a partition was asked for, which takes a partition table. */
gboolean domuimg_layout_spec_has_options (const DomuimgLayoutSpec *self);
/* "none", "gpt" or "mbr". */
const char *domuimg_layout_kind_to_string (DomuimgLayoutKind kind);
