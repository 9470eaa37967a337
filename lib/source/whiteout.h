/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* ".wh.NAME" deletes NAME, ".wh..wh..opq" all that is in the directory; others are of AUFS itself. */
#define DOMUIMG_WHITEOUT ".wh."
#define DOMUIMG_WHITEOUT_OPAQUE ".wh..wh..opq"

/* Whether @entry is a mark of a container image's layer, as the OCI specification, AUFS or overlayfs
 * has them: what it names is not to be seen. Those in the stores of a container host are its files. */
gboolean domuimg_whiteout_is (const DomuimgEntry *entry);
/* Whether @entry has attributes that overlayfs alone understands. */
gboolean domuimg_whiteout_has_xattrs (const DomuimgEntry *entry);
void domuimg_whiteout_drop_xattrs (DomuimgEntry *entry);
