/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli/cli.h"

/* The options that say by what a guest runs; @help is what that is to the verb. */
#define CLI_BACKEND_OPTIONS(backend, connect, help)                                                \
  { "backend", 0, 0, G_OPTION_ARG_STRING, backend, help ": libxl (default) or libvirt", "BACKEND" }, \
  { "connect", 0, 0, G_OPTION_ARG_STRING, connect,                                                 \
    "libvirt's URI (default xen:///system); means --backend libvirt", "URI" }

/* @backend and @connect may be NULL; a URI means libvirt. */
gboolean cli_choose_backend (const char *backend, const char *connect, DomuimgBackend *chosen,
                             GError **error);
/* An object with all that is known of it. */
void cli_json_add_guest (JsonBuilder *builder, gpointer guest);
/* That it runs, or how it has ended. */
void cli_print_started (DomuimgHostGuest *guest, gboolean json);
