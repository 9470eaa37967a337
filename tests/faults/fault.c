/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault [--at WHO:KIND:N=ACTION] [--disturb FILE] REPORT PROGRAM ARGUMENT...: runs a program and all
 * that it starts, and lets something happen at the N-th system call of a kind; without --at it counts
 * the calls. README.md says what WHO, KIND and ACTION are, and what is in REPORT. */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "fault.h"

#define OPTIONS                                                                                   \
  (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK          \
   | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
/* <linux/ptrace.h>, which has it, too, cannot be included beside <sys/ptrace.h>. */
#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
/* How long what was started may live on when the program has ended. */
#define PATIENCE (10 * G_TIME_SPAN_SECOND)

/* Only these calls stop: everything else runs as fast as ever. */
static gboolean
load_filter (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  gboolean ok = filter != NULL;

  for (guint i = 0; ok && i < n_kinds; i++)
    for (const int *number = kinds[i].numbers; ok && *number >= 0; number++)
      ok = seccomp_rule_add (filter, SCMP_ACT_TRACE (i), *number, 0) == 0;
  ok = ok && seccomp_load (filter) == 0;
  seccomp_release (filter);
  return ok;
}

static pid_t
start (char **argv)
{
  pid_t pid = fork ();

  if (pid != 0)
    return pid;
  /* Until it is traced. */
  raise (SIGSTOP);
  if (load_filter ())
    execv (argv[0], argv);
  fprintf (stderr, "fault: starting %s: %s\n", argv[0], strerror (errno));
  _exit (126);
}

static void
resume (Tracee *tracee, int number)
{
  ptrace (tracee->at_exit ? PTRACE_SYSCALL : PTRACE_CONT, tracee->tid, NULL, number);
}

static void
on_exec (Fault *self, Tracee *tracee)
{
  self->started = TRUE;
  tracee->at_exit = FALSE;
  tracee_look (tracee, self->program);
}

/* Which signal to go on with. */
static int
on_event (Fault *self, Tracee *tracee, int event)
{
  if (event == PTRACE_EVENT_SECCOMP)
    fault_on_call (self, tracee);
  else if (event == PTRACE_EVENT_EXEC)
    on_exec (self, tracee);
  return 0;
}

static void
on_stop (Fault *self, Tracee *tracee, int status)
{
  int number = WSTOPSIG (status);
  int event = status >> 16;

  if (self->is_done && self->action == KILL)
    kill (tracee->tid, SIGKILL);
  if (event == PTRACE_EVENT_STOP && number != SIGTRAP)
    {
      ptrace (PTRACE_LISTEN, tracee->tid, NULL, NULL);
      return;
    }
  if (event != 0)
    number = on_event (self, tracee, event);
  else if (number == (SIGTRAP | 0x80))
    {
      fault_on_return (tracee);
      number = 0;
    }
  if (tracee->tid != self->held)
    resume (tracee, number);
}

static void
on_end (Fault *self, pid_t tid, int status)
{
  g_hash_table_remove (self->tracees, GINT_TO_POINTER (tid));
  if (tid != self->main)
    return;
  self->main_ended = TRUE;
  self->main_status = status;
  self->until = g_get_monotonic_time () + PATIENCE;
}

static void
pause_for_a_moment (void)
{
  const struct timespec moment = { 0, 5000000 };
  sigset_t children;

  sigemptyset (&children);
  sigaddset (&children, SIGCHLD);
  sigtimedwait (&children, NULL, &moment);
}

static void
release (Fault *self)
{
  Tracee *tracee = g_hash_table_lookup (self->tracees, GINT_TO_POINTER (self->held));

  self->held = 0;
  if (tracee != NULL)
    resume (tracee, 0);
}

static void
tell_who_is_left (Fault *self)
{
  GHashTableIter iter;
  gpointer tid;

  g_hash_table_iter_init (&iter, self->tracees);
  while (g_hash_table_iter_next (&iter, &tid, NULL))
    {
      g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", GPOINTER_TO_INT (tid));
      g_autofree char *name = NULL;

      g_file_get_contents (path, &name, NULL, NULL);
      fprintf (self->report, "left %s\n", name);
    }
}

static void
watch (Fault *self)
{
  while (TRUE)
    {
      int status;
      pid_t tid = waitpid (-1, &status, __WALL | WNOHANG);
      gboolean is_late = g_get_monotonic_time () > self->until;

      if (tid < 0)
        return;
      if (self->held != 0 && is_late)
        release (self);
      else if (self->main_ended && is_late)
        return;
      if (tid == 0)
        pause_for_a_moment ();
      else if (WIFSTOPPED (status))
        on_stop (self, tracees_get (self->tracees, tid, self->program), status);
      else
        on_end (self, tid, status);
    }
}

static void
tell_counts (Fault *self)
{
  static const char *const who[] = { "self", "tool" };

  for (guint kind = 0; kind < n_kinds; kind++)
    for (int tool = 0; tool < 2; tool++)
      if (self->counts[kind][tool][0] > 0)
        fprintf (self->report, "count %s %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                 who[tool], kinds[kind].name, self->counts[kind][tool][0],
                 self->counts[kind][tool][1]);
}

static void
begin (Fault *self, char **argv)
{
  sigset_t children;

  sigemptyset (&children);
  sigaddset (&children, SIGCHLD);
  self->main = start (argv);
  sigprocmask (SIG_BLOCK, &children, NULL);
  if (self->main < 0 || waitpid (self->main, NULL, WUNTRACED) != self->main
      || ptrace (PTRACE_SEIZE, self->main, NULL, OPTIONS) != 0)
    {
      fprintf (stderr, "fault: tracing %s: %s\n", argv[0], strerror (errno));
      kill (self->main, SIGKILL);
      exit (125);
    }
  tracees_get (self->tracees, self->main, self->program);
  kill (self->main, SIGCONT);
}

int
main (int argc, char **argv)
{
  Fault self = { .action = COUNT, .kind = -1, .disturbed = -1 };
  g_autofree char *program = NULL;

  for (; argc > 2 && g_str_has_prefix (argv[1], "--"); argc -= 2, argv += 2)
    fault_parse_option (&self, argv[1], argv[2]);
  if (argc < 3 || n_kinds > G_N_ELEMENTS (self.counts))
    fault_usage ("no report or no program");
  program = realpath (argv[2], NULL);
  self.program = program;
  self.report = fopen (argv[1], "we");
  if (program == NULL || self.report == NULL)
    fault_usage (strerror (errno));
  self.tracees = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  begin (&self, argv + 2);
  watch (&self);
  tell_who_is_left (&self);
  tell_counts (&self);
  fclose (self.report);
  g_hash_table_unref (self.tracees);
  if (WIFSIGNALED (self.main_status))
    return 128 + WTERMSIG (self.main_status);
  return WEXITSTATUS (self.main_status);
}
