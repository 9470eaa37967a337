/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The only place that starts programs: an argument vector, never a shell; a clean
 * environment (PATH with the sbin directories, HOME, TMPDIR, locale C.UTF-8, proxies,
 * SOURCE_DATE_EPOCH) plus what the caller adds; a process group of its own that is ended
 * on cancellation (SIGTERM, after 3 seconds SIGKILL) and cleared when the program ends. The
 * program dies with us. An object runs one program once. */
typedef struct _DomuimgExec DomuimgExec;

/* Called with each line (no newline, made valid UTF-8, never empty) of the program's stderr,
 * and of its stdout unless that is streamed or collected; in the thread that waits. What a
 * carriage return ends, as progress displays do, is a line, too. */
typedef void (*DomuimgExecLine) (const char *line, gpointer user_data);

DomuimgExec *domuimg_exec_new (const char *program);
void domuimg_exec_free (DomuimgExec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExec, domuimg_exec_free)

void domuimg_exec_arg (DomuimgExec *self, const char *arg);
void domuimg_exec_argf (DomuimgExec *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void domuimg_exec_setenv (DomuimgExec *self, const char *name, const char *value);
void domuimg_exec_on_line (DomuimgExec *self, DomuimgExecLine callback, gpointer user_data);
/* The descriptor to be the program's stdin; not taken. Default: /dev/null. */
void domuimg_exec_stdin_fd (DomuimgExec *self, int fd);
/* A path by which the program, and nothing else, can open what @fd is, for an argument: the program
 * inherits a copy of the descriptor. The path opens the file anew, as its own name would. */
char *domuimg_exec_pass_fd (DomuimgExec *self, int fd);
/* Closes our copies, which stay open else as long as @self is there, once the program runs: so the end
 * of a pipe is seen when that ends. */
void domuimg_exec_drop_passed (DomuimgExec *self);

/* Runs to the end. A program that is not installed is MISSING_TOOL, with the Debian package
 * that has it; a status other than 0 is TOOL_FAILED, with the last line of stderr, and on
 * further lines of the message the lines before it. */
gboolean domuimg_exec_run (DomuimgExec *self, GCancellable *cancellable, GError **error);
/* The same as run; stdout's bytes are returned. */
GBytes *domuimg_exec_output (DomuimgExec *self, GCancellable *cancellable, GError **error);

/* Starts, and returns a descriptor of its stdout (owned by @self); follow with
 * domuimg_exec_finish. Lines of stderr are read by a thread of our own. -1 on error. */
int domuimg_exec_start (DomuimgExec *self, GCancellable *cancellable, GError **error);
/* Closes the descriptor and waits for the end; FALSE with TOOL_FAILED, or the cancellation.
 * Freeing @self instead ends the program. */
gboolean domuimg_exec_finish (DomuimgExec *self, GError **error);
/* The last 20 lines of stderr, for a caller that knows what they mean; after the end only. */
const char *domuimg_exec_get_tail (DomuimgExec *self);

/* The full path of @program in the directories that exec searches, or NULL. */
char *domuimg_find_program (const char *program);
/* The path of a program of the library's own, in DOMUIMG_LIBEXEC_DIR or where it is installed. */
char *domuimg_libexec_path (const char *program);
/* The Debian package that has @program, or NULL if unknown. */
const char *domuimg_package_of_program (const char *program);
/* The search path for programs. */
char *domuimg_search_path (void);
