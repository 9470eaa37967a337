/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

/* One line of JSON on stdout; @builder is used up. */
void say (JsonBuilder *builder);
/* The same of {"event":@event, @name:@text}; @name may be NULL. */
void say_event (const char *event, const char *name, const char *text);
/* A member with a text, or null. */
void say_text (JsonBuilder *builder, const char *name, const char *text);
void say_number (JsonBuilder *builder, const char *name, gint64 number);
/* The same of {@name:@value}. */
void say_whether (const char *name, gboolean value);
/* All of stdin, of at most 4 MiB; NULL with a line on stderr. */
char *hear (void);
