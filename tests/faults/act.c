/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens at a system call. */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <unistd.h>

#include "calls.h"
#include "fault.h"

#define LOADER_SIZE 0x40000
#define DELAY (50 * G_TIME_SPAN_MILLISECOND)

static guint64 *
argument_of (struct user_regs_struct *registers, int index)
{
  unsigned long long *places[] = { &registers->rdi, &registers->rsi, &registers->rdx,
                                   &registers->r10, &registers->r8,  &registers->r9 };

  return (guint64 *) places[index];
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
    fault_usage (strerror (errno));
}

static gboolean
is_loaders (const Tracee *tracee, const struct user_regs_struct *registers)
{
  return tracee->loader != 0 && registers->rip >= tracee->loader
         && registers->rip < tracee->loader + LOADER_SIZE;
}

void
fault_on_call (Fault *self, Tracee *tracee)
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
  if (call_is_transfer (registers.orig_rax)
      && (tracee->is_tool ? !tracee_has_file (tracee, registers.rdi) : tracee_has_event (tracee, registers.rdi)))
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

void
fault_on_return (Tracee *tracee)
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
