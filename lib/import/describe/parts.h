/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/describe/hardware.h"

/* What the parsers of descriptions share. */

#define DOMUIMG_HARDWARE_TEXT_MAX (4 << 20)
#define DOMUIMG_HARDWARE_DEVICES_MAX 64
#define DOMUIMG_HARDWARE_VCPUS_MAX 65536

/* The only value of @text in decimal digits, up to @max. */
gboolean domuimg_hardware_number (const char *text, guint64 max, guint64 *value);
/* The same; 0 for what is not one. */
guint domuimg_hardware_count (const char *text);
/* @number times @unit; 0 (unknown) where that is more than any machine has. */
guint64 domuimg_hardware_bytes (guint64 number, guint64 unit);
/* Reads digits with a suffix K, M, G, T or none (@plain is that one's unit), and "B" or "iB"; 0 for
 * anything else. */
guint64 domuimg_hardware_size (const char *text, guint64 plain);
/* true, yes, on or 1. */
gboolean domuimg_hardware_is_true (const char *text);
/* NULL for NULL and "". */
char *domuimg_hardware_some (const char *text);
/* Lower case with colons, of any of the usual ways to write one; NULL where it is none. */
char *domuimg_hardware_mac (const char *text);

/* A hard disk, named @what, that no file or device of a host holds: @where says what does. */
void domuimg_hardware_note_elsewhere (DomuimgHardware *self, const char *what, const char *where);
/* Takes the name of a processor's architecture, unless it is one of x86. */
void domuimg_hardware_set_architecture (DomuimgHardware *self, const char *name);

/* The text as UTF-8 that ends in NUL, whatever it was in; binary data and too long ones are
 * CORRUPT_INPUT. */
char *domuimg_hardware_text (const char *text, gsize length, const char *name, GError **error);
/* Sockets, cores and threads, of which any may be 0; all of them stay unknown unless they make up
 * the number of vcpus. */
void domuimg_hardware_set_topology (DomuimgHardware *self, guint sockets, guint cores,
                                    guint threads);
/* FALSE with CORRUPT_INPUT for more devices than any machine has. */
gboolean domuimg_hardware_check_devices (const DomuimgHardware *self, const char *name,
                                         GError **error);
/* The place of a disk at @unit of a bus's @controller in the order in which BIOSes look for disks. */
guint64 domuimg_hardware_rank (const char *bus, guint controller, guint unit);
/* Sorts by rank, CD-ROMs after hard disks; takes out and notes hard disks without a path. */
void domuimg_hardware_finish_disks (DomuimgHardware *self);

/* A description that nobody named: NULL for a symlink, and for whatever is none. */
DomuimgHardware *domuimg_hardware_read_beside (const char *path);

/* The options of a list such as "file=a,,b.img,format=raw", where ",," is a comma, one after the
 * other; @key is "" for one without "=". */
typedef struct {
  const char *rest;
  char *key;
  char *value;
} DomuimgHardwareOptions;

gboolean domuimg_hardware_options_next (DomuimgHardwareOptions *self);
void domuimg_hardware_options_clear (DomuimgHardwareOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgHardwareOptions, domuimg_hardware_options_clear)
/* The value of @key in the list @text, NULL where it has none; "" is the first one without a
 * key. */
char *domuimg_hardware_option (const char *text, const char *key);
