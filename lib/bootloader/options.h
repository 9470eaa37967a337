/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/bootloader/output.h"

/* Options of Xen's bootloader protocol (tools/libs/light/libxl_bootloader.c) and of pygrub. */
typedef struct {
  char *disk;       /* (nullable) with @network */
  char *kernel;     /* (nullable) these three: in the guest, in place of a menu's */
  char *ramdisk;    /* (nullable) */
  char *args;       /* (nullable) added to the command line */
  char *output;     /* (nullable) stdout */
  DomuimgOutputFormat format;
  char *directory;
  char *entry;      /* (nullable) by number, id or title */
  char *url;        /* (nullable) these four: of --net */
  char *bridge;     /* (nullable) */
  char *mac;        /* (nullable) */
  char *uuid;       /* (nullable) */
  guint seconds;    /* that the network may take; 0: not given */
  gboolean network; /* the disk is not looked at */
  gint64 offset;    /* -1: not given */
  gint64 runas;     /* -1: not given */
  gboolean quiet;   /* no menu */
  gboolean list;
  gboolean dry;
  gboolean is_config;
  gboolean debug;
  gboolean read_only; /* nothing is written to the disk */
  gboolean require; /* all of the confinement, or nothing */
  char *help;       /* (nullable) to be printed, and nothing else done */
} DomuimgBootloaderOptions;

/* @argv with the program's name. INVALID_ARGUMENT. */
gboolean domuimg_bootloader_options_parse (DomuimgBootloaderOptions *self, char **argv,
                                           GError **error);
void domuimg_bootloader_options_clear (DomuimgBootloaderOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgBootloaderOptions, domuimg_bootloader_options_clear)
