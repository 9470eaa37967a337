/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* What every verb prints with --json is one document: an object with "json_version", the number of
 * the shapes of all of them, and sizes in bytes; it is printed by one of these functions. */

/* A member with a string, or null. */
void cli_json_add_string (JsonBuilder *builder, const char *name, const char *value);
void cli_json_add_flag (JsonBuilder *builder, const char *name, gboolean value);
/* An array; @lines (nullable): empty. */
void cli_json_add_lines (JsonBuilder *builder, const char *name, char **lines);
/* An array of what @add makes of each of @items. */
typedef void (*CliJsonAdd) (JsonBuilder *builder, gpointer item);
void cli_json_add_items (JsonBuilder *builder, const char *name, GPtrArray *items, CliJsonAdd add);
/* Prints the object that was built. */
void cli_json_print (JsonBuilder *builder);
/* Prints an object with the one member @name, an array of what @add makes of each of @items. */
void cli_json_print_items (const char *name, GPtrArray *items, CliJsonAdd add);
/* Prints @text, which is an object with @json, as a document, and else for a person as it is. */
void cli_print_text (const char *text, gboolean json);
