/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/guestfs/appliance.h"

/* Makes the attributes of what is at @real in the appliance those of @entry. */
gboolean domuimg_guestfs_set_xattrs (DomuimgGuestfs *appliance, const char *real,
                                     const DomuimgEntry *entry, GError **error);
