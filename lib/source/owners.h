/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* Takes @uid and @gid from all users and groups of @entry that are not below: its owner, those in its
 * ACLs, and the one whose root its capabilities are for. FALSE where its owner is below. */
gboolean domuimg_owners_shift (DomuimgEntry *entry, guint32 uid, guint32 gid);
