/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"

#define DOMUIMG_EXEC_OUTPUT_MAX ((gsize) 256 * 1024 * 1024)

typedef enum {
  STDOUT_LINES,
  STDOUT_COLLECTED,
  STDOUT_STREAMED, /* to our caller; a thread of ours does the rest */
} StdoutUse;

struct _DomuimgExec {
  char *program;
  GPtrArray *argv; /* without the NULL at its end */
  char **envp;
  DomuimgExecLine callback;
  gpointer user_data;
  int stdin_fd;
  GArray *passed; /* of int: what else it inherits */

  StdoutUse use;
  DomuimgFd out;
  DomuimgFd err;
  GString *out_line; /* not yet ended */
  GString *err_line;
  GByteArray *output;
  GQueue tail; /* (element-type utf8) */
  char *tail_text;

  GCancellable *cancellable; /* (nullable) the caller's */
  GCancellable *abandoned;   /* by ourselves */
  GThread *thread;
  pid_t pid;
  DomuimgFd pidfd;
  gint64 kill_time; /* when SIGKILL is due; 0: it was not told to end */
  gboolean too_much;
  int status; /* as waitpid(2) gives it; -1: it is not known */
};

/* Takes what the running program says, until it has ended; ends it where somebody wants that. */
void domuimg_exec_supervise (DomuimgExec *self);
