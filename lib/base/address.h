/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Secrets in addresses. What somebody gives us is written to files that everybody may read (manifest,
 * configuration, lists of mirrors in the guest), to command lines and to messages. */

/* Whether one of the addresses in @text holds what nobody else may see: a password, or, where files are
 * fetched by HTTP, FTP or TFTP, a user's name. "ssh://root@host" holds no secret. */
gboolean domuimg_address_has_secret (const char *text);
/* Refuses @text then, as INVALID_ARGUMENT that names @what and repeats none of it. */
gboolean domuimg_address_check (const char *what, const char *text, GError **error);
/* @text with *** in place of each; @text itself is freed. */
char *domuimg_address_redact (char *text);
