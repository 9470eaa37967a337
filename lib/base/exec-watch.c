/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks after a program that runs: what it says, whether it has ended, or is to end. */
#include "config.h"
#include "lib/base/exec-private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAIL_LINES 20
#define LINE_MAX_BYTES ((gsize) 64 * 1024)
/* How long a program that was asked to end may take to clean up. */
#define GRACE_USEC (3 * G_USEC_PER_SEC)
/* How often a kernel without pidfd_open(2) is asked whether the program has ended. */
#define POLL_MSEC 20

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
  else if (self->output->len + length > DOMUIMG_EXEC_OUTPUT_MAX)
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

void
domuimg_exec_supervise (DomuimgExec *self)
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
