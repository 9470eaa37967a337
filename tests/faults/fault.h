/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdio.h>
#include <sys/types.h>

#include "tracees.h"

typedef enum { COUNT, KILL, KILL_MAIN, FAIL, SHORTEN, WAIT, DROP } Action;

typedef struct _Fault Fault;

/* One run of the program. */
struct _Fault {
  const char *program; /* its real path */
  FILE *report;
  GHashTable *tracees;
  pid_t main;
  int main_status;
  gboolean main_ended;
  gboolean started; /* the program has taken the place of this one */

  Action action;
  int error;
  int kind;
  gboolean self, tools; /* whose calls are counted */
  guint64 wanted, seen;
  gboolean is_done;
  int disturbed; /* a file that is synced before the calls that change names; -1: none */
  pid_t held; /* who waits until @until */
  gint64 until;

  guint64 counts[64][2][2]; /* of each kind, in program and tools, all and those with a count */
};

/* Ends the tracer, and says why. */
void fault_usage (const char *why) G_GNUC_NORETURN;

/* --at and --disturb. */
void fault_parse_option (Fault *self, const char *option, const char *value);

/* A call is about to be made: it is counted, and is perhaps the one. */
void fault_on_call (Fault *self, Tracee *tracee);

/* A call returns that was changed. */
void fault_on_return (Tracee *tracee);
