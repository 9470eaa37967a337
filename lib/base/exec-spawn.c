/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/exec-spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/fd.h"

/* Only async-signal-safe calls from here on to the end of become (): other threads of ours
 * may have held any lock at the time of the fork. */

void
domuimg_reset_signals (void)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t none;

  /* Ignored signals would stay so: Python ignores SIGPIPE, and then no pipeline ends. */
  for (int number = 1; number < NSIG; number++)
    sigaction (number, &action, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* The descriptors are above 2 (see raise_fds), so none is overwritten before its turn. */
static gboolean
place_fds (const DomuimgSpawn *self, const int fds[3])
{
  for (int i = 0; i < 3; i++)
    if (dup2 (fds[i], i) < 0)
      return FALSE;
  /* Ours are marked already; this is for those of whoever uses the library. Kernels before
   * Linux 5.11 do not have it. */
  syscall (SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (guint i = 0; i < self->n_passed; i++)
    if (fcntl (self->passed[i], F_SETFD, 0) < 0)
      return FALSE;
  return TRUE;
}

static void G_GNUC_NORETURN
become (const DomuimgSpawn *self, const int fds[3], pid_t parent, int report)
{
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  /* The parent may have died before that. */
  if (getppid () == parent)
    {
      domuimg_reset_signals ();
      if (place_fds (self, fds))
        execve (self->path, self->argv, self->envp);
    }
  int saved_errno = errno;
  gssize written = write (report, &saved_errno, sizeof saved_errno);
  _exit (written < 0 ? 126 : 127);
}

/* Copies above those that the child's dup2 calls write to. */
static gboolean
raise_fds (const int fds[3], DomuimgFd raised[3])
{
  for (int i = 0; i < 3; i++)
    {
      raised[i] = fcntl (fds[i], F_DUPFD_CLOEXEC, 3);
      if (raised[i] < 0)
        return FALSE;
    }
  return TRUE;
}

/* No handler of ours may run in the child before its signals are reset. */
static pid_t
fork_and_become (const DomuimgSpawn *self, const int fds[3], int report)
{
  sigset_t all, old;
  pid_t parent = getpid ();

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &old);
  pid_t pid = fork ();
  if (pid == 0)
    become (self, fds, parent, report);
  int saved_errno = errno;
  pthread_sigmask (SIG_SETMASK, &old, NULL);
  errno = saved_errno;
  return pid;
}

/* The pipe closes on a successful execve, else it brings the errno. */
static pid_t
await_exec (pid_t pid, int report)
{
  int child_errno;
  gssize got;

  do
    got = read (report, &child_errno, sizeof child_errno);
  while (got < 0 && errno == EINTR);
  if (got == 0)
    return pid;
  /* Without its errno it may be at work already, and nobody would end it. */
  if (got != sizeof child_errno)
    kill (-pid, SIGKILL);
  while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
  errno = got == sizeof child_errno ? child_errno : EIO;
  return -1;
}

pid_t
domuimg_spawn (const DomuimgSpawn *self)
{
  DomuimgFd raised[3] = { -1, -1, -1 };
  int report[2];
  pid_t pid = -1;

  if (pipe2 (report, O_CLOEXEC) < 0)
    return -1;
  g_auto (DomuimgFd) report_in = report[0];
  g_auto (DomuimgFd) report_out = fcntl (report[1], F_DUPFD_CLOEXEC, 3);
  close (report[1]);
  if (report_out >= 0 && raise_fds (self->fds, raised))
    pid = fork_and_become (self, raised, report_out);
  for (int i = 0; i < 3; i++)
    domuimg_fd_clear (&raised[i]);
  domuimg_fd_clear (&report_out);
  if (pid < 0)
    return -1;
  /* Also here, so that it is so whichever of the two runs first. */
  setpgid (pid, pid);
  return await_exec (pid, report_in);
}
