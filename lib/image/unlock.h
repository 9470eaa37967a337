/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* Looking into an encrypted disk, without a device mapper. */

/* Adds what is in the LUKS container @container of @self to the volumes of the image, to be written to if
 * @writable and the image may be. @key_file is what domuimg_luks_open takes; what is in there and cannot be
 * read is a problem of the image. */
gboolean domuimg_image_unlock (DomuimgImage *self, const DomuimgVolume *container, const char *key_file,
                               gboolean writable, GError **error);
