/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "config.h"
#include "lib/base/base.h"

/* libosinfo's database: what systems, their media, trees and images are. Only where the library was
 * built with it; who asks has an answer of his own for where it was not. */
#ifdef HAVE_OSINFO
#include <osinfo/osinfo.h>

/* (transfer none) The database of this machine and its user, as libosinfo's own programs see it:
 * OSINFO_SYSTEM_DIR, OSINFO_LOCAL_DIR and OSINFO_USER_DIR name other places. It is read once, which
 * takes a second, and stays. MISSING_TOOL where there is none. */
OsinfoDb *domuimg_osinfo_db_get (GError **error);
#endif
