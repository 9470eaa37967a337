/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A new LUKS2 container: its header by libcryptsetup, which needs neither root nor a device mapper for
 * that, and its content encrypted here as it is written. */

/* Before the content. */
#define DOMUIMG_LUKS_HEAD ((guint64) 16 << 20)

typedef struct {
  const char *key_file; /* its content, without one newline at its end, is the passphrase */
  const char *uuid;
  guint memory; /* MiB of the guest, of which unlocking takes a quarter at most */
} DomuimgLuks;

/* Whether this domuimg was built with it. */
gboolean domuimg_luks_is_possible (void);
/* Fills all of @region with a container; its content, which reads as zeros until it is written. What is
 * never written there is not zeros for the guest: see domuimg_luks_fill. */
DomuimgRegion *domuimg_luks_make (const DomuimgLuks *self, DomuimgRegion *region, GError **error);
/* Nobody will read these bytes of @content before writing them. */
void domuimg_luks_leave (DomuimgRegion *content, guint64 offset, guint64 length);
/* Makes zeros of all that was neither written nor left. */
gboolean domuimg_luks_fill (DomuimgRegion *content, GCancellable *cancellable, GError **error);
/* luks-content.c: what is in @region, encrypted by @key of 64 bytes. */
#define DOMUIMG_LUKS_KEY 64
DomuimgRegion *domuimg_luks_new_content (DomuimgRegion *region, const guint8 *key, GError **error);
