/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads files of another host by ssh, which has its shell say whether they are there, and what is in them. */
#include "config.h"
#include "lib/source/install-ssh.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/exec.h"

#define PIECE (1 << 16)
/* A host that does not answer is not waited for longer than a server of another kind. */
#define TIMEOUT "ConnectTimeout=20"

struct _DomuimgInstallSsh {
  char *location; /* for messages */
  char *host;     /* "user@host" */
  char *port;     /* (nullable) */
  char *dir;
};

/* What is a command of the other host's shell stays words only in this way. */
#define SHORT "^(?:([A-Za-z0-9_][A-Za-z0-9_.-]*)@)?([A-Za-z0-9][A-Za-z0-9_.-]*):(/.*)$"
#define HOST "^[A-Za-z0-9][A-Za-z0-9_.:-]*$"
#define USER "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"

static gboolean
is_address (const char *location)
{
  return g_regex_match_simple ("^(ssh|sftp|scp)://", location, G_REGEX_CASELESS, 0);
}

gboolean
domuimg_install_ssh_is (const char *location)
{
  /* "file:/srv" is no host's. */
  return is_address (location)
         || (g_regex_match_simple (SHORT, location, 0, 0) && !g_str_has_prefix (location, "file:")
             && !g_str_has_prefix (location, "nfs:"));
}

void
domuimg_install_ssh_free (DomuimgInstallSsh *self)
{
  g_free (self->location);
  g_free (self->host);
  g_free (self->port);
  g_free (self->dir);
  g_free (self);
}

static gboolean
parse_address (DomuimgInstallSsh *self, const char *location, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (location, G_URI_FLAGS_NONE, NULL);
  const char *user = uri != NULL ? g_uri_get_userinfo (uri) : NULL;
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if (host == NULL || !g_regex_match_simple (HOST, host, 0, 0)
      || (user != NULL && !g_regex_match_simple (USER, user, 0, 0))
      || *g_uri_get_path (uri) != '/')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is not an address of a directory; write ssh://USER@HOST/DIR", location);
  self->host = user != NULL ? g_strdup_printf ("%s@%s", user, host) : g_strdup (host);
  self->port = g_uri_get_port (uri) > 0 ? g_strdup_printf ("%d", g_uri_get_port (uri)) : NULL;
  self->dir = g_strdup (g_uri_get_path (uri));
  return TRUE;
}

static gboolean
parse_short (DomuimgInstallSsh *self, const char *location)
{
  const char *colon = strchr (location, ':');

  self->host = g_strndup (location, (gsize) (colon - location));
  self->dir = g_strdup (colon + 1);
  return TRUE;
}

DomuimgInstallSsh *
domuimg_install_ssh_new (const char *location, GError **error)
{
  g_autoptr (DomuimgInstallSsh) self = g_new0 (DomuimgInstallSsh, 1);

  self->location = g_strdup (location);
  if (!(is_address (location) ? parse_address (self, location, error)
                              : parse_short (self, location)))
    return NULL;
  return g_steal_pointer (&self);
}

/* It asks nobody anything: keys come from its agent or are without a passphrase, and hosts are known. */
static DomuimgExec *
connect_to (DomuimgInstallSsh *self, const char *command)
{
  static const char *const words[] = { "-T", "-x", "-a", "-o", "BatchMode=yes", "-o", TIMEOUT, "-o",
                                       "ClearAllForwardings=yes" };
  DomuimgExec *exec = domuimg_exec_new ("ssh");

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    domuimg_exec_arg (exec, words[i]);
  if (self->port != NULL)
    {
      domuimg_exec_arg (exec, "-p");
      domuimg_exec_arg (exec, self->port);
    }
  if (g_getenv ("SSH_AUTH_SOCK") != NULL)
    domuimg_exec_setenv (exec, "SSH_AUTH_SOCK", g_getenv ("SSH_AUTH_SOCK"));
  domuimg_exec_arg (exec, "--");
  domuimg_exec_arg (exec, self->host);
  domuimg_exec_arg (exec, command);
  return exec;
}

static char *
quote (DomuimgInstallSsh *self, const char *path)
{
  g_autofree char *whole = g_build_filename (self->dir, path, NULL);

  return g_shell_quote (whole);
}

/* MISSING_TOOL and cancellations stay what they are. What ssh said before its last line is for --verbose. */
static void
explain (DomuimgInstallSsh *self, GError *problem, GError **error)
{
  g_auto (GStrv) lines = NULL;

  if (!g_error_matches (problem, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED))
    {
      g_propagate_error (error, problem);
      return;
    }
  lines = g_strsplit (problem->message, "\n", 2);
  domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                "%s: %s; check that “ssh -o BatchMode=yes %s” works: the host has to be known, and a key or an"
                " agent has to open it%s%s",
                self->location, lines[0], self->host, lines[1] != NULL ? "\n" : "", lines[1] ?: "");
  g_error_free (problem);
}

gboolean
domuimg_install_ssh_has (DomuimgInstallSsh *self, const char *path, GCancellable *cancellable,
                         GError **error)
{
  g_autofree char *quoted = quote (self, path);
  g_autofree char *command = g_strdup_printf ("test -f %s && echo yes || echo no", quoted);
  g_autoptr (DomuimgExec) exec = connect_to (self, command);
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) answer = domuimg_exec_output (exec, cancellable, &local);

  if (answer == NULL)
    {
      explain (self, g_steal_pointer (&local), error);
      return FALSE;
    }
  return g_bytes_get_size (answer) >= 3 && memcmp (g_bytes_get_data (answer, NULL), "yes", 3) == 0;
}

/* The first line says whether there is such a file. */
static gboolean
read_answer (int fd, char *answer, gsize size)
{
  gsize got = 0;

  while (got < size - 1)
    {
      gssize n = read (fd, answer + got, 1);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0 || answer[got] == '\n')
        break;
      got++;
    }
  answer[got] = '\0';
  return got > 0;
}

static gboolean
pump (int fd, DomuimgInstallSshTake take, gpointer user_data, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PIECE);

  for (;;)
    {
      gssize got = read (fd, buffer, PIECE);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading what ssh says");
      if (got == 0)
        return TRUE;
      if (!take (buffer, (gsize) got, user_data, error))
        return FALSE;
    }
}

gboolean
domuimg_install_ssh_stream (DomuimgInstallSsh *self, const char *path, guint64 offset,
                            DomuimgInstallSshTake take, gpointer user_data,
                            GCancellable *cancellable, GError **error)
{
  g_autofree char *quoted = quote (self, path);
  g_autofree char *command = g_strdup_printf (
      "(test -f %s && echo yes || echo no) && tail -c +%" G_GUINT64_FORMAT " %s", quoted, offset + 1, quoted);
  g_autoptr (DomuimgExec) exec = connect_to (self, command);
  g_autoptr (GError) local = NULL;
  char answer[5] = "";
  int fd = domuimg_exec_start (exec, cancellable, &local);

  if (fd >= 0 && read_answer (fd, answer, sizeof answer) && g_str_equal (answer, "no"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: there is no such file as %s",
                         self->location, path);
  if (fd >= 0 && g_str_equal (answer, "yes") && !pump (fd, take, user_data, error))
    return FALSE;
  if (fd >= 0 && domuimg_exec_finish (exec, &local) && g_str_equal (answer, "yes"))
    return TRUE;
  if (local == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                         "%s: the host does not answer as one with a shell", self->location);
  explain (self, g_steal_pointer (&local), error);
  return FALSE;
}
