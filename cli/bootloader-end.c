/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both boot loader programs do around their work: signals, errors, exit status. */
#include "config.h"

#include <domuimg/error.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

int
cli_run_bootloader (CliBootloader run, char **argv)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  const char *end;

  /* A console that went away is an error, not an end without a word. */
  signal (SIGPIPE, SIG_IGN);
  cli_signals_cancel (cancellable);
  if (run (argv, cancellable, &error))
    return CLI_DONE;
  end = isatty (2) ? "\r\n" : "\n";
  /* In UTF-8 whatever libxl's locale is, which is nobody's at the console. */
  fprintf (stderr, "domuimg-bootloader: %s%s", error->message, end);
  return g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT) ? CLI_USAGE
                                                                                : CLI_FAILED;
}
