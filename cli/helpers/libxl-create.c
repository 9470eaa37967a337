/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/helpers/libxl-host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Starts a guest, and stays with it: what on_reboot and its like want done, nobody in Xen does. */

#define CREATED 1
#define CONSOLE_TRIES 100
#define CONSOLE_PAUSE_USEC 50000

typedef struct {
  Host *host;
  const char *name;
  libxl_domain_config config;
  uint32_t domid;
  gboolean once;
} Guest;

static void
say_console (Guest *self)
{
  char *tty = NULL;

  /* xenconsoled makes it when it hears of the domain. */
  for (int i = 0; i < CONSOLE_TRIES; i++)
    {
      if (libxl_primary_console_get_tty (self->host->ctx, self->domid, &tty) == 0 && tty != NULL
          && *tty != '\0')
        break;
      g_clear_pointer (&tty, free);
      g_usleep (CONSOLE_PAUSE_USEC);
    }
  if (tty != NULL)
    say_event ("console", "tty", tty);
  free (tty);
}

/* The result of the operation @how, whose console is told of meanwhile. A signal aborts it. */
static int
await (Guest *self, const libxl_asyncop_how *how)
{
  Host *host = self->host;
  gboolean aborted = FALSE;

  for (;;)
    {
      libxl_event *event = host_wait (host, -1);
      int rc;

      if (event == NULL && (!host->stopped || aborted))
        return ERROR_FAIL;
      if (event == NULL)
        {
          aborted = TRUE;
          libxl_ao_abort (host->ctx, how);
          continue;
        }
      rc = event->type == LIBXL_EVENT_TYPE_OPERATION_COMPLETE ? event->u.operation_complete.rc : 1;
      if (event->type == LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE)
        {
          self->domid = event->domid;
          say_console (self);
        }
      libxl_event_free (host->ctx, event);
      if (rc != 1)
        return rc;
    }
}

static gboolean
start (Guest *self)
{
  const libxl_asyncop_how how = { .u.for_event = CREATED };
  const libxl_asyncprogress_how console = { .for_event = CREATED };
  libxl_ctx *ctx = self->host->ctx;
  int rc;

  self->domid = (uint32_t) INVALID_DOMID;
  rc = libxl_domain_create_new (ctx, &self->config, &self->domid, &how, &console);
  if (rc == 0)
    rc = await (self, &how);
  if (rc != 0 || self->host->stopped)
    {
      if (self->domid != (uint32_t) INVALID_DOMID && rc == 0)
        libxl_domain_destroy (ctx, self->domid, NULL);
      return FALSE;
    }
  say_console (self);
  if (libxl_domain_unpause (ctx, self->domid, NULL) == 0)
    return TRUE;
  libxl_domain_destroy (ctx, self->domid, NULL);
  return FALSE;
}

static libxl_action_on_shutdown
action_for (Guest *self, int reason)
{
  if (self->once)
    return LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
  switch (reason)
    {
    case LIBXL_SHUTDOWN_REASON_POWEROFF:
      return self->config.on_poweroff;
    case LIBXL_SHUTDOWN_REASON_REBOOT:
      return self->config.on_reboot;
    case LIBXL_SHUTDOWN_REASON_WATCHDOG:
      return self->config.on_watchdog;
    case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
      return self->config.on_soft_reset;
    default:
      return self->config.on_crash;
    }
}

static void
dump_core (Guest *self)
{
  g_autofree char *path = g_strdup_printf ("/var/lib/xen/dump/%s", self->name);

  libxl_domain_core_dump (self->host->ctx, self->domid, path, NULL);
}

/* What it had at its end: disks that were changed, devices that were attached. */
static void
take_configuration (Guest *self)
{
  libxl_domain_config now;

  libxl_domain_config_init (&now);
  if (libxl_retrieve_domain_configuration (self->host->ctx, self->domid, &now, NULL) != 0)
    {
      libxl_domain_config_dispose (&now);
      return;
    }
  libxl_domain_config_dispose (&self->config);
  self->config = now;
}

static gboolean
restart (Guest *self, libxl_action_on_shutdown action)
{
  libxl_ctx *ctx = self->host->ctx;

  take_configuration (self);
  if (action == LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME)
    {
      libxl_domain_create_info *info = &self->config.c_info;
      g_autofree char *suffix = g_strdup_printf ("-%u", self->domid);

      libxl_uuid_generate (&info->uuid);
      if (libxl_domain_preserve (ctx, self->domid, info, suffix, info->uuid) != 0)
        return FALSE;
      libxl_uuid_generate (&info->uuid);
    }
  else if (libxl_domain_destroy (ctx, self->domid, NULL) != 0)
    return FALSE;
  fprintf (stderr, "%s starts again\n", self->name);
  return start (self);
}

