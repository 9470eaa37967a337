/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/types.h>

G_BEGIN_DECLS

/**
 * DomuimgBackend:
 * @DOMUIMG_BACKEND_LIBXL: libxl, as xl(1) does
 * @DOMUIMG_BACKEND_LIBVIRT: libvirt and its Xen driver
 *
 * What starts and ends guests.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_BACKEND_LIBXL,
  DOMUIMG_BACKEND_LIBVIRT,
} DomuimgBackend;

DOMUIMG_API
const char *domuimg_backend_to_string (DomuimgBackend backend);
DOMUIMG_API
gboolean domuimg_backend_from_string (const char *string, DomuimgBackend *backend, GError **error);

G_END_DECLS
