/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* How the guest is told to end. When Xen's tools ask for it (control/shutdown in xenstore), Linux's own driver
 * acknowledges and runs a program: /proc/sys/kernel/poweroff_cmd, and /sbin/reboot. Both are this one, which
 * passes it on to the first process as a signal. */

/* Whether this process was started to pass something on; then that is done. */
bool power_is_request (int argc, char **argv);
/* Makes the two programs ours. */
void power_prepare (void);
/* All processes end, everything is written and unmounted, and the machine is off or starts again. */
void power_end (bool is_reboot) __attribute__ ((noreturn));
