/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"

/* Sections of a PE file, Microsoft's PE Format: what a unified kernel image is made of. */

/* Where the section @name lies in a file that begins with @header: its sections need not be in it.
 * FALSE where there is none, or it is no PE file. */
gboolean domuimg_pe_find_section (DomuimgBytes header, const char *name, guint64 *offset,
                                  guint64 *length);
/* Where a file of which @header is the beginning has what signing it changes there: the checksum, of
 * 4 bytes, and the place of the signature, of 8. FALSE where it is no PE file. */
gboolean domuimg_pe_find_signed_fields (DomuimgBytes header, guint64 *checksum,
                                        guint64 *signature);
/* The content of the section @name; empty where there is none, or @file is no PE file. */
DomuimgBytes domuimg_pe_section (DomuimgBytes file, const char *name);
