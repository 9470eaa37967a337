/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* Lets @image take content from the other files that it names, by the rule of conversions: QEMU
 * opens what lies in the image's directory or below, with @allow_backing whatever it names, and
 * @backing (nullable), which somebody who knows says that it lies over. Does nothing for an image
 * that is whole by itself. Errors as of domuimg_image_chain_open. */
gboolean domuimg_image_follow (DomuimgImage *image, const char *backing, gboolean allow_backing,
                               GError **error);
