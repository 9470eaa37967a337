/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that init exists and can start, with its libraries: the kernel panics when the first
 * process ends, and a missing library ends it. */
#include "config.h"
#include "lib/check/rules.h"

#include <elf.h>
#include <string.h>

#include "lib/elf/needs.h"
#include "lib/check/libraries.h"
#include "lib/elf/note.h"

#define SCRIPT_MAX 256
/* Linux has the same limit, and then fails with ELOOP. */
#define INTERPRETERS_MAX 5
#define REINSTALL "reinstall it in the guest (chroot, or its package manager's --root)"
#define DEFAULT_TARGET "/etc/systemd/system/default.target"

/* Where the kernel, and initramfs-tools, look when init= is not given. /bin/sh comes next, but is
 * not listed here: a shell is not a login. */
static const char *const places[] = { "/sbin/init", "/etc/init", "/bin/init" };

static gboolean
repair_mode (DomuimgEdit *edit, const char *argument, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (edit->tree, argument, error);

  if (entry == NULL)
    return FALSE;
  entry->mode |= 0111;
  if (!domuimg_tree_set_attributes (edit->tree, entry, error))
    return FALSE;
  domuimg_edit_note (edit, "made %s executable", argument);
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
    domuimg_finding_advise (domuimg_machine_report (self, "init-not-executable", path,
                                                    "%s is not a file", path),
                            "install it in the guest (Debian: apt install systemd-sysv)");
  else
    domuimg_finding_offer_edit (domuimg_machine_report (self, "init-not-executable", path,
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
  domuimg_finding_advise (
      domuimg_machine_report (self, "init-libraries", list,
                              "%s needs libraries that are not in the guest: %s", path, list),
      "install them in the guest (chroot, or its package manager's --root)");
}

/* The kernel starts no loader that is for another processor than the program. */
static void
check_loader_machine (DomuimgMachine *self, const char *path, const DomuimgElfNeeds *needs)
{
  g_autoptr (DomuimgElfNeeds) loader
      = domuimg_elf_needs_read (self->tree, needs->interpreter, NULL);
  g_autofree char *machine = NULL;

  if (loader == NULL || (loader->bits == needs->bits && loader->machine == needs->machine))
    return;
  machine = domuimg_elf_describe_machine (loader->machine);
  domuimg_finding_advise (
      domuimg_machine_report (self, "init-loader", needs->interpreter,
                              "%s needs the dynamic loader %s, which is for %s with %u bits", path,
                              needs->interpreter, machine, loader->bits),
      "install the C library of the program's architecture in the guest");
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

      domuimg_finding_advise (
          domuimg_machine_report (self, "init-architecture", machine,
                                  "%s is a program for %s, and the kernel is for %s", path, machine,
                                  architecture != NULL ? architecture : "x86_64"),
          "take a kernel of the guest's architecture, or a guest of the kernel's");
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
  if (needs->interpreter != NULL)
    check_loader_machine (self, path, needs);
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
      domuimg_finding_advise (domuimg_machine_report (self, "init-architecture", path,
                                                      "%s is neither a program nor a script", path),
                              REINSTALL);
      return;
    }
  line = head + 2;
  line[strcspn (line, "\n")] = '\0';
  line += strspn (line, " \t");
  /* The end of a DOS line is a part of the name to the kernel. */
  words = g_strsplit_set (line, " \t", 2);
  if (words[0] != NULL && words[0][0] == '/')
    check_program (self, words[0], depth + 1);
}

static void
check_program (DomuimgMachine *self, const char *path, guint depth)
{
  g_autoptr (DomuimgElfNeeds) needs = NULL;
  g_autoptr (GError) error = NULL;

  if (depth > INTERPRETERS_MAX)
    domuimg_finding_advise (domuimg_machine_report (self, "init-architecture", path,
                                                    "%s is a script that scripts interpret", path),
                            REINSTALL);
  if (depth > INTERPRETERS_MAX || !check_executable (self, path))
    return;
  needs = domuimg_elf_needs_read (self->tree, path, &error);
  if (needs != NULL)
    check_elf (self, path, needs);
  else if (error != NULL)
    domuimg_finding_advise (domuimg_machine_report_error (self, "init-architecture", path, error),
                            REINSTALL);
  else
    check_script (self, path, depth);
}

/* The kernel and initramfs-tools' run-init skip files that they cannot execute. */
static const char *
find_init (DomuimgMachine *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (domuimg_tree_is_executable (self->tree, places[i]))
      return places[i];
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (domuimg_tree_exists (self->tree, places[i]))
      return places[i];
  return places[0];
}

/* initramfs-tools goes on to the usual places if the named one is missing or not executable;
 * the kernel panics then, and others end in a shell. */
static gboolean
has_fallback (DomuimgMachine *self)
{
  return self->boot.initramfs != NULL
         && domuimg_initramfs_has_file (self->boot.initramfs, "scripts/functions");
}

static gboolean
is_shell (const char *path)
{
  static const char *const shells[] = { "sh", "bash", "dash", "ash", "ksh", "zsh", NULL };
  g_autofree char *name = g_path_get_basename (path);

  return g_strv_contains (shells, name);
}

static gboolean
check_named (DomuimgMachine *self, const char *named)
{
  if (!domuimg_tree_is_executable (self->tree, named) && has_fallback (self))
    {
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "init-missing", named,
                                 "init=%s is missing or not executable: the initramfs goes on to"
                                 " %s",
                                 named, find_init (self));
      return FALSE;
    }
  if (is_shell (named))
    domuimg_finding_advise (domuimg_machine_report (self, "init-no-login", named,
                                                    "init=%s starts a shell: no login", named),
                            "remove init= from the kernel's command line");
  else
    check_program (self, named, 0);
  return TRUE;
}

