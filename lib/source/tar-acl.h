/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <archive_entry.h>

#include "lib/tree/entry.h"

/* Adds the POSIX ACLs that an archive's entry has as text (SCHILY.acl.*) to @to, in the
 * form of the extended attributes system.posix_acl_access and system.posix_acl_default. */
gboolean domuimg_tar_read_acls (struct archive_entry *from, DomuimgEntry *to,
                                const char *archive_name, GError **error);
