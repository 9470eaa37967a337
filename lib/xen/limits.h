/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What Xen allows a guest, bytes. */

/* Xen's domain builder takes no kernel that is larger when decompressed. */
#define DOMUIMG_KERNEL_MAX ((guint64) 1 << 30)
