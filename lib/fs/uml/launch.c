/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes from User-mode Linux what it does not need, and starts it. */
#include "config.h"
#include "lib/fs/uml/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"

#ifdef HAVE_LANDLOCK
#include <linux/landlock.h>
#endif

#define LAST_CAPABILITY 63

#ifdef HAVE_LANDLOCK

#define READ_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN (READ_FILES | LANDLOCK_ACCESS_FS_EXECUTE)
#define WRITE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define OF_FILES (WRITE | LANDLOCK_ACCESS_FS_EXECUTE)

/* What the program needs to start, and what it asks of the machine. */
static const struct {
  const char *path;
  guint64 rights;
} shared[] = {
  { "/lib", RUN },
  { "/lib64", RUN },
  { "/usr/lib", RUN },
  { "/usr/lib64", RUN },
  { "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE },
  { "/proc/cpuinfo", LANDLOCK_ACCESS_FS_READ_FILE },
  { "/dev/null", WRITE },
  { "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE },
  { "/dev/random", LANDLOCK_ACCESS_FS_READ_FILE },
};

/* What does not exist needs no rule. */
static gboolean
allow (int rules, const char *path, guint64 rights)
{
  g_auto (DomuimgFd) fd = open (path, O_PATH | O_CLOEXEC);
  struct landlock_path_beneath_attr rule = { rights, fd };

  return fd < 0
         || syscall (SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

static gboolean
allow_given (int rules, char **numbers)
{
  for (; *numbers != NULL && !g_str_equal (*numbers, "--"); numbers++)
    {
      struct landlock_path_beneath_attr rule = { WRITE, atoi (*numbers) };

      /* Files in memory only are in no directory, and free for those that have them. */
      if (syscall (SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0
          && errno != EBADFD)
        return FALSE;
    }
  return TRUE;
}

/* Linux's Documentation/userspace-api/landlock.rst: what is handled and named by no rule is refused. */
static gboolean
take_files (const char *memory, char **numbers, const char *program)
{
  const struct landlock_ruleset_attr all
      = { .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };
  g_auto (DomuimgFd) rules
      = (int) syscall (SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);
  gboolean ok = rules >= 0;

  for (guint i = 0; ok && i < G_N_ELEMENTS (shared); i++)
    ok = allow (rules, shared[i].path, shared[i].rights)
         || (errno == EINVAL && allow (rules, shared[i].path, shared[i].rights & OF_FILES));
  ok = ok && allow (rules, program, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)
       && allow (rules, memory, OF_FILES | LANDLOCK_ACCESS_FS_MAKE_REG
                                    | LANDLOCK_ACCESS_FS_REMOVE_FILE)
       && allow_given (rules, numbers);
  return ok && syscall (SYS_landlock_restrict_self, rules, 0) == 0;
}

#else

static gboolean
take_files (const char *memory, char **numbers, const char *program)
{
  return FALSE;
}

#endif

/* root's number alone, where it is kept, would give them to what is started. What is left opens the
 * disk, whoever owns it. */
static void
drop_capabilities (void)
{
  for (int i = 0; i <= LAST_CAPABILITY; i++)
    if (i != CAP_DAC_OVERRIDE)
      prctl (PR_CAPBSET_DROP, i, 0, 0, 0);
}

/* The network and what processes share; and with its own numbers of processes, all that it has
 * started ends with the first of them. An older kernel, or one that allows nobody else to, has us
 * end them (end_all). */
static void
leave_namespaces (void)
{
  int flags = CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWPID;

  if (unshare (geteuid () == 0 ? flags : flags | CLONE_NEWUSER) != 0)
    unshare (CLONE_NEWNET | CLONE_NEWUSER);
}

static const char *memory_directory;

/* Whoever started us has died, and cannot remove it. */
static void
end_all (int signal_number)
{
  rmdir (memory_directory);
  kill (0, SIGKILL);
  _exit (1);
}

static int
wait_for (pid_t child)
{
  int status = 0;
  pid_t ended;

  do
    ended = wait (&status);
  while (ended != child && (ended >= 0 || errno == EINTR));
  if (ended != child || WIFSIGNALED (status))
    return 1;
  return WEXITSTATUS (status);
}

/* The first process of its own numbers takes up those that have lost their parents. */
static int
run (char **program)
{
  pid_t child = fork ();

  if (child < 0)
    return 1;
  if (child > 0)
    return wait_for (child);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  execv (program[0], program);
  _exit (127);
}

static void
limit (int what, rlim_t to)
{
  const struct rlimit value = { to, to };

  setrlimit (what, &value);
}

int
domuimg_uml_launch (int argc, char **argv)
{
  char **numbers = argv + 1, **program = numbers;
  pid_t child;

  while (*program != NULL && !g_str_equal (*program, "--"))
    program++;
  if (argc < 3 || *program == NULL || *++program == NULL)
    return 2;
  memory_directory = argv[0];
  signal (SIGTERM, end_all);
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  limit (RLIMIT_CORE, 0);
  leave_namespaces ();
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return 1;
  drop_capabilities ();
  take_files (argv[0], numbers, program[0]);
  child = fork ();
  if (child < 0)
    return 1;
  if (child > 0)
    return wait_for (child);
  signal (SIGTERM, SIG_DFL);
  /* In its own numbers of processes, the parent's is 0. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  return run (program);
}