/* Words that init, or the initramfs, reads from the kernel's command line. */
typedef struct {
  const char *word;
  const char *value; /* (nullable) what it must be set to, or start with; else it stands alone */
  gboolean of_initramfs;
} Word;

static gboolean
asks_for (DomuimgMachine *self, const Word *word)
{
  g_autoptr (GPtrArray) values = domuimg_machine_list_parameter (self, word->word);

  for (guint i = 0; i < values->len; i++)
    {
      const char *value = g_ptr_array_index (values, i);

      if (word->of_initramfs || (word->value == NULL && *value == '\0')
          || (word->value != NULL && g_str_has_prefix (value, word->value)))
        return TRUE;
    }
  return FALSE;
}

/* systemd, sysvinit and Upstart know single-user mode by these: root's password is asked for. */
static void
check_words (DomuimgMachine *self)
{
  static const Word words[] = {
    { "single" },    { "S" },
    { "s" },         { "1" },
    { "rescue" },    { "emergency" },
    { "-b" },        { "systemd.unit", "rescue" },
    { "systemd.unit", "emergency" },
    { "break", NULL, TRUE },
    { "rd.break", NULL, TRUE },
  };
  gboolean known = self->info != NULL
                   && (self->info->init == DOMUIMG_INIT_SYSTEMD
                       || self->info->init == DOMUIMG_INIT_SYSVINIT
                       || self->info->init == DOMUIMG_INIT_UPSTART);

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if ((words[i].of_initramfs ? self->boot.initramfs != NULL : known)
        && asks_for (self, &words[i]))
      {
        domuimg_finding_advise (
            domuimg_machine_report (self, "init-no-login", words[i].word,
                                    "\"%s\" on the kernel's command line asks for a shell, and no"
                                    " login is started",
                                    words[i].word),
            "remove it from the kernel's command line");
        return;
      }
}

static gboolean
repair_target (DomuimgEdit *edit, const char *argument, GError **error)
{
  return domuimg_edit_symlink (edit, argument, DEFAULT_TARGET, error);
}

/* Where systemd's default target is none, it starts rescue.target. */
static void
check_target (DomuimgMachine *self)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->tree, DEFAULT_TARGET, NULL);
  g_autofree char *unit = domuimg_guest_unit_path (self->tree, "multi-user.target");
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;
  DomuimgFinding *finding;

  if (self->info == NULL || self->info->init != DOMUIMG_INIT_SYSTEMD || entry == NULL
      || entry->type != DOMUIMG_ENTRY_SYMLINK || unit == NULL)
    return;
  name = g_path_get_basename (entry->target);
  path = domuimg_guest_unit_path (self->tree, name);
  if (path != NULL && !g_str_equal (name, "rescue.target")
      && !g_str_equal (name, "emergency.target"))
    return;
  finding = domuimg_machine_report (self, "init-no-login", name,
                                    "%s is %s, %s: no login is started", DEFAULT_TARGET, name,
                                    path != NULL ? "a shell" : "which does not exist");
  domuimg_finding_offer_edit (finding, repair_target, unit, "link %s to %s", DEFAULT_TARGET, unit);
}

/* Our init starts one program, and needs nothing of a system beside. */
static void
check_application (DomuimgMachine *self, const char *init)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *program = NULL;

  program = domuimg_application_find_program (self->application, self->tree, &error);
  if (program != NULL)
    check_program (self, program, 0);
  else
    domuimg_finding_advise (domuimg_machine_report_error (self, "init-missing", init, error),
                            "make the guest again, with the right --cmd");
}

void
domuimg_check_init_program (DomuimgMachine *self)
{
  g_autofree char *named = NULL;

  if (self->tree == NULL)
    return;
  named = domuimg_machine_get_parameter (self, "init");
  if (named == NULL || *named != '/' || !check_named (self, named))
    check_program (self, find_init (self), 0);
  else if (self->application != NULL)
    check_application (self, named);
  if (self->application != NULL)
    return;
  check_words (self);
  check_target (self);
}
