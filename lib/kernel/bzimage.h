/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/bytes.h"

/* The header of Linux's x86 boot protocol, by Documentation/arch/x86/boot.rst. */
typedef struct {
  guint16 protocol; /* 0x020f is 2.15 */
  gboolean loaded_high; /* FALSE: a zImage */
  gboolean is_64bit;    /* has a 64-bit entry point; known from protocol 2.12 on */
  char *version;        /* (nullable) "6.1.0-50-amd64 (builder) #1 SMP ..." */
  DomuimgBytes payload; /* empty before protocol 2.08, and in what is not Linux */
  guint32 plain_size;   /* of the payload, by its last word */
  gboolean is_whole;    /* by its own checksum; without one, or with damage, it is not known */
} DomuimgBzimage;

gboolean domuimg_bzimage_is (DomuimgBytes bytes);
/* The payload stays in @bytes. CORRUPT_INPUT where it is cut off. */
gboolean domuimg_bzimage_parse (DomuimgBytes bytes, const char *name, DomuimgBzimage *bzimage,
                                GError **error);
void domuimg_bzimage_clear (DomuimgBzimage *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgBzimage, domuimg_bzimage_clear)
