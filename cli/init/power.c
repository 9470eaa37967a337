/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of the guest, and who may ask for it. */
#define _GNU_SOURCE
#include "cli/init/power.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/init/mounts.h"
#include "cli/init/say.h"

#define OWN_PATH "/usr/lib/domuimg/init"
#define REBOOT_PATH "/sbin/reboot"
#define GRACE_MS 2000
#define POLL_MS 20

bool
power_is_request (int argc, char **argv)
{
  const char *slash = strrchr (argv[0], '/');
  const char *name = slash != NULL ? slash + 1 : argv[0];
  bool is_reboot = strcmp (name, "reboot") == 0 || (argc > 1 && strcmp (argv[1], "reboot") == 0);

  if (getpid () == 1)
    return false;
  if (is_reboot || (argc > 1 && strcmp (argv[1], "poweroff") == 0))
    kill (1, is_reboot ? SIGINT : SIGTERM);
  return true;
}

static bool
is_own (const char *path)
{
  struct stat own, other;

  return stat (OWN_PATH, &own) == 0 && stat (path, &other) == 0 && own.st_dev == other.st_dev
         && own.st_ino == other.st_ino;
}

void
power_prepare (void)
{
  reboot (RB_DISABLE_CAD);
  if (!write_file ("/proc/sys/kernel/poweroff_cmd", OWN_PATH " poweroff"))
    say_errno ("setting the kernel's poweroff_cmd");
  if (!is_own (REBOOT_PATH) && mount (OWN_PATH, REBOOT_PATH, NULL, MS_BIND, NULL) != 0)
    say_errno ("laying init over %s: a reboot will not wait for the application", REBOOT_PATH);
}

static void
end_processes (void)
{
  kill (-1, SIGTERM);
  for (int waited = 0; waited < GRACE_MS; waited += POLL_MS)
    {
      pid_t pid;

      while ((pid = waitpid (-1, NULL, WNOHANG)) > 0)
        ;
      if (pid < 0 && errno == ECHILD)
        return;
      sleep_ms (POLL_MS);
    }
  kill (-1, SIGKILL);
  while (waitpid (-1, NULL, 0) > 0)
    ;
}

void
power_end (bool is_reboot)
{
  end_processes ();
  sync ();
  mounts_end ();
  sync ();
  say (is_reboot ? "the guest starts again" : "the guest is off");
  reboot (is_reboot ? RB_AUTOBOOT : RB_POWER_OFF);
  while (true)
    pause ();
}
