/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <xentoollog.h>

#include "cli/helpers/say.h"

/* What the verbs of domuimg-libxl share. */

typedef struct {
  xentoollog_logger logger; /* first: libxl hands it back */
  libxl_ctx *ctx;
  char *first_error;        /* (nullable) of libxl's words: the rest follows from it */
  int wake;                 /* readable when a signal has come */
  gboolean stopped;         /* one has */
} Host;

/* NULL, with libxl's words on stderr, where there is no Xen. */
Host *host_open (void);
void host_close (Host *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_close)
/* Ends what is said on stderr with a line that says why; EXIT_FAILURE. */
int host_failed (Host *self, const char *what);
/* The next event, for g_autoptr by libxl_event_free. Sets stopped instead, and returns NULL, when a
 * signal came; NULL, too, after @timeout_ms (-1: none). */
libxl_event *host_wait (Host *self, int timeout_ms);
/* To the end of the domain, whose death events must be on; after @seconds, by force. */
int host_end (Host *self, uint32_t domid, int seconds);

int libxl_create_verb (Host *self, const char *name, gboolean once, const char *log, int front);
