/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a new process gets. The descriptors stay the caller's. */
typedef struct {
  const char *path; /* of the program's file */
  char *const *argv;
  char *const *envp;
  int fds[3]; /* its stdin, stdout and stderr */
  const int *passed; /* what else it inherits, under the same numbers, all above 2 */
  guint n_passed;
} DomuimgSpawn;

/* Gives a new process the default of every signal, none of them blocked. Async-signal-safe. */
void domuimg_reset_signals (void);

/* Starts it in a process group of its own; it is killed when the calling thread ends. The
 * process id, or -1 with errno of what failed, execve(2) included. */
pid_t domuimg_spawn (const DomuimgSpawn *self);
