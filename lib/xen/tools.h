/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/decompress.h"
#include "lib/xen/version.h"

/* Xen's tools as they are installed, looked at and never started. */

/* The newest whose xl is there. Its point release is not known. */
gboolean domuimg_xen_tools_find (const char *root, DomuimgXenVersion *version);

/* A set of compressions. */
typedef guint DomuimgCodecs;
#define DOMUIMG_CODEC(compression) (1u << (compression))

/* What the domain builder of that release unpacks of what its sources could: which libraries
 * libxenguest was built with. Where it is not installed, as Debian builds it. */
DomuimgCodecs domuimg_xen_tools_get_codecs (const char *root, DomuimgXenVersion version);
