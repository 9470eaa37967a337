/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs programs by their arguments, never by a shell: output, standard error, cancellation. */
#include "config.h"
#include "lib/base/exec-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/exec-spawn.h"
#include "lib/base/thread.h"

static const char *const kept_variables[] = {
  "HOME",     "TMPDIR",      "SOURCE_DATE_EPOCH", "http_proxy", "https_proxy", "ftp_proxy",
  "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",       "FTP_PROXY",  "NO_PROXY",
};

static char **
clean_environment (void)
{
  g_autofree char *path = domuimg_search_path ();
  char **envp = g_environ_setenv (NULL, "PATH", path, TRUE);

  envp = g_environ_setenv (envp, "LANG", "C.UTF-8", TRUE);
  envp = g_environ_setenv (envp, "LC_ALL", "C.UTF-8", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (kept_variables); i++)
    {
      const char *value = g_getenv (kept_variables[i]);

      if (value != NULL)
        envp = g_environ_setenv (envp, kept_variables[i], value, TRUE);
    }
  return envp;
}

DomuimgExec *
domuimg_exec_new (const char *program)
{
  DomuimgExec *self = g_new0 (DomuimgExec, 1);

  self->program = g_strdup (program);
  self->argv = g_ptr_array_new_with_free_func (g_free);
  self->envp = clean_environment ();
  self->out_line = g_string_new (NULL);
  self->err_line = g_string_new (NULL);
  self->abandoned = g_cancellable_new ();
  self->passed = g_array_new (FALSE, FALSE, sizeof (int));
  self->stdin_fd = self->out = self->err = self->pidfd = -1;
  g_queue_init (&self->tail);
  domuimg_exec_arg (self, program);
  return self;
}

static void
join (DomuimgExec *self)
{
  /* A program that still writes must not wait for us for ever. */
  domuimg_fd_clear (&self->out);
  if (self->thread != NULL)
    g_thread_join (g_steal_pointer (&self->thread));
}

void
domuimg_exec_drop_passed (DomuimgExec *self)
{
  for (guint i = 0; i < self->passed->len; i++)
    close (g_array_index (self->passed, int, i));
  g_array_set_size (self->passed, 0);
}

void
domuimg_exec_free (DomuimgExec *self)
{
  if (self == NULL)
    return;
  if (self->thread != NULL)
    g_cancellable_cancel (self->abandoned);
  join (self);
  domuimg_fd_clear (&self->err);
  domuimg_fd_clear (&self->pidfd);
  domuimg_exec_drop_passed (self);
  g_array_unref (self->passed);
  g_free (self->program);
  g_ptr_array_unref (self->argv);
  g_strfreev (self->envp);
  g_string_free (self->out_line, TRUE);
  g_string_free (self->err_line, TRUE);
  g_clear_pointer (&self->output, g_byte_array_unref);
  g_queue_clear_full (&self->tail, g_free);
  g_free (self->tail_text);
  g_clear_object (&self->cancellable);
  g_object_unref (self->abandoned);
  g_free (self);
}

void
domuimg_exec_arg (DomuimgExec *self, const char *arg)
{
  g_ptr_array_add (self->argv, g_strdup (arg));
}

void
domuimg_exec_argf (DomuimgExec *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->argv, g_strdup_vprintf (format, args));
  va_end (args);
}

char *
domuimg_exec_pass_fd (DomuimgExec *self, int fd)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  /* Without one, the program says that there is no such file. */
  if (copy >= 0)
    g_array_append_val (self->passed, copy);
  return g_strdup_printf ("/dev/fd/%d", copy);
}

void
domuimg_exec_setenv (DomuimgExec *self, const char *name, const char *value)
{
  self->envp = g_environ_setenv (self->envp, name, value, TRUE);
}

void
domuimg_exec_on_line (DomuimgExec *self, DomuimgExecLine callback, gpointer user_data)
{
  self->callback = callback;
  self->user_data = user_data;
}

void
domuimg_exec_stdin_fd (DomuimgExec *self, int fd)
{
  self->stdin_fd = fd;
}

const char *
domuimg_exec_get_tail (DomuimgExec *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (GList *link = self->tail.head; link != NULL; link = link->next)
    g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", (char *) link->data);
  g_free (self->tail_text);
  self->tail_text = g_string_free (g_steal_pointer (&text), FALSE);
  return self->tail_text;
}

static gboolean
fail_to_start (DomuimgExec *self, GError **error)
{
  return domuimg_set_errno (error, errno, "%s cannot be started", self->program);
}

static char *
find (DomuimgExec *self, GError **error)
{
  char *path = domuimg_find_program (self->program);
  const char *package = domuimg_package_of_program (self->program);

  if (path == NULL && package != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL, "%s is not installed: apt-get install %s",
                  self->program, package);
  else if (path == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL, "%s is not installed", self->program);
  return path;
}

