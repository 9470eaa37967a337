/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/helpers/libxl-host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* domuimg-libxl: what the library does with libxl, a verb each; what it finds is JSON on stdout,
 * and libxl's own words are on stderr. A program of its own, since libxl takes a process's SIGCHLD
 * and may end it, and a guest that restarts needs somebody who stays. */

static const char *
state_of (const libxl_dominfo *info)
{
  if (info->dying)
    return "dying";
  if (info->shutdown)
    return info->shutdown_reason == LIBXL_SHUTDOWN_REASON_CRASH ? "crashed" : "shutdown";
  return info->paused ? "paused" : "running";
}

static void
describe (Host *self, JsonBuilder *builder, const libxl_dominfo *info)
{
  char *name = libxl_domid_to_name (self->ctx, info->domid);
  g_autofree char *uuid = g_strdup_printf (LIBXL_UUID_FMT, LIBXL_UUID_BYTES (info->uuid));

  json_builder_begin_object (builder);
  say_text (builder, "name", name);
  say_text (builder, "uuid", uuid);
  say_number (builder, "domid", info->domid);
  say_text (builder, "state", state_of (info));
  say_text (builder, "type", libxl_domain_type_to_string (info->domain_type));
  say_number (builder, "memory", (gint64) (info->current_memkb >> 10));
  say_number (builder, "vcpus", info->vcpu_online);
  json_builder_end_object (builder);
  free (name);
}

static int
list (Host *self)
{
  JsonBuilder *builder = json_builder_new ();
  int count = 0;
  libxl_dominfo *infos = libxl_list_domain (self->ctx, &count);

  if (infos == NULL)
    {
      g_object_unref (builder);
      return host_failed (self, "libxl cannot list the guests");
    }
  json_builder_begin_array (builder);
  for (int i = 0; i < count; i++)
    if (infos[i].domid != 0)
      describe (self, builder, &infos[i]);
  json_builder_end_array (builder);
  libxl_dominfo_list_free (infos, count);
  say (builder);
  return EXIT_SUCCESS;
}

static void
say_names (JsonBuilder *builder, const char *name, GPtrArray *names)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; i < names->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (names, i));
  json_builder_end_array (builder);
}

/* Dom0, too: it is what backends usually are in. */
static void
say_domains (Host *self, JsonBuilder *builder)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (free);
  int count = 0;
  libxl_dominfo *infos = libxl_list_domain (self->ctx, &count);

  for (int i = 0; infos != NULL && i < count; i++)
    {
      char *name = libxl_domid_to_name (self->ctx, infos[i].domid);

      if (name != NULL)
        g_ptr_array_add (names, name);
    }
  if (infos != NULL)
    say_names (builder, "domains", names);
  libxl_dominfo_list_free (infos, count);
}

static void
say_pools (Host *self, JsonBuilder *builder)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (free);
  int count = 0;
  libxl_cpupoolinfo *pools = libxl_list_cpupool (self->ctx, &count);

  for (int i = 0; pools != NULL && i < count; i++)
    if (pools[i].pool_name != NULL)
      g_ptr_array_add (names, strdup (pools[i].pool_name));
  if (pools != NULL)
    say_names (builder, "pools", names);
  libxl_cpupoolinfo_list_free (pools, count);
}

static int
info (Host *self)
{
  JsonBuilder *builder;
  libxl_physinfo physical;
  const libxl_version_info *version = libxl_get_version_info (self->ctx);

  libxl_physinfo_init (&physical);
  if (version == NULL || libxl_get_physinfo (self->ctx, &physical) != 0)
    return host_failed (self, "libxl cannot say what this machine has");
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  say_number (builder, "cpus", physical.nr_cpus);
  /* Without SMT, only every second number is one of them. */
  say_number (builder, "last_cpu", physical.max_cpu_id);
  say_number (builder, "total", (gint64) physical.total_pages * version->pagesize);
  say_number (builder, "free", (gint64) physical.free_pages * version->pagesize);
  say_text (builder, "capabilities", version->capabilities);
  say_domains (self, builder);
  say_pools (self, builder);
  json_builder_end_object (builder);
  libxl_physinfo_dispose (&physical);
  say (builder);
  return EXIT_SUCCESS;
}

static int
end (Host *self, const char *name, int seconds)
{
  uint32_t domid;

  if (libxl_name_to_domid (self->ctx, name, &domid) != 0 || domid == 0)
    return EXIT_SUCCESS;
  if (host_end (self, domid, seconds) != 0)
    return host_failed (self, "libxl cannot end the guest");
  /* Its configuration may want it restarted even so. */
  if (libxl_name_to_domid (self->ctx, name, &domid) == 0 && domid != 0
      && host_end (self, domid, 0) != 0)
    return host_failed (self, "libxl cannot end the guest, which has started again");
  say_event ("ended", "name", name);
  return EXIT_SUCCESS;
}

static pid_t worker = -1;

static void
pass_on (int number)
{
  if (worker > 0)
    kill (worker, SIGTERM);
}

/* Who started us waits for this process only; it ends when the other says so, or ends. */
static int
stand_before (pid_t pid, int from)
{
  struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
  char byte;
  int status;

  worker = pid;
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGINT, &action, NULL);
  if (read (from, &byte, 1) == 1)
    return EXIT_SUCCESS;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return EXIT_FAILURE;
  return WIFEXITED (status) ? WEXITSTATUS (status) : EXIT_FAILURE;
}

/* In a session of its own, for the caller ends everything in ours with us. */
static int
create (const char *name, gboolean once, const char *log)
{
  g_autoptr (Host) host = NULL;
  int ends[2];
  pid_t pid;

  if (pipe2 (ends, O_CLOEXEC) < 0 || (pid = fork ()) < 0)
    {
      perror ("no process for the guest");
      return EXIT_FAILURE;
    }
  if (pid > 0)
    {
      close (ends[1]);
      return stand_before (pid, ends[0]);
    }
  close (ends[0]);
  setsid ();
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  host = host_open ();
  return host != NULL ? libxl_create_verb (host, name, once, log, ends[1]) : EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  gboolean once = FALSE;
  int seconds = 0;
  g_autofree char *log = NULL;
  const GOptionEntry entries[] = {
    { "once", 0, 0, G_OPTION_ARG_NONE, &once, "create: stay, and let nothing restart it", NULL },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &log, "create: where to go on writing", "FILE" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &seconds, "end: how long it may shut down", "SECONDS" },
    { NULL },
  };
  g_autoptr (GOptionContext) context
      = g_option_context_new ("info | list | create NAME < JSON | end NAME");
  g_autoptr (GError) error = NULL;
  g_autoptr (Host) host = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2)
    {
      fprintf (stderr, "%s\n", error != NULL ? error->message : "give a verb; --help lists them");
      return EXIT_FAILURE;
    }
  if (argc == 3 && g_str_equal (argv[1], "create"))
    return create (argv[2], once, log != NULL ? log : "/dev/null");
  host = host_open ();
  if (host == NULL)
    return EXIT_FAILURE;
  if (g_str_equal (argv[1], "list"))
    return list (host);
  if (g_str_equal (argv[1], "info"))
    return info (host);
  if (argc == 3 && g_str_equal (argv[1], "end"))
    return end (host, argv[2], seconds);
  fprintf (stderr, "“%s” is not a verb\n", argv[1]);
  return EXIT_FAILURE;
}
