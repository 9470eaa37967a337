/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first process of a guest that is one application: from the initramfs to its end. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/init/config.h"
#include "cli/init/disks.h"
#include "cli/init/memory.h"
#include "cli/init/mounts.h"
#include "cli/init/network.h"
#include "cli/init/power.h"
#include "cli/init/root.h"
#include "cli/init/say.h"
#include "cli/init/service.h"
#include "cli/init/xenstore.h"

#define DISK_SECONDS 20
#define BACK_OFF_MAX 60
/* An application that ran for so long is not one that cannot start. */
#define STEADY_SECONDS 60
/* A container's engine waits for so long. */
#define STOP_SECONDS 10
/* What a container's engine says where the failure is not the application's. */
#define STATUS_NOT_BEGUN 125

/* By this a check knows what such a guest starts. */
static const struct {
  Elf32_Nhdr header;
  char name[8];
  char config[sizeof CONFIG_PATH + (4 - sizeof CONFIG_PATH % 4) % 4];
} note __attribute__ ((section (".note.domuimg"), aligned (4), used))
= { { 8, sizeof CONFIG_PATH, 1 }, "domuimg", CONFIG_PATH };

/* What runs, and what is next. */
struct state {
  struct config config;
  pid_t application, shell;
  time_t started;
  unsigned back_off; /* seconds until the next start; 0: it runs, or ran steadily */
  time_t next_start; /* 0: none is planned */
};

static time_t
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

static void
note_status (int status)
{
  char text[16];

  snprintf (text, sizeof text, "%d", status);
  xenstore_write ("data/domuimg/exit-status", text);
}

/* Nothing can be started, and who looks at the console is to see why. */
static void __attribute__ ((noreturn))
give_up (void)
{
  note_status (STATUS_NOT_BEGUN);
  sleep_ms (3000);
  power_end (false);
}

/* Without one of its disks the application would write to the bare root, where its data would be lost to it at
 * the next start. */
static bool
mount_disks (const struct config *config)
{
  for (size_t i = 0; i < config->n_mounts; i++)
    {
      const struct mount_place *mount = &config->mounts[i];
      char path[300];

      if (strcmp (mount->type, "swap") == 0)
        continue;
      if (!disk_wait (mount->device, path, sizeof path, DISK_SECONDS)
          || !disk_mount (path, mount->place, mount->type, MS_NODEV, NULL))
        {
          say ("%s does not start without the disk %s at %s", config->argv[0], mount->device, mount->place);
          return false;
        }
    }
  for (size_t i = 0; i < config->n_grow; i++)
    disk_grow (config->grow[i]);
  return true;
}

static void
begin (struct state *state)
{
  char *text;

  if (mount (NULL, "/", NULL, MS_REMOUNT, NULL) != 0)
    say_errno ("making the root writable");
  mounts_complete ();
  text = load_file (CONFIG_PATH);
  if (text == NULL || !config_parse (&state->config, text))
    {
      say ("%s is missing, or says of no program", CONFIG_PATH);
      give_up ();
    }
  if (state->config.hostname != NULL
      && sethostname (state->config.hostname, strlen (state->config.hostname)) != 0)
    say_errno ("setting the host name");
  power_prepare ();
  memory_lay (&state->config);
  if (!mount_disks (&state->config))
    give_up ();
  network_start (&state->config);
}

/* The status as a shell says it. */
static int
exit_code (int status)
{
  return WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
}

static void
note_end (struct state *state, int status)
{
  say ("%s ended with status %d", state->config.argv[0], exit_code (status));
  note_status (exit_code (status));
}

/* After each quick end it waits twice as long. */
static void
plan_restart (struct state *state)
{
  if (now () - state->started >= STEADY_SECONDS || state->back_off == 0)
    state->back_off = 1;
  else if (state->back_off < BACK_OFF_MAX)
    state->back_off = state->back_off * 2 < BACK_OFF_MAX ? state->back_off * 2 : BACK_OFF_MAX;
  state->next_start = now () + state->back_off;
  say ("it starts again in %u s", state->back_off);
}

static void
start (struct state *state)
{
  say ("starting %s", state->config.argv[0]);
  state->application = service_start (&state->config);
  state->started = now ();
  state->next_start = 0;
  if (state->application < 0)
    plan_restart (state);
}

static void
on_end (struct state *state, int status)
{
  enum restart restart = state->config.restart;

  state->application = 0;
  note_end (state, status);
  if (restart == RESTART_NO || (restart == RESTART_ON_FAILURE && exit_code (status) == 0))
    power_end (false);
  plan_restart (state);
}

static void
reap (struct state *state)
{
  int status;
  pid_t pid;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    if (pid == state->application)
      on_end (state, status);
    else if (pid == state->shell)
      state->shell = service_start_shell ();
}

static void __attribute__ ((noreturn))
stop (struct state *state, bool is_reboot)
{
  time_t end = now () + STOP_SECONDS;

  say ("%s is told to end", state->config.argv[0]);
  if (state->application > 0)
    kill (state->application, state->config.stop_signal);
  while (state->application > 0 && now () < end)
    {
      int status;
      pid_t pid = waitpid (state->application, &status, WNOHANG);

      if (pid > 0)
        note_end (state, status);
      if (pid != 0)
        break;
      sleep_ms (20);
    }
  power_end (is_reboot);
}

static void __attribute__ ((noreturn))
run (struct state *state, const sigset_t *signals)
{
  while (true)
    {
      struct timespec wait = { 1, 0 };
      int number = sigtimedwait (signals, NULL, &wait);

      if (number == SIGTERM || number == SIGUSR1 || number == SIGUSR2 || number == SIGPWR)
        stop (state, false);
      if (number == SIGINT)
        stop (state, true);
      reap (state);
      if (state->next_start != 0 && now () >= state->next_start)
        start (state);
    }
}

int
main (int argc, char **argv)
{
  struct state state = { 0 };
  sigset_t signals;

  if (power_is_request (argc, argv))
    return 0;
  mounts_begin ();
  if (root_is_initramfs ())
    {
      root_switch (argv);
      give_up ();
    }
  sigfillset (&signals);
  sigprocmask (SIG_SETMASK, &signals, NULL);
  begin (&state);
  start (&state);
  if (state.config.has_debug_shell)
    state.shell = service_start_shell ();
  run (&state, &signals);
}
