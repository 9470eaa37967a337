/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "lib/base/base.h"

/* The text of a regular file of at most 4 MiB without NUL bytes. */
char *domuimg_config_read (const char *path, struct stat *status, GError **error);
/* domuimg_domain_find_config with another directory than /etc/xen. */
char *domuimg_config_find_in (const char *directory, const char *name, GError **error);
