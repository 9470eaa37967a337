/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

typedef gboolean (*DomuimgGrubExists) (gpointer data, const char *path);

/* GRUB's command `test`, also written `[ ... ]`, of @words without its name. */
gboolean domuimg_grub_test (char **words, DomuimgGrubExists exists, gpointer data);
