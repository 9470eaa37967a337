/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* What is said between the program and the process that reads the guest's disk. What the latter
 * says is foreign: it may have been taken over. */

typedef struct {
  gboolean load;   /* else: find the menu */
  gboolean saves;  /* else: tell what GRUB would save for the entry */
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

/* A variable for the environment block at an offset of the disk. */
typedef struct {
  guint64 offset;
  char *name;
  char *value; /* (nullable) it is removed */
} DomuimgBootloaderSave;

void domuimg_bootloader_save_free (gpointer self);

GBytes *domuimg_bootloader_request_write (const DomuimgBootloaderRequest *self);
void domuimg_bootloader_request_read (GBytes *bytes, DomuimgBootloaderRequest *self);
void domuimg_bootloader_request_clear (DomuimgBootloaderRequest *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgBootloaderRequest, domuimg_bootloader_request_clear)

GBytes *domuimg_bootloader_menu_write (const DomuimgMenu *menu);
GBytes *domuimg_bootloader_loaded_write (const DomuimgBootloaderLoaded *loaded);
/* @saves (element-type DomuimgBootloaderSave); @notes (element-type utf8) what cannot be done, and why. */
GBytes *domuimg_bootloader_saves_write (const GPtrArray *saves, const GPtrArray *notes);
/* In place of any of these. */
GBytes *domuimg_bootloader_error_write (const GError *failure);

/* The error that was sent, or UNSAFE_INPUT for what is not such a message or beyond its limits. */
DomuimgMenu *domuimg_bootloader_menu_read (GBytes *bytes, GError **error);
gboolean domuimg_bootloader_loaded_read (GBytes *bytes, DomuimgBootloaderLoaded *loaded,
                                         GError **error);
/* Adds to both. */
gboolean domuimg_bootloader_saves_read (GBytes *bytes, GPtrArray *saves, GPtrArray *notes,
                                        GError **error);

/* @text as one line that does nothing to a terminal, whoever it came from. */
char *domuimg_bootloader_plain (const char *text);
