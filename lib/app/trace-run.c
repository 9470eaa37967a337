/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a program once under strace, to see what it opens. */
#include "config.h"
#include "domuimg/trace.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/app/trace.h"
#include "lib/base/async.h"
#include "lib/base/exec.h"
#include "lib/base/fd.h"

#define STRACE "strace"
#define CALLS "trace=open,openat,openat2,creat,execve,execveat,readlink,readlinkat"
#define OUTPUT_MAX ((gsize) 1 << 30)

static void
tell_line (const char *line, gpointer progress)
{
  domuimg_progress_set_message (progress, "%s", line);
}

static char *
read_output (int fd, GError **error)
{
  off_t size = lseek (fd, 0, SEEK_END);
  g_autofree char *text = NULL;
  gsize got = 0;

  if (size < 0 || (gsize) size > OUTPUT_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "the run has opened too much to be read");
      return NULL;
    }
  text = g_malloc0 ((gsize) size + 1);
  while (got < (gsize) size)
    {
      gssize n = TEMP_FAILURE_RETRY (pread (fd, text + got, (gsize) size - got, (off_t) got));

      if (n <= 0)
        break;
      got += (gsize) n;
    }
  return g_steal_pointer (&text);
}

/* Whatever way the program ended, what it had opened until then counts; where it did not even start, its
 * failure does. */
static char *
take_result (int fd, const GError *failure, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *output = read_output (fd, error);

  if (output == NULL)
    return NULL;
  domuimg_strace_parse (output, paths);
  if (paths->len > 0)
    return domuimg_trace_to_text (paths);
  if (failure != NULL)
    g_propagate_error (error, g_error_copy (failure));
  else
    domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s saw no file that was opened", STRACE);
  return NULL;
}

/**
 * domuimg_trace_run:
 * @command: (array zero-terminated=1): a program and its arguments; it has to stay in the foreground
 * @environment: (nullable) (array zero-terminated=1): NAME=VALUE of its environment, beside PATH, HOME
 *   and the locale C.UTF-8
 * @progress: (nullable): is told each line that the program prints
 * @cancellable: (nullable): ends the program, as SIGTERM does; what it has opened until then is the
 *   result
 * @error: return location for a #GError
 *
 * Runs a program once, on this machine and with the rights of the caller, and
 * tells which files it and its children have opened, executed or followed as
 * symlinks. Blocks until it ends. It is run by strace(1).
 *
 * Returns: (transfer full): the text of a trace file, for the key `trace-file`
 *   and domuimg_show_list_missing(): an absolute path a line, sorted. %NULL on
 *   error: %DOMUIMG_ERROR_MISSING_TOOL without strace,
 *   %DOMUIMG_ERROR_TOOL_FAILED where the program cannot be started
 *
 * Since: 0.1
 */
char *
domuimg_trace_run (const char *const *command, const char *const *environment,
                   DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = NULL;
  g_autoptr (GError) failure = NULL;
  g_auto (DomuimgFd) fd = -1;
  g_autofree char *output = NULL;

  g_return_val_if_fail (command != NULL && command[0] != NULL, NULL);
  fd = memfd_create (STRACE, MFD_CLOEXEC);
  if (fd < 0)
    {
      domuimg_set_errno (error, errno, "making a file in memory");
      return NULL;
    }
  exec = domuimg_exec_new (STRACE);
  output = domuimg_exec_pass_fd (exec, fd);
  domuimg_exec_arg (exec, "--follow-forks");
  domuimg_exec_arg (exec, "--decode-fds=path");
  domuimg_exec_arg (exec, "--string-limit=4096");
  domuimg_exec_arg (exec, "--quiet=all");
  domuimg_exec_arg (exec, "-e");
  domuimg_exec_arg (exec, CALLS);
  domuimg_exec_argf (exec, "--output=%s", output);
  domuimg_exec_arg (exec, "--");
  for (guint i = 0; command[i] != NULL; i++)
    domuimg_exec_arg (exec, command[i]);
  for (guint i = 0; environment != NULL && environment[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (environment[i], "=", 2);

      if (parts[0] != NULL && parts[1] != NULL)
        domuimg_exec_setenv (exec, parts[0], parts[1]);
    }
  if (progress != NULL)
    domuimg_exec_on_line (exec, tell_line, progress);
  if (!domuimg_exec_run (exec, cancellable, &failure)
      && g_error_matches (failure, DOMUIMG_ERROR, DOMUIMG_ERROR_MISSING_TOOL))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  return take_result (fd, failure, error);
}

typedef struct {
  GStrv command, environment;
} Request;

static void
request_free (gpointer data)
{
  Request *self = data;

  g_strfreev (self->command);
  g_strfreev (self->environment);
  g_free (self);
}

static gpointer
trace (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
       GError **error)
{
  const Request *request = arguments;

  return domuimg_trace_run ((const char *const *) request->command,
                            (const char *const *) request->environment, progress, cancellable,
                            error);
}

/**
 * domuimg_trace_run_async:
 * @command: (array zero-terminated=1): as domuimg_trace_run() takes it
 * @environment: (nullable) (array zero-terminated=1): likewise
 * @progress: (nullable): likewise
 * @cancellable: (nullable): likewise
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_trace_run() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_trace_run_async (const char *const *command, const char *const *environment,
                         DomuimgProgress *progress, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  Request *request;

  g_return_if_fail (command != NULL && command[0] != NULL);
  request = g_new0 (Request, 1);
  request->command = g_strdupv ((char **) command);
  request->environment = g_strdupv ((char **) environment);
  domuimg_async_start (NULL, trace, request, request_free, g_free, progress, cancellable, callback,
                       user_data);
}

/**
 * domuimg_trace_run_finish:
 * @result: what the callback got
 * @error: return location for an error, as of domuimg_trace_run()
 *
 * Returns: (transfer full): the text of a trace file, or %NULL
 *
 * Since: 0.1
 */
char *
domuimg_trace_run_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}
