/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/progress.h"

/* Files from servers, by libcurl. What began with https: is not redirected to less; a redirection
 * never leaves http and https. A transfer fails where nothing comes for 20 seconds. */
typedef struct {
  const char *uri;
  const char *schemes;         /* those that @uri may have, as "http,https,ftp" */
  gboolean refused_is_absent;  /* boot servers refuse what they do not have */
  gboolean *was_refused;       /* (nullable) becomes TRUE then */
  guint64 max;                 /* bytes that may come; G_MAXUINT64: any number */
  GChecksum *checksum;         /* (nullable) is given what comes, and where that is to go on in the middle has
                                * what is here already */
  gint64 deadline;             /* by g_get_monotonic_time (); 0: none */
  const char *deadline_advice; /* what to do when it has passed */
  DomuimgProgress *progress;   /* (nullable) */
  GCancellable *cancellable;   /* (nullable) */
} DomuimgHttpRequest;

/* All bytes. NOT_FOUND where the server says that it has no such file, NETWORK where it was not
 * reached or failed; more than there may be are CORRUPT_INPUT. */
GBytes *domuimg_http_get (const DomuimgHttpRequest *request, GError **error);
/* The same of the first bytes, as many as there may be, with whether there are more. */
GBytes *domuimg_http_get_start (const DomuimgHttpRequest *request, gboolean *truncated,
                                GError **error);
/* The same into a file. */
gboolean domuimg_http_get_to_fd (const DomuimgHttpRequest *request, int fd, GError **error);
/* The same of what @fd, a file, does not have yet of it; all of it, where the server cannot go on in
 * the middle. Whether both are of the same file, nobody has checked. */
gboolean domuimg_http_resume_to_fd (const DomuimgHttpRequest *request, int fd, GError **error);
