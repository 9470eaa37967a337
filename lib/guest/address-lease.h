/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/undo.h"
#include "lib/guest/manifest.h"
#include "lib/spec/parse.h"

/* Addresses of pools for the interfaces of a guest, as part of the transaction that makes it. */

typedef struct {
  const DomuimgManifestNic *old; /* (nullable) of the guest that is replaced: it keeps what it has of the pool */
  const char *token;             /* of the guest, DOMUIMG_ADDRESS_TOKEN_LENGTH long */
  const char *const *excluded;   /* (nullable) addresses that others have without a pool */
} DomuimgLeaseWish;

/* Gives @nic, which has a pool, an address with all that the pool knows of its network. It is taken back without a
 * commit. Returns (transfer full) what the address is given to. */
char *domuimg_lease_give (const DomuimgLeaseWish *wish, DomuimgUndo *undo, DomuimgNicSpec *nic,
                          GError **error);
/* The addresses of @nics, of DomuimgManifestNic, go back to their pools with the commit, but for those given to one
 * of @kept (nullable) (element-type utf8) (with NULLs). */
gboolean domuimg_lease_end_all (DomuimgUndo *undo, const GPtrArray *nics, const GPtrArray *kept,
                                GError **error);
