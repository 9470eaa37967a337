/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"

/* The configuration that a kernel was built with, where it holds one (CONFIG_IKCONFIG): between
 * the marks IKCFG_ST and IKCFG_ED, in gzip. (transfer full) NULL where there is none. */
char *domuimg_ikconfig_find (DomuimgBytes kernel);
/* The lines of a configuration that are about Xen: CONFIG_XEN…, CONFIG_PVH…; (transfer full). */
char **domuimg_config_pick_xen (const char *config);
