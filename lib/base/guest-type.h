/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What goes with each type of guest. */

/* For messages to a person: "PVH"; "PVH or PV" of what is not decided. */
const char *domuimg_guest_type_describe (DomuimgGuestType type);
/* The device of the console that xl console shows: "hvc0" or "ttyS0". */
const char *domuimg_guest_type_get_console (DomuimgGuestType type);
