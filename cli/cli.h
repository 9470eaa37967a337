/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/domuimg.h>

/* Exit statuses. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_FAILS = 3, CLI_UNKNOWN = 4 };

/* A verb gets its arguments, itself first, and returns the exit status. */
int cli_create (int argc, char **argv);
int cli_adopt (int argc, char **argv);
int cli_check (int argc, char **argv);
int cli_config (int argc, char **argv);
int cli_cleanup (int argc, char **argv);
int cli_run (int argc, char **argv);
int cli_list (int argc, char **argv);
int cli_list_images (int argc, char **argv);
int cli_delete (int argc, char **argv);
int cli_doctor (int argc, char **argv);
int cli_kernel (int argc, char **argv);
int cli_kernel_inspect (int argc, char **argv);
int cli_kernel_list (int argc, char **argv);
int cli_kernel_update (int argc, char **argv);
int cli_rename (int argc, char **argv);
int cli_resize (int argc, char **argv);
int cli_show (int argc, char **argv);

/* One of the actions that a verb consists of; a list of them ends with no name. */
typedef struct {
  const char *name;
  int (*run) (int argc, char **argv);
  const char *help;
} CliAction;
/* Runs the action that argv[1] names, or explains them. */
int cli_run_action (const char *verb, const CliAction *actions, int argc, char **argv);

/* Reads the options of @context, and those that every verb has. When it returns FALSE,
 * *@status is the exit status of a mistake. */
gboolean cli_parse (GOptionContext *context, int *argc, char ***argv, int *status);
/* The options that every verb has. */
const GOptionEntry *cli_common_options (void);
/* From now on errors are told as JSON, too, if there is --json among the arguments. */
void cli_report_as_json (char **argv);
/* Prints "domuimg: " and the first line of the message, further lines with --verbose; the
 * exit status that goes with the error. */
int cli_report (const GError *error);
int cli_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* @text as one line that does nothing to a terminal, whoever it came from. */
char *cli_plain (const char *text);
/* Each of @lines (nullable) on stderr, after @prefix. */
void cli_print_lines (char **lines, const char *prefix);

/* Options for every key of a specification. */
typedef struct _CliSpecOptions CliSpecOptions;
CliSpecOptions *cli_spec_options_new (GOptionContext *context);
void cli_spec_options_free (CliSpecOptions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliSpecOptions, cli_spec_options_free)
gboolean cli_spec_options_apply (CliSpecOptions *self, DomuimgSpec *spec, GError **error);

/* Whether @mode is one of auto, bar, lines, json and none. */
gboolean cli_progress_is_mode (const char *mode);
/* Shows @progress on stderr as @mode says. */
typedef struct _CliProgress CliProgress;
CliProgress *cli_progress_new (DomuimgProgress *progress, const char *mode);
/* Takes the bar away. */
void cli_progress_free (CliProgress *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliProgress, cli_progress_free)

/* From now on SIGINT, SIGTERM and SIGHUP cancel @cancellable and do nothing else. To be
 * called before any other thread is made. */
void cli_signals_cancel (GCancellable *cancellable);
/* The signal that came, or 0. */
int cli_signals_seen (void);

/* A boot loader of libxl's protocol from start to end; the exit status. */
typedef gboolean (*CliBootloader) (char **argv, GCancellable *cancellable, GError **error);
int cli_run_bootloader (CliBootloader run, char **argv);

/* Prints what was done, a line each, or with @json as "done" and "changes". */
void cli_print_done (char **lines, gboolean json);
/* The same of what would be done. */
void cli_print_plan (char **lines, gboolean json);
