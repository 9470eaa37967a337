/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals that cancel what is being done. */
#include "config.h"
#include "cli/cli.h"

#include <gio/gio.h>
#include <signal.h>

static gint seen = 0;

/* Cancelling is more than a signal handler may do: a thread waits for the signal. */
static gpointer
wait_for_signals (gpointer data)
{
  GCancellable *cancellable = data;
  sigset_t set;
  int number;

  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGHUP);
  while (sigwait (&set, &number) == 0)
    {
      g_atomic_int_set (&seen, number);
      g_cancellable_cancel (cancellable);
    }
  return NULL;
}

void
cli_signals_cancel (GCancellable *cancellable)
{
  GThread *thread;
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGHUP);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  thread = g_thread_try_new ("signals", wait_for_signals, g_object_ref (cancellable), NULL);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }
  /* Then a signal ends the program as kill -9 does, and "domuimg cleanup" removes what is left. */
  g_object_unref (cancellable);
  pthread_sigmask (SIG_UNBLOCK, &set, NULL);
}

int
cli_signals_seen (void)
{
  return g_atomic_int_get (&seen);
}
