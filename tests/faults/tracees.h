/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* A thread that is traced. */
typedef struct {
  pid_t tid;
  gboolean is_tool;     /* it runs another program than the one that was started */
  guint64 loader;       /* where the dynamic loader is mapped: its calls are not counted */
  gboolean at_exit;     /* it is to stop again when its call returns */
  int result;           /* what that call is to return instead; 0: what it does */
  int restore_register; /* which argument was made smaller; -1: none */
  guint64 restore_value;
} Tracee;

/* The tracee of that number, which is looked at when it is seen for the first time. */
Tracee *tracees_get (GHashTable *tracees, pid_t tid, const char *program);

/* Looks at it again: it has become another program. */
void tracee_look (Tracee *self, const char *program);

/* Sends SIGKILL to all. */
void tracees_kill (GHashTable *tracees);

/* Whether the descriptor is one of a file, and not of a pipe, a socket or a device. */
gboolean tracee_has_file (const Tracee *self, int fd);

/* Whether it is one of those by which the kernel tells of events, such as an eventfd: it does not fail, and
 * whoever waits for what was not written waits for ever. */
gboolean tracee_has_event (const Tracee *self, int fd);

/* What a call was about: the file of a descriptor, or a path. */
char *tracee_describe (const Tracee *self, int number, const guint64 arguments[6]);
