/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/deb.h"

/* Adds the hooks that make mmdebstrap fast, measured: half of a plain run goes into making
 * the initramfs twice and into keys that every copy of the root would share. */
gboolean domuimg_deb_add_hooks (DomuimgExec *exec, const DomuimgDebRequest *request,
                                const DomuimgSourceContext *context, GError **error);
