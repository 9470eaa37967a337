/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that the programs exist by which init brings the system up: without them it goes on to the
 * login, on a root that is read-only and without network. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

/* inittab(5) of sysvinit, and of busybox, which has no levels. */
static const char *const actions[] = { "sysinit", "boot", "bootwait", "wait", "once", NULL };

static gboolean
is_in_level (DomuimgMachine *self, char *const *fields, char level)
{
  return self->info->init == DOMUIMG_INIT_BUSYBOX || level == '\0' || *fields[1] == '\0'
         || strchr (fields[1], level) != NULL || strstr (fields[2], "boot") != NULL
         || g_str_equal (fields[2], "sysinit");
}

/* (nullable) The program that @line runs before there is a login, if that has a path. */
static char *
find_program (DomuimgMachine *self, const char *line, char level)
{
  g_auto (GStrv) fields = g_strsplit (line, ":", 4);
  g_auto (GStrv) words = NULL;
  const char *program;

  if (g_strv_length (fields) < 4 || fields[0][0] == '#' || !g_strv_contains (actions, fields[2])
      || !is_in_level (self, fields, level))
    return NULL;
  words = g_strsplit_set (g_strstrip (fields[3]), " \t;", 2);
  program = words[0] != NULL ? words[0] + strspn (words[0], "-+@") : "";
  return *program == '/' ? g_strdup (program) : NULL;
}

static void
report_program (DomuimgMachine *self, const char *place, const char *program)
{
  domuimg_finding_advise (
      domuimg_machine_report (self, "init-programs", program,
                              "%s starts %s, which is not in the guest: its filesystems are not"
                              " mounted, and no network comes up",
                              place, program),
      "install what brings the system up (Alpine: apk add openrc; Debian: apt install initscripts)");
}

static void
check_lines (DomuimgMachine *self)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, "/etc/inittab", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  char level = domuimg_check_find_level (lines);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *program = find_program (self, lines[i], level);

      if (program == NULL || domuimg_tree_is_executable (self->tree, program))
        continue;
      report_program (self, "/etc/inittab", program);
      return;
    }
}

/* runit(8): what it starts, one after the other. */
static void
check_stages (DomuimgMachine *self)
{
  static const char *const stages[] = { "/etc/runit/1", "/etc/runit/2" };

  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    if (!domuimg_tree_is_executable (self->tree, stages[i]))
      {
        report_program (self, "runit", stages[i]);
        return;
      }
}

void
domuimg_check_init_programs (DomuimgMachine *self)
{
  if (self->tree == NULL || self->info == NULL || self->application != NULL)
    return;
  if (self->info->init == DOMUIMG_INIT_SYSVINIT || self->info->init == DOMUIMG_INIT_BUSYBOX)
    check_lines (self);
  else if (self->info->init == DOMUIMG_INIT_RUNIT)
    check_stages (self);
}
