/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Sets all times in @image, a whole ISO 9660 image as libarchive writes it, to the start of 1970. */
void domuimg_iso_forget_time (GByteArray *image);
