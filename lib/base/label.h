/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What lies at a path, as a word for a journal: by it one can tell later whether the same file is
 * still there, and as it was. Not its device, whose number another boot may change. */

#define DOMUIMG_LABEL_ABSENT "-"

/* DOMUIMG_LABEL_ABSENT where nothing is; NULL where that cannot be told. Symlinks are not
 * followed. */
char *domuimg_label_of (const char *path, GError **error);
/* Whether both are of one file, which may have been written to in between. */
gboolean domuimg_label_is_same_file (const char *a, const char *b);
gboolean domuimg_label_is_absent (const char *label);
