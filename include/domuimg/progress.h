/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_PROGRESS (domuimg_progress_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgProgress, domuimg_progress, DOMUIMG, PROGRESS, GObject)

DOMUIMG_API
DomuimgProgress *domuimg_progress_new (void);
DOMUIMG_API
double domuimg_progress_get_fraction (DomuimgProgress *self);
DOMUIMG_API
const char *domuimg_progress_get_message (DomuimgProgress *self);

G_END_DECLS
