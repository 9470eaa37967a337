/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/**
 * DOMUIMG_API:
 *
 * Marks a symbol that the library exports.
 *
 * Since: 0.1
 */
#define DOMUIMG_API __attribute__ ((visibility ("default")))

G_BEGIN_DECLS

/**
 * DomuimgGuestType:
 * @DOMUIMG_GUEST_TYPE_AUTO: PVH if the kernel can, else PV, else HVM
 * @DOMUIMG_GUEST_TYPE_PV: paravirtualised, no hardware virtualisation needed
 * @DOMUIMG_GUEST_TYPE_PVH: hardware virtualised without emulated devices
 * @DOMUIMG_GUEST_TYPE_HVM: hardware virtualised with emulated devices and firmware
 *
 * The kind of Xen guest, `type` in xl.cfg(5).
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_GUEST_TYPE_AUTO,
  DOMUIMG_GUEST_TYPE_PV,
  DOMUIMG_GUEST_TYPE_PVH,
  DOMUIMG_GUEST_TYPE_HVM,
} DomuimgGuestType;

DOMUIMG_API
const char *domuimg_guest_type_to_string (DomuimgGuestType type);
DOMUIMG_API
gboolean domuimg_guest_type_from_string (const char *string, DomuimgGuestType *type,
                                         GError **error);

DOMUIMG_API
const char *domuimg_get_version (void);

G_END_DECLS
