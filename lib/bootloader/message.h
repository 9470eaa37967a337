/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* What is said between the program and the process that reads the guest's disk. What the latter
 * says is foreign: it may have been taken over. */

typedef struct {
  gboolean load;   /* else: find the menu */
  guint entry;     /* of the menu */
  char *kernel;    /* (nullable) in the guest, in place of an entry's; and then */
  char *ramdisk;   /* (nullable) */
  gboolean dry;    /* only look whether they are there */
} DomuimgBootloaderRequest;

typedef struct {
  guint slot;           /* which of the two files for kernels holds it */
  gboolean has_ramdisk;
  char *note;           /* (nullable) what was done to the kernel, for a person */
} DomuimgBootloaderLoaded;

GBytes *domuimg_bootloader_request_write (const DomuimgBootloaderRequest *self);
void domuimg_bootloader_request_read (GBytes *bytes, DomuimgBootloaderRequest *self);
void domuimg_bootloader_request_clear (DomuimgBootloaderRequest *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgBootloaderRequest, domuimg_bootloader_request_clear)

GBytes *domuimg_bootloader_menu_write (const DomuimgMenu *menu);
GBytes *domuimg_bootloader_loaded_write (const DomuimgBootloaderLoaded *loaded);
/* In place of either. */
GBytes *domuimg_bootloader_error_write (const GError *failure);

/* The error that was sent, or UNSAFE_INPUT for what is not such a message or beyond its limits. */
DomuimgMenu *domuimg_bootloader_menu_read (GBytes *bytes, GError **error);
gboolean domuimg_bootloader_loaded_read (GBytes *bytes, DomuimgBootloaderLoaded *loaded,
                                         GError **error);

/* @text as one line that does nothing to a terminal, whoever it came from. */
char *domuimg_bootloader_plain (const char *text);
