/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tracer is asked to do. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "calls.h"
#include "fault.h"

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

void
fault_usage (const char *why)
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
  fault_usage ("no such action");
}

static void
parse_point (Fault *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit_set (text, ":=", -1);

  if (g_strv_length (parts) != 4)
    fault_usage ("a point is WHO:KIND:N=ACTION");
  self->self = !g_str_equal (parts[0], "tool");
  self->tools = !g_str_equal (parts[0], "self");
  self->kind = kind_find (parts[1]);
  self->wanted = g_ascii_strtoull (parts[2], NULL, 10);
  if (self->kind < 0 || self->wanted == 0)
    fault_usage ("no such kind, or a number that is not one");
  parse_action (self, parts[3]);
}

void
fault_parse_option (Fault *self, const char *option, const char *value)
{
  if (g_str_equal (option, "--at"))
    parse_point (self, value);
  else if (g_str_equal (option, "--disturb"))
    self->disturbed = open (value, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  else
    fault_usage ("no such option");
}
