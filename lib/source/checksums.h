/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Lists of checksums as vendors publish them: SHA256SUMS and its like, of coreutils ("HEX  NAME") or
 * BSD ("SHA256 (NAME) = HEX"), also within a clear-signed message. */

typedef struct {
  GChecksumType type;
  char *hex; /* lower case */
} DomuimgDigest;

/* The strongest of @name's that can be believed: SHA-256, SHA-384 or SHA-512. NOT_FOUND where it has
 * none, CORRUPT_INPUT where it has two that differ. Without a @name (nullable) the list is of one file,
 * however it is called there. */
DomuimgDigest *domuimg_checksums_find (const char *text, gsize length, const char *name,
                                       GError **error);
void domuimg_digest_free (DomuimgDigest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgDigest, domuimg_digest_free)
/* "sha256" */
const char *domuimg_digest_name (const DomuimgDigest *self);
