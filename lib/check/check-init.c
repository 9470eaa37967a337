/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/rules.h"

#include <elf.h>
#include <string.h>

#include "lib/check/elf-needs.h"
#include "lib/check/libraries.h"
#include "lib/check/repair.h"
#include "lib/kernel/elfnote.h"

/* init: that it is there, and can start. Its libraries with it: the kernel panics when the first
 * process ends, and that is what a missing one comes to. */

#define SCRIPT_MAX 256

/* Where the kernel, and initramfs-tools, look when init= is not given. /bin/sh is not among them:
 * a shell is no login. */
static const char *const places[] = { "/sbin/init", "/etc/init", "/bin/init" };

static gboolean
repair_mode (DomuimgRepairSite *site, const char *argument, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (site->tree, argument, error);

  if (entry == NULL)
    return FALSE;
  entry->mode |= 0111;
  if (!domuimg_tree_set_attributes (site->tree, entry, error))
    return FALSE;
  domuimg_repair_note (site, "made %s executable", argument);
  return TRUE;
}

static gboolean
check_executable (DomuimgMachine *self, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self->tree, path, NULL);

  if (entry == NULL)
    {
      domuimg_finding_advise (domuimg_machine_report (self, "init-missing", path,
                                                      "%s is not in the guest", path),
                              "install it in the guest (Debian: apt install systemd-sysv)");
      return FALSE;
    }
  if (entry->type == DOMUIMG_ENTRY_FILE && (entry->mode & 0111) != 0)
    return TRUE;
  if (entry->type != DOMUIMG_ENTRY_FILE)
    domuimg_machine_report (self, "init-not-executable", path, "%s is no file", path);
  else
    domuimg_finding_offer (domuimg_machine_report (self, "init-not-executable", path,
                                                   "%s is not executable", path),
                           repair_mode, path, "make %s executable", path);
  return FALSE;
}

static gboolean
is_machine_of (const char *kernel, const DomuimgElfNeeds *needs)
{
  if (kernel == NULL || g_str_equal (kernel, "x86_64"))
    return needs->machine == EM_X86_64 || needs->machine == EM_386;
  if (g_str_equal (kernel, "i386"))
    return needs->machine == EM_386;
  return TRUE;
}

static void
report_libraries (DomuimgMachine *self, const char *path, const DomuimgElfNeeds *needs)
{
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *list = NULL;

  domuimg_libraries_find_missing (self->tree, path, missing);
  if (missing->len == 0)
    return;
  g_ptr_array_add (missing, NULL);
  list = g_strjoinv (", ", (char **) missing->pdata);
  domuimg_finding_advise (domuimg_machine_report (self, "init-libraries", list,
                                                  "%s needs libraries that are not in the guest: %s",
                                                  path, list),
                          "install them in the guest (chroot, or its package manager's --root)");
}

static void check_program (DomuimgMachine *self, const char *path, guint depth);

static void
check_elf (DomuimgMachine *self, const char *path, const DomuimgElfNeeds *needs)
{
  const char *architecture = self->boot.kernel != NULL
                                 ? domuimg_kernel_get_architecture (self->boot.kernel)
                                 : NULL;

  if (!is_machine_of (architecture, needs))
    {
      g_autofree char *machine = domuimg_elf_describe_machine (needs->machine);

      domuimg_machine_report (self, "init-architecture", machine,
                              "%s is a program for %s, and the kernel is for %s", path, machine,
                              architecture != NULL ? architecture : "x86_64");
      return;
    }
  if (needs->interpreter != NULL && !domuimg_tree_is_executable (self->tree, needs->interpreter))
    {
      domuimg_finding_advise (
          domuimg_machine_report (self, "init-loader", needs->interpreter,
                                  "%s is started by %s, which is not in the guest", path,
                                  needs->interpreter),
          "install the C library in the guest, or correct the link that leads there");
      return;
    }
  report_libraries (self, path, needs);
}

/* #!INTERPRETER ARGUMENT */
static void
check_script (DomuimgMachine *self, const char *path, guint depth)
{
  char head[SCRIPT_MAX + 1] = { 0 };
  g_autofree char *resolved = domuimg_tree_resolve (self->tree, path, NULL);
  g_auto (GStrv) words = NULL;
  char *line;

  if (resolved == NULL
      || domuimg_tree_read_at (self->tree, resolved, 0, head, SCRIPT_MAX, NULL) < 3
      || head[0] != '#' || head[1] != '!')
    {
      domuimg_machine_report (self, "init-architecture", path,
                              "%s is neither a program nor a script", path);
      return;
    }
  line = head + 2;
  line[strcspn (line, "\n")] = '\0';
  words = g_strsplit_set (g_strstrip (line), " \t", 2);
  if (words[0] != NULL && words[0][0] == '/')
    check_program (self, words[0], depth + 1);
}

static void
check_program (DomuimgMachine *self, const char *path, guint depth)
{
  g_autoptr (DomuimgElfNeeds) needs = NULL;
  g_autoptr (GError) error = NULL;

  if (depth > 3 || !check_executable (self, path))
    return;
  needs = domuimg_elf_needs_read (self->tree, path, &error);
  if (needs != NULL)
    check_elf (self, path, needs);
  else if (error != NULL)
    domuimg_machine_report (self, "init-architecture", path, "%s", error->message);
  else
    check_script (self, path, depth);
}

static const char *
find_init (DomuimgMachine *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self->tree, places[i], NULL);

      if (entry != NULL)
        return places[i];
    }
  return places[0];
}

void
domuimg_check_init_program (DomuimgMachine *self)
{
  g_autofree char *named = NULL;

  if (self->tree == NULL)
    return;
  named = domuimg_machine_get_parameter (self, "init");
  check_program (self, named != NULL && *named == '/' ? named : find_init (self), 0);
}
