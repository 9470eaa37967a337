/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* What of the guest depends on its host. */

/* That the host was not looked at for this: "bridge xenbr0". All of these are told in one finding. */
void domuimg_host_note_unknown (DomuimgMachine *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
