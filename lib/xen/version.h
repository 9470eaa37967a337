/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A version of Xen. */
typedef struct {
  guint major;
  guint minor;
  int point; /* of the point release, 0 for 4.17.0; DOMUIMG_XEN_ANY_POINT where it is not known */
} DomuimgXenVersion;

/* Taken for the newest of its release. */
#define DOMUIMG_XEN_ANY_POINT -1

/* "4.17" or "4.17.3"; INVALID_ARGUMENT for anything else. */
gboolean domuimg_xen_version_parse (const char *text, DomuimgXenVersion *version, GError **error);
/* The version that runs here, else that of the installed toolstack, else the default of this
 * library (4.17, Debian 12's); @origin says which, as "the running Xen". */
DomuimgXenVersion domuimg_xen_version_of_host (const char **origin);
/* The same of a system whose root is the directory @root, "" for this host. */
DomuimgXenVersion domuimg_xen_version_of_system (const char *root, const char **origin);
/* The same where it is known; FALSE where it would be the default. */
gboolean domuimg_xen_version_find (const char *root, DomuimgXenVersion *version,
                                   const char **origin);
gboolean domuimg_xen_version_at_least (DomuimgXenVersion self, guint major, guint minor);
/* Whether it is of the release @major.@minor, and there @point or later. */
gboolean domuimg_xen_version_has_point (DomuimgXenVersion self, guint major, guint minor,
                                        int point);
/* The release, "4.17". */
char *domuimg_xen_version_to_string (DomuimgXenVersion self);
/* The version, as exactly as it is known: "4.17.3" or "4.17". */
char *domuimg_xen_version_describe (DomuimgXenVersion self);
