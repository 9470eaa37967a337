/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/helpers/libxl-host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libxl, its words, and its events. */

#define FDS_MAX 256
#define KEEPER_TRIES 100
#define KEEPER_PAUSE_USEC 100000

static int wake_write = -1;

static void
on_signal (int number)
{
  int saved_errno = errno;

  if (write (wake_write, "", 1) < 0)
    wake_write = -1;
  errno = saved_errno;
}

G_GNUC_PRINTF (5, 0)
static void
on_message (xentoollog_logger *logger, xentoollog_level level, int errnoval, const char *context,
            const char *format, va_list args)
{
  Host *self = (Host *) logger;
  g_autofree char *text = NULL;

  if (level < XTL_WARN)
    return;
  text = g_strdup_vprintf (format, args);
  fprintf (stderr, "%s: %s: %s%s%s\n", context != NULL ? context : "libxl",
           xtl_level_to_string (level), text, errnoval > 0 ? ": " : "",
           errnoval > 0 ? strerror (errnoval) : "");
  if (level >= XTL_ERROR && self->first_error == NULL)
    self->first_error = g_strdup_printf ("%s%s%s", text, errnoval > 0 ? ": " : "",
                                         errnoval > 0 ? strerror (errnoval) : "");
}

static void
on_destroy (xentoollog_logger *logger)
{
}

static void
catch_signals (Host *self)
{
  struct sigaction action = { .sa_handler = on_signal };
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) < 0)
    return;
  self->wake = ends[0];
  wake_write = ends[1];
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGHUP, &action, NULL);
}

Host *
host_open (void)
{
  Host *self = g_new0 (Host, 1);

  self->wake = -1;
  self->logger.vmessage = on_message;
  self->logger.destroy = on_destroy;
  catch_signals (self);
  if (libxl_ctx_alloc (&self->ctx, LIBXL_VERSION, 0, &self->logger) == 0)
    return self;
  self->ctx = NULL;
  host_failed (self, geteuid () == 0 ? "Xen cannot be asked: is this a dom0, and do its services run?"
                                     : "Xen cannot be asked: only root may");
  host_close (self);
  return NULL;
}

void
host_close (Host *self)
{
  if (self->ctx != NULL)
    libxl_ctx_free (self->ctx);
  g_free (self->first_error);
  g_free (self);
}

int
host_failed (Host *self, const char *what)
{
  fprintf (stderr, "%s%s%s\n", what, self->first_error != NULL ? ": " : "",
           self->first_error != NULL ? self->first_error : "");
  return EXIT_FAILURE;
}

static libxl_event *
check (Host *self)
{
  libxl_event *event = NULL;

  return libxl_event_check (self->ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0 ? event : NULL;
}

libxl_event *
host_wait (Host *self, int timeout_ms)
{
  gint64 until = g_get_monotonic_time () + (gint64) timeout_ms * 1000;
  libxl_event *event;

  while ((event = check (self)) == NULL)
    {
      struct pollfd fds[FDS_MAX + 1] = { { .fd = self->wake, .events = POLLIN } };
      gint64 left = (until - g_get_monotonic_time ()) / 1000;
      struct timeval now;
      int count = FDS_MAX, wait = timeout_ms < 0 ? -1 : (int) left;
      char byte;

      if (timeout_ms >= 0 && left <= 0)
        return NULL;
      gettimeofday (&now, NULL);
      if (libxl_osevent_beforepoll (self->ctx, &count, fds + 1, &wait, now) != 0)
        return NULL;
      if (poll (fds, (nfds_t) count + 1, wait) < 0 && errno != EINTR)
        return NULL;
      gettimeofday (&now, NULL);
      libxl_osevent_afterpoll (self->ctx, count, fds + 1, now);
      if (self->wake < 0 || read (self->wake, &byte, 1) != 1)
        continue;
      self->stopped = TRUE;
      return NULL;
    }
  return event;
}

/* Whether it has shut down, or is gone, in time. */
static gboolean
await_shutdown (Host *self, uint32_t domid, int seconds)
{
  gint64 until = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;
  gint64 left;

  while (!self->stopped && (left = until - g_get_monotonic_time ()) > 0)
    {
      libxl_event *event = host_wait (self, (int) (left / 1000) + 1);
      gboolean ended;

      if (event == NULL)
        continue;
      ended = event->domid == domid
              && (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN
                  || event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH);
      libxl_event_free (self->ctx, event);
      if (ended)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_gone (Host *self, uint32_t domid)
{
  return libxl_domain_info (self->ctx, NULL, domid) == ERROR_DOMAIN_NOTFOUND;
}

/* Two at once who take its devices away hinder each other. */
static void
leave_it_to_the_keeper (Host *self, uint32_t domid)
{
  for (int i = 0; i < KEEPER_TRIES && !self->stopped && !is_gone (self, domid); i++)
    g_usleep (KEEPER_PAUSE_USEC);
}

int
host_end (Host *self, uint32_t domid, int seconds)
{
  libxl_evgen_domain_death *death = NULL;
  int rc = 0;

  if (seconds > 0 && libxl_evenable_domain_death (self->ctx, domid, 0, &death) == 0)
    {
      rc = libxl_domain_shutdown (self->ctx, domid, NULL);
      if (rc == ERROR_NOPARAVIRT)
        rc = libxl_send_trigger (self->ctx, domid, LIBXL_TRIGGER_POWER, 0, NULL);
      if (rc == 0 && await_shutdown (self, domid, seconds))
        leave_it_to_the_keeper (self, domid);
      libxl_evdisable_domain_death (self->ctx, death);
    }
  if (is_gone (self, domid))
    return 0;
  rc = libxl_domain_destroy (self->ctx, domid, NULL);
  return rc != 0 && is_gone (self, domid) ? 0 : rc;
}
