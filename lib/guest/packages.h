/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* (element-type utf8 utf8) The packages that are installed in a guest of Debian's kin, each with its version, by
 * "NAME:ARCHITECTURE"; *@packages is NULL where the guest keeps no such list. deb-control(5), and dpkg(1) for
 * /var/lib/dpkg/status. */
gboolean domuimg_packages_list (DomuimgTree *tree, GHashTable **packages, GError **error);
/* The same of the list's text. */
GHashTable *domuimg_packages_parse (const char *text);
