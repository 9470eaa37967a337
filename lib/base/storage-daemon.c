/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's storage daemon, from its start to its end. */
#include "config.h"
#include "lib/base/storage-daemon.h"

#include <poll.h>
#include <unistd.h>

#define DAEMON "qemu-storage-daemon"
/* On a loaded machine; it takes 20 ms. */
#define START_SECONDS 30
#define POLL_MICROSECONDS 2000

struct _DomuimgStorageDaemon {
  char *pidfile;
  DomuimgExec *exec;
};

gboolean
domuimg_storage_daemon_is_installed (char **why_not)
{
  g_autofree char *path = domuimg_find_program (DAEMON);

  if (path == NULL)
    *why_not = g_strdup_printf ("there is no %s (Debian: the package %s)", DAEMON,
                                domuimg_package_of_program (DAEMON));
  return path != NULL;
}

DomuimgStorageDaemon *
domuimg_storage_daemon_new (const char *pidfile)
{
  DomuimgStorageDaemon *self = g_new0 (DomuimgStorageDaemon, 1);

  self->pidfile = g_strdup (pidfile);
  self->exec = domuimg_exec_new (DAEMON);
  return self;
}

DomuimgExec *
domuimg_storage_daemon_get_exec (DomuimgStorageDaemon *self)
{
  return self->exec;
}

/* A comma in a value is written twice. */
char *
domuimg_storage_daemon_escape (const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", -1);

  return g_strjoinv (",,", parts);
}

/* It writes its number when everything else is ready. */
gboolean
domuimg_storage_daemon_start (DomuimgStorageDaemon *self, GCancellable *cancellable,
                              GError **error)
{
  gint64 end = g_get_monotonic_time () + START_SECONDS * G_USEC_PER_SEC;
  int out;

  domuimg_exec_arg (self->exec, "--pidfile");
  domuimg_exec_arg (self->exec, self->pidfile);
  out = domuimg_exec_start (self->exec, cancellable, error);
  if (out < 0)
    return FALSE;
  while (access (self->pidfile, F_OK) != 0)
    {
      GPollFD poll = { out, G_IO_IN | G_IO_HUP, 0 };

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (g_poll (&poll, 1, 0) > 0 && (poll.revents & G_IO_HUP) != 0
          && access (self->pidfile, F_OK) != 0)
        return domuimg_exec_finish (self->exec, error)
               && domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s ended at once", DAEMON);
      if (g_get_monotonic_time () > end)
        return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED,
                             "%s did not show the disk within %d seconds", DAEMON, START_SECONDS);
      g_usleep (POLL_MICROSECONDS);
    }
  return TRUE;
}

void
domuimg_storage_daemon_free (DomuimgStorageDaemon *self)
{
  domuimg_exec_free (self->exec);
  unlink (self->pidfile);
  g_free (self->pidfile);
  g_free (self);
}
