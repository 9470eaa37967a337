/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts the application as its user, with its environment and in its directory. */
#define _GNU_SOURCE
#include "cli/init/service.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/init/say.h"

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* What a shell says of a program that cannot be started. */
#define STATUS_NOT_STARTED 127

struct owner {
  uid_t uid;
  gid_t gid;
  gid_t *groups;
  int n_groups;
  const char *home;
};

/* Digits alone. The largest number is no user's: the kernel's calls mean "as it is" by it. */
static bool
read_number (const char *text, unsigned *number)
{
  unsigned long long value = 0;

  if (*text == '\0')
    return false;
  for (; *text != '\0'; text++)
    {
      if (*text < '0' || *text > '9')
        return false;
      value = value * 10 + (unsigned) (*text - '0');
      if (value >= UINT_MAX)
        return false;
    }
  *number = (unsigned) value;
  return true;
}

static bool
find_group (const char *text, gid_t *gid)
{
  const struct group *group = getgrnam (text);

  if (group != NULL)
    *gid = group->gr_gid;
  return group != NULL || read_number (text, gid);
}

/* All of them: @user NULL has only its own. */
static bool
list_groups (const struct passwd *user, struct owner *owner)
{
  int count = 0;

  if (user != NULL)
    getgrouplist (user->pw_name, user->pw_gid, NULL, &count);
  owner->groups = calloc ((size_t) count + 1, sizeof *owner->groups);
  owner->n_groups = count;
  if (owner->groups == NULL)
    return false;
  if (user != NULL)
    return getgrouplist (user->pw_name, user->pw_gid, owner->groups, &owner->n_groups) >= 0;
  owner->groups[0] = owner->gid;
  owner->n_groups = 1;
  return true;
}

/* A number without a line in passwd is a user, too. */
static bool
find_user (const char *text, struct owner *owner)
{
  char name[256];
  const char *colon = strchr (text, ':');
  unsigned number = 0;
  const struct passwd *user;

  snprintf (name, sizeof name, "%.*s", (int) strcspn (text, ":"), text);
  user = getpwnam (name);
  if (user == NULL && !read_number (name, &number))
    return false;
  if (user == NULL)
    user = getpwuid (number);
  *owner = (struct owner){ .uid = user != NULL ? user->pw_uid : number, .home = "/" };
  if (user != NULL)
    {
      owner->gid = user->pw_gid;
      owner->home = strdup (user->pw_dir);
    }
  if (colon != NULL && find_group (colon + 1, &owner->gid))
    user = NULL;
  else if (colon != NULL)
    return false;
  return list_groups (user, owner);
}

/* A daemon opens /dev/stdout by its name, which only the terminal's owner may. */
static bool
become (const struct owner *owner)
{
  if (fchown (STDOUT_FILENO, owner->uid, owner->gid) != 0)
    say_errno ("giving the console to the application");
  return setgroups ((size_t) owner->n_groups, owner->groups) == 0 && setgid (owner->gid) == 0
         && setuid (owner->uid) == 0;
}

static void
set_environment (const struct config *config, const struct owner *owner)
{
  clearenv ();
  setenv ("PATH", PATH_DEFAULT, 1);
  setenv ("HOME", owner->home, 1);
  setenv ("TERM", "vt100", 1);
  if (config->hostname != NULL)
    setenv ("HOSTNAME", config->hostname, 1);
  for (size_t i = 0; i < config->n_env; i++)
    putenv ((char *) config->env[i]);
}

static void
reset_signals (void)
{
  sigset_t none;

  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

static void
use_no_input (void)
{
  int fd = open ("/dev/null", O_RDONLY);

  if (fd >= 0)
    dup2 (fd, STDIN_FILENO);
  if (fd > STDERR_FILENO)
    close (fd);
}

/* The directory with all above it. What cannot be made, going there says. */
static void
make_directories (const char *path)
{
  char part[PATH_MAX];

  for (size_t i = 1; path[0] != '\0' && i < sizeof part; i++)
    {
      if (path[i] != '/' && path[i] != '\0')
        continue;
      memcpy (part, path, i);
      part[i] = '\0';
      mkdir (part, 0755);
      if (path[i] == '\0')
        return;
    }
}

static void __attribute__ ((noreturn))
run (const struct config *config)
{
  struct owner owner;

  reset_signals ();
  setsid ();
  use_no_input ();
  if (!find_user (config->user != NULL ? config->user : "0", &owner))
    {
      say ("the user %s is not in the guest", config->user);
      _exit (STATUS_NOT_STARTED);
    }
  set_environment (config, &owner);
  make_directories (config->directory);
  if (chdir (config->directory) != 0)
    say_errno ("going to %s", config->directory);
  else if (!become (&owner))
    say_errno ("becoming the user %s", config->user);
  else
    {
      execvp (config->argv[0], (char **) config->argv);
      say_errno ("starting %s", config->argv[0]);
    }
  _exit (STATUS_NOT_STARTED);
}

pid_t
service_start (const struct config *config)
{
  pid_t pid = fork ();

  if (pid == 0)
    run (config);
  if (pid < 0)
    say_errno ("starting a process for %s", config->argv[0]);
  return pid;
}

/* The last console that the kernel writes to, which can be a controlling terminal. */
static void
take_terminal (void)
{
  char text[256], path[300];
  const char *last;
  int fd;

  if (read_file ("/sys/class/tty/console/active", text, sizeof text) < 0)
    return;
  text[strcspn (text, "\n")] = '\0';
  last = strrchr (text, ' ');
  snprintf (path, sizeof path, "/dev/%s", last != NULL ? last + 1 : text);
  fd = open (path, O_RDWR);
  if (fd < 0)
    return;
  ioctl (fd, TIOCSCTTY, 0);
  for (int i = 0; i <= STDERR_FILENO; i++)
    dup2 (fd, i);
  if (fd > STDERR_FILENO)
    close (fd);
}

pid_t
service_start_shell (void)
{
  pid_t pid = fork ();

  if (pid != 0)
    return pid;
  reset_signals ();
  setsid ();
  take_terminal ();
  setenv ("PATH", PATH_DEFAULT, 1);
  execl ("/bin/sh", "sh", "-i", (char *) NULL);
  say_errno ("starting /bin/sh");
  /* It would be started again at once. */
  sleep_ms (10000);
  _exit (STATUS_NOT_STARTED);
}
