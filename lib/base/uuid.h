/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* UUIDs as bytes: in the order of their text, as filesystems have them, and as the GUIDs of GPT, whose first
 * three parts are little-endian numbers. */

#define DOMUIMG_UUID_SIZE 16

/* @text is a valid UUID. */
void domuimg_uuid_read (const char *text, guint8 bytes[DOMUIMG_UUID_SIZE]);
/* In lower case. */
char *domuimg_uuid_format (const guint8 bytes[DOMUIMG_UUID_SIZE]);
void domuimg_guid_read (const char *text, guint8 bytes[DOMUIMG_UUID_SIZE]);
char *domuimg_guid_format (const guint8 bytes[DOMUIMG_UUID_SIZE]);
