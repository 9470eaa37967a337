/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Who may have signed something. */
typedef struct {
  GStrv files;        /* keyrings, of GnuPG or as text */
  GStrv fingerprints; /* of keys that may be the signer's, empty: any in the files */
} DomuimgSigners;

/* Whether @data is signed by one of them: by the detached @signature or, where that is NULL, as a
 * clear-signed message. The text that is signed; *@signer becomes the fingerprint of the key. Files are
 * made below @work. UNTRUSTED where it is not; @name is for messages. */
GBytes *domuimg_signers_verify (const DomuimgSigners *self, GBytes *data, GBytes *signature,
                                const char *name, const char *work, char **signer,
                                GCancellable *cancellable, GError **error);
