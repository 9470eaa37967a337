/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a run of a program has opened: a file with an absolute path a line, and "#" before comments. */

/* Adds to @paths (element-type utf8) what the lines of strace(1) in @text say was opened or started, absolute
 * and each once. */
void domuimg_strace_parse (const char *text, GPtrArray *paths);
/* The text of a trace file: @paths, sorted. */
char *domuimg_trace_to_text (GPtrArray *paths);
/* The paths of such a text; CORRUPT_INPUT with the line for what is not an absolute path. */
GPtrArray *domuimg_trace_parse (const char *text, GError **error);
/* Whether it is a file that a run finds in any system or makes itself, so that no closure has it. */
gboolean domuimg_trace_is_fleeting (const char *path);
