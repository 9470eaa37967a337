/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* A member with a string, or null. */
void cli_json_add_string (JsonBuilder *builder, const char *name, const char *value);
/* Prints what was built, and a line end. */
void cli_json_print (JsonBuilder *builder);
/* Prints an array of what @add makes of each of @items. */
typedef void (*CliJsonAdd) (JsonBuilder *builder, gpointer item);
void cli_json_print_items (GPtrArray *items, CliJsonAdd add);
