/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A version of Xen: what the rules depend on is the release only. */
typedef struct {
  guint major;
  guint minor;
} DomuimgXenVersion;

/* "4.17" or "4.17.3"; INVALID_ARGUMENT for anything else. */
gboolean domuimg_xen_version_parse (const char *text, DomuimgXenVersion *version, GError **error);
/* The version that runs here, else that of the installed toolstack, else the default of this
 * library (4.17, Debian 12's); @origin says which, as "the running Xen". */
DomuimgXenVersion domuimg_xen_version_of_host (const char **origin);
gboolean domuimg_xen_version_at_least (DomuimgXenVersion self, guint major, guint minor);
char *domuimg_xen_version_to_string (DomuimgXenVersion self);
