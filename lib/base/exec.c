/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs programs by their arguments, never by a shell: output, standard error, cancellation. */
#include "config.h"
#include "lib/base/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/exec-spawn.h"
#include "lib/base/fd.h"
#include "lib/base/thread.h"

#define TAIL_LINES 20
#define LINE_MAX_BYTES ((gsize) 64 * 1024)
#define OUTPUT_MAX_BYTES ((gsize) 256 * 1024 * 1024)
/* How long a program that was asked to end may take to clean up. */
#define GRACE_USEC (3 * G_USEC_PER_SEC)
/* How often a kernel without pidfd_open(2) is asked whether the program has ended. */
#define POLL_MSEC 20

typedef enum {
  STDOUT_LINES,
  STDOUT_COLLECTED,
  STDOUT_STREAMED, /* to our caller; a thread of ours does the rest */
} StdoutUse;

struct _DomuimgExec {
  char *program;
  GPtrArray *argv; /* without the NULL at its end */
  char **envp;
  DomuimgExecLine callback;
  gpointer user_data;
  int stdin_fd;
  GArray *passed; /* of int: what else it inherits */

  StdoutUse use;
  DomuimgFd out;
  DomuimgFd err;
  GString *out_line; /* not yet ended */
  GString *err_line;
  GByteArray *output;
  GQueue tail; /* (element-type utf8) */
  char *tail_text;

  GCancellable *cancellable; /* (nullable) the caller's */
  GCancellable *abandoned;   /* by ourselves */
  GThread *thread;
  pid_t pid;
  DomuimgFd pidfd;
  gint64 kill_time; /* when SIGKILL is due; 0: it was not told to end */
  gboolean too_much;
  int status; /* as waitpid(2) gives it; -1: it is not known */
};

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

static void
end_line (DomuimgExec *self, GString *line)
{
  if (line->len == 0)
    return;
  g_autofree char *text = g_utf8_make_valid (line->str, (gssize) line->len);
  g_string_truncate (line, 0);
  if (self->callback != NULL)
    self->callback (text, self->user_data);
  if (line != self->err_line)
    return;
  g_queue_push_tail (&self->tail, g_steal_pointer (&text));
  if (self->tail.length > TAIL_LINES)
    g_free (g_queue_pop_head (&self->tail));
}

static void
take_lines (DomuimgExec *self, GString *line, const char *data, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      if (data[i] == '\n' || data[i] == '\r' || line->len >= LINE_MAX_BYTES)
        end_line (self, line);
      if (data[i] != '\n' && data[i] != '\r')
        g_string_append_c (line, data[i]);
    }
}

static void
take_output (DomuimgExec *self, const char *data, gsize length)
{
  if (self->use == STDOUT_LINES)
    take_lines (self, self->out_line, data, length);
  else if (self->output->len + length > OUTPUT_MAX_BYTES)
    self->too_much = TRUE;
  else
    g_byte_array_append (self->output, (const guint8 *) data, (guint) length);
}

/* Reads once from the pipe, closing it at its end. FALSE where nothing is left for now. */
static gboolean
pump (DomuimgExec *self, DomuimgFd *fd)
{
  char buffer[16384];
  gssize got;

  if (*fd < 0)
    return FALSE;
  do
    got = read (*fd, buffer, sizeof buffer);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN)
    return FALSE;
  if (got <= 0)
    domuimg_fd_clear (fd);
  else if (fd == &self->err)
    take_lines (self, self->err_line, buffer, (gsize) got);
  else
    take_output (self, buffer, (gsize) got);
  return got > 0;
}

static void
tell_to_end (DomuimgExec *self)
{
  if (self->kill_time != 0)
    return;
  self->kill_time = g_get_monotonic_time () + GRACE_USEC;
  kill (-self->pid, SIGTERM);
}

static int
poll_timeout (DomuimgExec *self)
{
  if (self->pidfd < 0)
    return POLL_MSEC;
  if (self->kill_time == 0 || self->kill_time == G_MAXINT64)
    return -1;
  gint64 left = self->kill_time - g_get_monotonic_time ();
  return left > 0 ? (int) (left / 1000) + 1 : 0;
}

static gboolean
has_ended (DomuimgExec *self)
{
  siginfo_t info = { 0 };

  /* It stays a zombie for now, so that its number remains that of its group. */
  if (waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
    return errno != EINTR;
  return info.si_pid != 0;
}

static void
reap (DomuimgExec *self)
{
  /* What it started in its group and did not wait for. */
  kill (-self->pid, SIGKILL);
  int got;
  do
    got = waitpid (self->pid, &self->status, 0);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    self->status = -1; /* somebody ignores SIGCHLD, or waits for all children */
  domuimg_fd_clear (&self->pidfd);
}

static int
cancel_fd (GCancellable *cancellable)
{
  GPollFD poll_fd;

  return cancellable != NULL && g_cancellable_make_pollfd (cancellable, &poll_fd) ? poll_fd.fd
                                                                                  : -1;
}

/* What the program says and whether it has ended or is to end, until it has. */
static void
watch (DomuimgExec *self, int cancelled, int abandoned)
{
  gboolean streamed = self->use == STDOUT_STREAMED;

  while (!has_ended (self))
    {
      /* poll(2) ignores descriptors that are -1. */
      struct pollfd fds[] = {
        { .fd = self->err, .events = POLLIN },
        { .fd = streamed ? -1 : self->out, .events = POLLIN },
        { .fd = self->pidfd, .events = POLLIN },
        { .fd = self->kill_time == 0 ? cancelled : -1, .events = POLLIN },
        { .fd = self->kill_time == 0 ? abandoned : -1, .events = POLLIN },
      };
      if (poll (fds, G_N_ELEMENTS (fds), poll_timeout (self)) < 0)
        continue;
      if (fds[0].revents != 0)
        pump (self, &self->err);
      if (fds[1].revents != 0)
        pump (self, &self->out);
      if (fds[3].revents != 0 || fds[4].revents != 0 || self->too_much)
        tell_to_end (self);
      if (self->kill_time != 0 && g_get_monotonic_time () >= self->kill_time)
        {
          kill (-self->pid, SIGKILL);
          self->kill_time = G_MAXINT64;
        }
    }
}

static void
supervise (DomuimgExec *self)
{
  int cancelled = cancel_fd (self->cancellable);

  watch (self, cancelled, cancel_fd (self->abandoned));
  if (cancelled >= 0)
    g_cancellable_release_fd (self->cancellable);
  g_cancellable_release_fd (self->abandoned);
  reap (self);
  while (pump (self, &self->err))
    ;
  while (self->use != STDOUT_STREAMED && !self->too_much && pump (self, &self->out))
    ;
  end_line (self, self->err_line);
  end_line (self, self->out_line);
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
                         self->program, OUTPUT_MAX_BYTES);
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
  supervise (self);
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
    supervise (self);
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
