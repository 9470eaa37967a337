/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/steps.h"

/* Whether a mounted filesystem of type @fs can become larger. */
gboolean domuimg_guest_can_grow (const char *fs);
/* Whether systemd does all of it, asked by an option in fstab; else a script of ours does. */
gboolean domuimg_guest_grows_by_systemd (DomuimgGuestRun *self, const DomuimgGuestGrowth *growth);
