/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"

/* A boot menu on a terminal, which is the guest's console: arrow keys, or numbers where the terminal
 * is dumb. */

/* Lets somebody choose where stdin and stdout are a terminal and it is not @quiet, and change the
 * entry's command line; else it is the default entry. -1 with the error: cancelled, or the terminal
 * went away before a choice that has no time limit. */
int domuimg_console_choose (DomuimgMenu *menu, gboolean quiet, GCancellable *cancellable,
                            GError **error);
