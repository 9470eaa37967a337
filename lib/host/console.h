/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A guest's console, read by a thread: for a login prompt, and for a person. */
typedef struct _DomuimgConsole DomuimgConsole;

/* @interactive: what comes goes to our standard output, and what is typed to the guest, until
 * Ctrl-]. */
DomuimgConsole *domuimg_console_new (gboolean interactive);
void domuimg_console_free (DomuimgConsole *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgConsole, domuimg_console_free)

/* It is @tty from now on: the bootloader's first, then the guest's. */
void domuimg_console_set_tty (DomuimgConsole *self, const char *tty);
/* Whether it showed a login prompt. */
gboolean domuimg_console_has_login (DomuimgConsole *self);
/* No other tty comes; until the person, or the guest, has ended it. */
void domuimg_console_wait (DomuimgConsole *self, GCancellable *cancellable);
