/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a guest says on its serial line: kept in a file, and as lines for a person. */
typedef struct _DomuimgSerial DomuimgSerial;

/* @log: a new file. @question: (nullable) how a line begins by which somebody is asked. */
DomuimgSerial *domuimg_serial_new (const char *log, const char *question, GError **error);
void domuimg_serial_free (DomuimgSerial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgSerial, domuimg_serial_free)
gboolean domuimg_serial_take (DomuimgSerial *self, const char *data, gsize length, GError **error);
/* (nullable) The last line with words in it, without a terminal's control sequences; NULL where it is the one
 * that was returned before. */
const char *domuimg_serial_get_news (DomuimgSerial *self);
/* Whether anything was said since this was asked last that was not said shortly before: a clock that is drawn
 * again and again is not. */
gboolean domuimg_serial_has_stirred (DomuimgSerial *self);
/* (nullable) What was said before somebody was asked. */
const char *domuimg_serial_get_question (DomuimgSerial *self);
/* (nullable) The line by which a Linux says that it cannot go on. */
const char *domuimg_serial_get_panic (DomuimgSerial *self);