static gboolean
soft_reset (Guest *self)
{
  const libxl_asyncop_how how = { .u.for_event = CREATED };
  libxl_ctx *ctx = self->host->ctx;
  int rc;

  take_configuration (self);
  rc = libxl_domain_soft_reset (ctx, &self->config, self->domid, &how, NULL);
  return rc == 0 && await (self, &how) == 0
         && libxl_domain_unpause (ctx, self->domid, NULL) == 0;
}

/* Whether the guest goes on. */
static gboolean
act (Guest *self, libxl_action_on_shutdown action)
{
  switch (action)
    {
    case LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART:
      dump_core (self);
      return restart (self, action);
    case LIBXL_ACTION_ON_SHUTDOWN_RESTART:
    case LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME:
      return restart (self, action);
    case LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET:
      return soft_reset (self);
    case LIBXL_ACTION_ON_SHUTDOWN_PRESERVE:
      return FALSE;
    case LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY:
      dump_core (self);
      break;
    default:
      break;
    }
  libxl_domain_destroy (self->host->ctx, self->domid, NULL);
  return FALSE;
}

/* The reason of its end; -1 where somebody else destroyed it, or a signal came. */
static int
await_end (Guest *self)
{
  libxl_ctx *ctx = self->host->ctx;
  libxl_evgen_domain_death *death = NULL;
  int reason = -1;

  if (libxl_evenable_domain_death (ctx, self->domid, 0, &death) != 0)
    return -1;
  for (gboolean ended = FALSE; !ended && !self->host->stopped;)
    {
      libxl_event *event = host_wait (self->host, -1);

      if (event == NULL)
        break;
      ended = event->domid == self->domid
              && (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN
                  || event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH);
      if (ended && event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN)
        reason = event->u.domain_shutdown.shutdown_reason;
      libxl_event_free (ctx, event);
    }
  libxl_evdisable_domain_death (ctx, death);
  return reason;
}

static int
keep (Guest *self)
{
  int reason;

  do
    {
      reason = await_end (self);
      if (self->host->stopped && self->once)
        libxl_domain_destroy (self->host->ctx, self->domid, NULL);
      /* One that was suspended is saved, or on its way to another host. */
      if (reason < 0 || reason == LIBXL_SHUTDOWN_REASON_SUSPEND)
        break;
      fprintf (stderr, "%s has ended: %s\n", self->name, libxl_shutdown_reason_to_string (reason));
    }
  while (act (self, action_for (self, reason)));
  return reason;
}

/* From here on it is nobody's child: @front, who waits for this byte, ends. */
static gboolean
detach (const char *log, int front)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int out = open (log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);

  prctl (PR_SET_PDEATHSIG, 0);
  if (null < 0 || dup2 (null, 0) < 0 || dup2 (out >= 0 ? out : null, 1) < 0
      || dup2 (out >= 0 ? out : null, 2) < 0)
    return FALSE;
  return chdir ("/") == 0 && write (front, "d", 1) == 1;
}

int
libxl_create_verb (Host *host, const char *name, gboolean once, const char *log, int front)
{
  Guest self = { .host = host, .name = name, .once = once };
  g_autofree char *text = hear ();
  g_autofree char *domid = NULL;
  int reason;

  libxl_domain_config_init (&self.config);
  if (text == NULL || libxl_domain_config_from_json (host->ctx, &self.config, text) != 0)
    return host_failed (host, "libxl does not take the configuration");
  if (!start (&self))
    return host_failed (host, host->stopped ? "the start was cancelled"
                                            : "libxl did not start the guest");
  domid = g_strdup_printf ("%u", self.domid);
  say_event ("created", "domid", domid);
  if (!once && !detach (log, front))
    return host_failed (host, "the process that watches over the guest cannot go on alone");
  reason = keep (&self);
  libxl_domain_config_dispose (&self.config);
  if (once)
    say_event ("ended", "reason", reason < 0 ? "destroyed" : libxl_shutdown_reason_to_string (reason));
  return EXIT_SUCCESS;
}
