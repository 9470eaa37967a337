/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a guest says on its serial line: kept in a file, and as lines for a person. */
typedef struct _DomuimgSerial DomuimgSerial;

/* @log: a new file. */
DomuimgSerial *domuimg_serial_new (const char *log, GError **error);
void domuimg_serial_free (DomuimgSerial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgSerial, domuimg_serial_free)
gboolean domuimg_serial_take (DomuimgSerial *self, const char *data, gsize length, GError **error);
/* (nullable) The last line with words in it, without a terminal's control sequences; NULL where it is the one
 * that was returned before. */
const char *domuimg_serial_get_news (DomuimgSerial *self);
/* (nullable) The line by which a Linux says that it cannot go on. */
const char *domuimg_serial_get_panic (DomuimgSerial *self);
