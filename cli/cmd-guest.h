/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli/cli.h"

/* @backend and @connect may be NULL; a URI means libvirt. */
gboolean cli_choose_backend (const char *backend, const char *connect, DomuimgBackend *chosen,
                             GError **error);
/* An object with all that is known of it. */
void cli_json_add_guest (JsonBuilder *builder, gpointer guest);
/* That it runs, or how it has ended. */
void cli_print_started (DomuimgHostGuest *guest, gboolean json);
