/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault [--at WHO:KIND:N=ACTION] [--disturb FILE] REPORT PROGRAM ARGUMENT...: runs a program and all
 * that it starts, and lets something happen at the N-th system call of a kind; without --at it counts
 * the calls. README.md says what WHO, KIND and ACTION are, and what is in REPORT. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "tracees.h"

#define OPTIONS                                                                                   \
  (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK          \
   | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
/* <linux/ptrace.h>, which has it, too, cannot be included beside <sys/ptrace.h>. */
#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif
#define LOADER_SIZE 0x40000
#define DELAY (50 * G_TIME_SPAN_MILLISECOND)
/* How long what was started may live on when the program has ended. */
#define PATIENCE (10 * G_TIME_SPAN_SECOND)

typedef enum { COUNT, KILL, KILL_MAIN, FAIL, SHORTEN, WAIT, DROP } Action;

static const struct {
  const char *name;
  Action action;
  int error;
} actions[] = {
  { "kill", KILL, 0 },          { "kill-main", KILL_MAIN, 0 }, { "short", SHORTEN, 0 },
  { "delay", WAIT, 0 },         { "drop", DROP, 0 },           { "ENOSPC", FAIL, ENOSPC },
  { "EMFILE", FAIL, EMFILE },   { "ENOMEM", FAIL, ENOMEM },    { "EACCES", FAIL, EACCES },
  { "EAGAIN", FAIL, EAGAIN },   { "EINTR", FAIL, EINTR },      { "EIO", FAIL, EIO },
};

typedef struct {
  const char *program; /* its real path */
  FILE *report;
  GHashTable *tracees;
  pid_t main;
  int main_status;
  gboolean main_ended;
  gboolean started; /* the program has taken the place of this one */

  Action action;
  int error;
  int kind;
  gboolean self, tools; /* whose calls are counted */
  guint64 wanted, seen;
  gboolean is_done;
  int disturbed; /* a file that is synced before the calls that change names; -1: none */
  pid_t held; /* who waits until @until */
  gint64 until;

  guint64 counts[64][2][2]; /* of each kind, in program and tools, all and those with a count */
} Fault;

static void
usage (const char *why)
{
  fprintf (stderr, "fault: %s\nusage: fault [--at WHO:KIND:N=ACTION] [--disturb FILE] REPORT PROGRAM"
                   " ARGUMENT...\n", why);
  exit (2);
}

static void
parse_action (Fault *self, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (g_str_equal (actions[i].name, name))
      {
        self->action = actions[i].action;
        self->error = actions[i].error;
        return;
      }
  usage ("no such action");
}

static void
parse_point (Fault *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit_set (text, ":=", -1);

  if (g_strv_length (parts) != 4)
    usage ("a point is WHO:KIND:N=ACTION");
  self->self = !g_str_equal (parts[0], "tool");
  self->tools = !g_str_equal (parts[0], "self");
  self->kind = kind_find (parts[1]);
  self->wanted = g_ascii_strtoull (parts[2], NULL, 10);
  if (self->kind < 0 || self->wanted == 0)
    usage ("no such kind, or a number that is not one");
  parse_action (self, parts[3]);
}

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

static guint64 *
argument_of (struct user_regs_struct *registers, int index)
{
  unsigned long long *places[] = { &registers->rdi, &registers->rsi, &registers->rdx,
                                   &registers->r10, &registers->r8,  &registers->r9 };

  return (guint64 *) places[index];
}

static void
resume (Tracee *tracee, int number)
{
  ptrace (tracee->at_exit ? PTRACE_SYSCALL : PTRACE_CONT, tracee->tid, NULL, number);
}

static void
fail_call (Fault *self, Tracee *tracee, struct user_regs_struct *registers)
{
  /* A descriptor is closed even where close() fails. */
  if (g_str_equal (kinds[self->kind].name, "close"))
    {
      tracee->at_exit = TRUE;
      tracee->result = -self->error;
      return;
    }
  registers->orig_rax = -1;
  registers->rax = -self->error;
  ptrace (PTRACE_SETREGS, tracee->tid, NULL, registers);
}

/* The count is put back when the call returns: compilers rely on it. */
static void
shorten_call (Tracee *tracee, struct user_regs_struct *registers, int index)
{
  guint64 *count = argument_of (registers, index);

  tracee->at_exit = TRUE;
  tracee->restore_register = index;
  tracee->restore_value = *count;
  *count /= 2;
  ptrace (PTRACE_SETREGS, tracee->tid, NULL, registers);
}

static void
tell (Fault *self, const Tracee *tracee, struct user_regs_struct *registers)
{
  guint64 arguments[6];
  g_autofree char *about = NULL;
  g_autofree char *name = seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, registers->orig_rax);

  for (int i = 0; i < 6; i++)
    arguments[i] = *argument_of (registers, i);
  about = tracee_describe (tracee, registers->orig_rax, arguments);
  fprintf (self->report, "at %s %s\n", name, about);
  fflush (self->report);
}

