/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/app/closure-private.h"

/* What has to be read to know what belongs to a file: for the key `reader` of a rule. */

#define DOMUIMG_APP_RULE_MODULE "module"
#define DOMUIMG_APP_RULE_SOURCED "sourced"

/* (nullable) The path of a command, by PATH of the application. */
char *domuimg_app_find_command (DomuimgClosure *self, const char *name);

/* Follows what the file of @reason->parent leads to. */
typedef gboolean (*DomuimgAppReader) (DomuimgClosure *self, const DomuimgAppReason *reason,
                                      GError **error);

gboolean domuimg_app_read_nss (DomuimgClosure *self, const DomuimgAppReason *reason, GError **error);
gboolean domuimg_app_read_pam (DomuimgClosure *self, const DomuimgAppReason *reason, GError **error);
gboolean domuimg_app_read_timezone (DomuimgClosure *self, const DomuimgAppReason *reason,
                                    GError **error);
gboolean domuimg_app_read_locale (DomuimgClosure *self, const DomuimgAppReason *reason,
                                  GError **error);

gboolean domuimg_app_read_python_start (DomuimgClosure *self, const DomuimgAppReason *reason,
                                        GError **error);
gboolean domuimg_app_read_perl_start (DomuimgClosure *self, const DomuimgAppReason *reason,
                                      GError **error);

/* What the file @number, a script or a module with the text @text, leads to. */
typedef gboolean (*DomuimgAppScriptReader) (DomuimgClosure *self, guint number, const char *text,
                                            GError **error);
gboolean domuimg_app_read_shell (DomuimgClosure *self, guint number, const char *text, GError **error);
gboolean domuimg_app_read_python (DomuimgClosure *self, guint number, const char *text, GError **error);
gboolean domuimg_app_read_perl (DomuimgClosure *self, guint number, const char *text, GError **error);

/* The parsers of these, from bytes to values. */

/* (element-type utf8) The names of modules: "files", "dns". */
GPtrArray *domuimg_nsswitch_parse (const char *text);
/* Adds the modules, and the further files that are included, to @modules and @includes (element-type
 * utf8), as they stand. */
void domuimg_pam_parse (const char *text, GPtrArray *modules, GPtrArray *includes);
/* Adds the words that a shell would run, and paths that are named, to @commands and @paths. */
void domuimg_shell_parse (const char *text, GPtrArray *commands, GPtrArray *paths);
/* Adds what is imported, as "a.b" or "..a:b" (b of ..a), to @imports (element-type utf8). */
void domuimg_python_parse (const char *text, GPtrArray *imports);
/* Adds the names of modules, and of files that end in .pl or .ph, to @modules (element-type utf8). */
void domuimg_perl_parse (const char *text, GPtrArray *modules);
