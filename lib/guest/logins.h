/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Who may log in, from the files that a user names. */

/* The first line, without its newline; "-" is standard input. To be freed by domuimg_password_free (). */
char *domuimg_password_read_file (const char *path, GError **error);
/* Adds each public key of the file, one a line, to @keys (element-type utf8). */
gboolean domuimg_ssh_keys_read_file (const char *path, GPtrArray *keys, GError **error);