static void
act (Fault *self, Tracee *tracee, struct user_regs_struct *registers, int index)
{
  self->is_done = TRUE;
  tell (self, tracee, registers);
  switch (self->action)
    {
    case KILL:
      tracees_kill (self->tracees);
      break;
    case KILL_MAIN:
      kill (self->main, SIGKILL);
      break;
    case FAIL:
    case DROP:
      fail_call (self, tracee, registers);
      break;
    case SHORTEN:
      shorten_call (tracee, registers, index);
      break;
    case WAIT:
      self->held = tracee->tid;
      self->until = g_get_monotonic_time () + DELAY;
      break;
    default:
      break;
    }
}

/* A filesystem that writes out its metadata just then, and no data of other files, is one that may be
 * met: the kernel's own timer does the same. */
static void
disturb (Fault *self, guint kind)
{
  static const char *const disturbed[] = { "open", "rename", "unlink", "mkdir", "sync", NULL };

  if (self->disturbed < 0 || !g_strv_contains (disturbed, kinds[kind].name))
    return;
  if (pwrite (self->disturbed, &kind, sizeof kind, 0) < 0 || fsync (self->disturbed) != 0)
    usage (strerror (errno));
}

static gboolean
is_loaders (const Tracee *tracee, const struct user_regs_struct *registers)
{
  return tracee->loader != 0 && registers->rip >= tracee->loader
         && registers->rip < tracee->loader + LOADER_SIZE;
}

static void
on_call (Fault *self, Tracee *tracee)
{
  struct user_regs_struct registers;
  unsigned long kind;
  gboolean has_count;
  int index;

  if (!self->started || ptrace (PTRACE_GETEVENTMSG, tracee->tid, NULL, &kind) != 0
      || ptrace (PTRACE_GETREGS, tracee->tid, NULL, &registers) != 0
      || is_loaders (tracee, &registers))
    return;
  /* How tools talk to themselves and to the kernel is their own affair: a FUSE request that is never
   * answered waits for ever. */
  if (tracee->is_tool && call_is_transfer (registers.orig_rax) && !tracee_has_file (tracee, registers.rdi))
    return;
  disturb (self, kind);
  index = call_get_count (registers.orig_rax);
  has_count = index >= 0 && *argument_of (&registers, index) > 1;
  self->counts[kind][tracee->is_tool][0]++;
  self->counts[kind][tracee->is_tool][1] += has_count;
  if (self->action == COUNT || self->is_done || (int) kind != self->kind
      || !(tracee->is_tool ? self->tools : self->self)
      || (self->action == SHORTEN && !has_count) || ++self->seen != self->wanted)
    return;
  act (self, tracee, &registers, index);
}

static void
on_return (Tracee *tracee)
{
  struct user_regs_struct registers;

  tracee->at_exit = FALSE;
  if (ptrace (PTRACE_GETREGS, tracee->tid, NULL, &registers) != 0)
    return;
  if (tracee->restore_register >= 0)
    *argument_of (&registers, tracee->restore_register) = tracee->restore_value;
  if (tracee->result != 0)
    registers.rax = tracee->result;
  tracee->restore_register = -1;
  tracee->result = 0;
  ptrace (PTRACE_SETREGS, tracee->tid, NULL, &registers);
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
    on_call (self, tracee);
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
      on_return (tracee);
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

static void
parse_option (Fault *self, const char *option, const char *value)
{
  if (g_str_equal (option, "--at"))
    parse_point (self, value);
  else if (g_str_equal (option, "--disturb"))
    self->disturbed = open (value, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  else
    usage ("no such option");
}

int
main (int argc, char **argv)
{
  Fault self = { .action = COUNT, .kind = -1, .disturbed = -1 };
  g_autofree char *program = NULL;

  for (; argc > 2 && g_str_has_prefix (argv[1], "--"); argc -= 2, argv += 2)
    parse_option (&self, argv[1], argv[2]);
  if (argc < 3 || n_kinds > G_N_ELEMENTS (self.counts))
    usage ("no report or no program");
  program = realpath (argv[2], NULL);
  self.program = program;
  self.report = fopen (argv[1], "we");
  if (program == NULL || self.report == NULL)
    usage (strerror (errno));
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
