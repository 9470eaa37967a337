/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* LUKS containers: the header by libcryptsetup, which needs neither root nor a device mapper for that, and
 * the content encrypted here as it is written, and decrypted as it is read. */

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

/* What must not stay in memory. */
#define DOMUIMG_PASSPHRASE_MAX 8192
typedef struct {
  guint8 key[DOMUIMG_LUKS_KEY];
  char passphrase[DOMUIMG_PASSPHRASE_MAX + 1];
  gsize length;
} DomuimgLuksSecret;
DomuimgLuksSecret *domuimg_luks_secret_new (void);
void domuimg_luks_secret_free (DomuimgLuksSecret *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgLuksSecret, domuimg_luks_secret_free)
/* All of the file. */
gboolean domuimg_luks_read_key_file (const char *path, DomuimgLuksSecret *secret, GError **error);

/* luks-open.c: the content of the container, version 1 or 2, in @region, to be read, and written if @writable.
 * The key is all of the file, or all but a newline at its end. PERMISSION where it opens no key slot,
 * NOT_SUPPORTED for ciphers but aes-xts-plain64. */
DomuimgRegion *domuimg_luks_open (DomuimgRegion *region, const char *key_file, gboolean writable,
                                  GError **error);
typedef struct {
  const guint8 *key;
  gsize key_size; /* 32 or 64 bytes */
  gsize sector;   /* bytes */
} DomuimgLuksCipher;
/* What lies in @region, all of it. */
DomuimgRegion *domuimg_luks_new_opened (DomuimgRegion *region, const DomuimgLuksCipher *cipher,
                                        gboolean writable, GError **error);
