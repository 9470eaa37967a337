/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A process of ours for foreign bytes: whoever takes it over by them can read the descriptors that
 * it was given, write those that it was given for that, and answer. It has no other files, no
 * network, no programs, little memory and little time, and dies with us. */
typedef struct _DomuimgConfined DomuimgConfined;

/* No message between the two is longer. */
#define DOMUIMG_CONFINED_MESSAGE (16 << 20)
/* Bytes of its memory, besides files that it maps. */
#define DOMUIMG_CONFINED_MEMORY (512 << 20)
/* No file that it writes is longer; nor is a kernel, to Xen. */
#define DOMUIMG_CONFINED_FILE ((guint64) 1 << 30)
/* Nor do all results together take more space: they lie in memory, mostly. */
#define DOMUIMG_CONFINED_RESULTS ((guint64) 1 << 30)
#define DOMUIMG_CONFINED_RESULTS_N 3
/* Seconds that an answer may take. */
#define DOMUIMG_CONFINED_SECONDS 60

typedef enum {
  DOMUIMG_CONFINED_STRICT, /* what is described above */
  DOMUIMG_CONFINED_KEEPER, /* of a program that is confined by itself: no network, no rights */
  DOMUIMG_CONFINED_CLIENT, /* of the network: reads files that all may read, starts no program */
} DomuimgConfinedProfile;

/* In that process; (transfer full), never NULL. */
typedef GBytes *(*DomuimgConfinedServe) (GBytes *request, gpointer data);

typedef struct {
  DomuimgConfinedProfile profile;
  const char *task;  /* what it does, for messages: "reads the guest's disk" */
  guint seconds;     /* that an answer may take; 0: DOMUIMG_CONFINED_SECONDS */
  guint32 uid;       /* to become, with the group of that number, where we are root */
  const int *fds;    /* that it keeps */
  guint n_fds;
  /* Those of them that it writes its results to. Who starts it looks at them while it works. */
  int results[DOMUIMG_CONFINED_RESULTS_N];
  guint n_results;
  guint64 results_max; /* bytes; 0: DOMUIMG_CONFINED_RESULTS */
  /* (nullable) in that process, while it has its rights; what it returns was not possible. */
  const char *(*prepare) (gpointer data);
  /* (nullable) in that process, when it has lost its rights: starts its threads, of which there can
   * be none later. Of strict ones only. */
  void (*begin) (gpointer data);
  int channel;       /* one of @fds, to serve in place of domuimg_confined_ask (); 0: none */
  DomuimgConfinedServe serve;
  gpointer data;
} DomuimgConfinement;

/* To be called while there are no other threads that hold locks. FALSE where what every Linux has
 * of it failed. */
DomuimgConfined *domuimg_confined_start (const DomuimgConfinement *how, GError **error);
/* Ends the process. */
void domuimg_confined_free (DomuimgConfined *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgConfined, domuimg_confined_free)
/* What this host or build could not give of it: "no seccomp"; "" where there was all. */
const char *domuimg_confined_get_missing (DomuimgConfined *self);
/* NOT_SUPPORTED where anything is missing: for those who would rather have nothing at all. */
gboolean domuimg_confined_require (DomuimgConfined *self, GError **error);
/* UNSAFE_INPUT where the process died by what it did, BUSY where it took too long, NO_SPACE where
 * its results were too large: then it was ended. */
GBytes *domuimg_confined_ask (DomuimgConfined *self, GBytes *request, GCancellable *cancellable,
                              GError **error);

/* Between two processes: a length and that many bytes. FALSE and errno; EPIPE at the end, EMSGSIZE
 * for more than DOMUIMG_CONFINED_MESSAGE. */
gboolean domuimg_confined_send (int fd, GBytes *message);
GBytes *domuimg_confined_receive (int fd);

/* confine-seccomp.c: NULL, or what is missing. The strict one is for all threads there are. */
const char *domuimg_confine_calls (void);
/* For the client: no programs, no other processes, nothing of the kernel's workings. */
const char *domuimg_confine_client_calls (void);
/* For a program that is to be started by execveat (@program, ...): it cannot start another, open
 * files for writing, or have sockets. */
const char *domuimg_confine_program_calls (int program);
/* confine-files.c: takes all files from this process, but those that are open; with @readable, only
 * what is not reading. */
const char *domuimg_confine_files (gboolean readable);