static gboolean
spawn_with_fds (DomuimgExec *self, const char *path, int in, int out, int err, GError **error)
{
  g_ptr_array_add (self->argv, NULL);
  DomuimgSpawn child = { path, (char *const *) self->argv->pdata, self->envp, { in, out, err },
                         (const int *) (void *) self->passed->data, self->passed->len };
  self->pid = domuimg_spawn (&child);
  if (self->pid < 0)
    return fail_to_start (self, error);
  self->pidfd = (int) syscall (SYS_pidfd_open, self->pid, 0);
  return TRUE;
}

/* A pipe whose read end goes to @ours; the write end, or -1 with errno. */
static int
make_pipe (DomuimgFd *ours, gboolean blocking)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -1;
  *ours = ends[0];
  if (!blocking)
    fcntl (ends[0], F_SETFL, O_NONBLOCK);
  return ends[1];
}

static gboolean
spawn (DomuimgExec *self, GError **error)
{
  g_autofree char *path = find (self, error);

  if (path == NULL)
    return FALSE;
  g_auto (DomuimgFd) null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  g_auto (DomuimgFd) out = make_pipe (&self->out, self->use == STDOUT_STREAMED);
  g_auto (DomuimgFd) err = make_pipe (&self->err, FALSE);
  if (null < 0 || out < 0 || err < 0)
    return fail_to_start (self, error);
  int in = self->stdin_fd >= 0 ? self->stdin_fd : null;
  return spawn_with_fds (self, path, in, out, err, error);
}

/* The end of @text that is its last line. */
static const char *
last_line (const char *text)
{
  const char *newline = strrchr (text, '\n');

  return newline != NULL ? newline + 1 : text;
}

static gboolean
fail_with_tail (DomuimgExec *self, const char *how, GError **error)
{
  const char *tail = domuimg_exec_get_tail (self);
  const char *last = last_line (tail);

  if (tail[0] == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s %s and said nothing",
                         self->program, how);
  if (last == tail)
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s %s: %s", self->program, how, last);
  return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s %s: %s\n%s", self->program, how,
                       last, tail);
}

static gboolean
check_end (DomuimgExec *self, GError **error)
{
  g_autofree char *how = NULL;

  if (self->kill_time != 0 && g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (self->too_much)
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED,
                         "%s wrote more than %" G_GSIZE_FORMAT " bytes, and was stopped",
                         self->program, DOMUIMG_EXEC_OUTPUT_MAX);
  if (self->status == 0)
    return TRUE;
  if (self->status == -1)
    how = g_strdup ("ended with a status that is not known");
  else if (WIFSIGNALED (self->status))
    how = g_strdup_printf ("was ended by signal %d (%s)", WTERMSIG (self->status),
                           g_strsignal (WTERMSIG (self->status)));
  else
    how = g_strdup_printf ("failed with status %d", WEXITSTATUS (self->status));
  return fail_with_tail (self, how, error);
}

static gboolean
prepare (DomuimgExec *self, StdoutUse use, GCancellable *cancellable, GError **error)
{
  /* One object, one program. */
  g_return_val_if_fail (self->pid == 0, FALSE);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  self->use = use;
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  return TRUE;
}

static gboolean
run (DomuimgExec *self, StdoutUse use, GCancellable *cancellable, GError **error)
{
  if (!prepare (self, use, cancellable, error) || !spawn (self, error))
    return FALSE;
  domuimg_exec_supervise (self);
  return check_end (self, error);
}

gboolean
domuimg_exec_run (DomuimgExec *self, GCancellable *cancellable, GError **error)
{
  return run (self, STDOUT_LINES, cancellable, error);
}

GBytes *
domuimg_exec_output (DomuimgExec *self, GCancellable *cancellable, GError **error)
{
  self->output = g_byte_array_new ();
  if (!run (self, STDOUT_COLLECTED, cancellable, error))
    return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&self->output));
}

/* How starting went, from the thread that did it. */
typedef struct {
  DomuimgExec *exec;
  GAsyncQueue *answer;
  GError *error;
} Start;

/* The kernel ends the program when the thread that started it ends, so this one also stays
 * until the program has ended, whatever becomes of our caller's. */
static gpointer
start_and_supervise (gpointer data)
{
  Start *start = data;
  DomuimgExec *self = start->exec;
  g_autoptr (GAsyncQueue) answer = g_async_queue_ref (start->answer);
  gboolean started = spawn (self, &start->error);

  g_async_queue_push (answer, start); /* which is gone after this */
  if (started)
    domuimg_exec_supervise (self);
  return NULL;
}

int
domuimg_exec_start (DomuimgExec *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncQueue) answer = g_async_queue_new ();
  Start start = { self, answer, NULL };

  if (!prepare (self, STDOUT_STREAMED, cancellable, error))
    return -1;
  self->thread = domuimg_thread_start ("domuimg-exec", start_and_supervise, &start, error);
  if (self->thread == NULL)
    return -1;
  g_async_queue_pop (answer);
  if (start.error == NULL)
    return self->out;
  join (self);
  g_propagate_error (error, start.error);
  return -1;
}

gboolean
domuimg_exec_finish (DomuimgExec *self, GError **error)
{
  join (self);
  return check_end (self, error);
}
