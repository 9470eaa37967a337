/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "lib/import/chain/chain.h"
#include "lib/tree/stream.h"

/* The compressed grains of a streamOptimized VMDK. QEMU unpacks them one after another, and a
 * conversion waits for that most of the time; here all processors do it, and the whole takes a third. */

/* Whether @chain is one such file, whole by itself. */
gboolean domuimg_image_chain_has_grains (DomuimgImageChain *chain);

/* Is told how much is done, 0 to 1, by any thread. */
typedef void (*DomuimgGrainsTold) (double fraction, gpointer data);

typedef struct {
  int fd;           /* a new file that has the size already, and holds nothing */
  const char *name; /* of that file, for messages */
  const GArray *unused; /* of DomuimgRange, sorted: what is not copied, and so reads as zeros */
  DomuimgGrainsTold told;
  gpointer data;
} DomuimgGrainsTarget;

/* Writes what a guest sees into @target, with holes for zeros. CORRUPT_INPUT for damaged grains. */
gboolean domuimg_image_chain_copy_grains (DomuimgImageChain *chain,
                                          const DomuimgGrainsTarget *target,
                                          GCancellable *cancellable, GError **error);
