/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A qcow2 file over an image that stays as it is. What is written and is the same there takes no place. */

/* The bytes of @base, with what is written to them in the empty file @fd. */
DomuimgRegion *domuimg_overlay_begin (int fd, DomuimgRegion *base, const char *name, GError **error);
/* Writes what makes a qcow2 file of it; @path, which is absolute, and @format are those of the base. */
gboolean domuimg_overlay_end (DomuimgRegion *self, const char *path, const char *format,
                              GError **error);
