/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"

/* Where QEMU shows a machine's screen. In the order of the words of a specification's key. */
typedef enum {
  DOMUIMG_QEMU_DISPLAY_NONE,
  DOMUIMG_QEMU_DISPLAY_VNC, /* on this host's loopback address, with a password */
  DOMUIMG_QEMU_DISPLAY_GTK,
  DOMUIMG_QEMU_DISPLAY_SDL,
} DomuimgQemuDisplay;

const char *domuimg_qemu_display_to_string (DomuimgQemuDisplay self);
/* INVALID_ARGUMENT for a window where there is no graphical session. */
gboolean domuimg_qemu_display_check (DomuimgQemuDisplay self, GError **error);
/* QEMU's arguments for it, and what it has to know of the session. */
void domuimg_qemu_display_add (DomuimgQemuDisplay self, DomuimgExec *exec);
/* Whether QEMU starts nothing and opens no device for it. */
gboolean domuimg_qemu_display_can_be_confined (DomuimgQemuDisplay self);
