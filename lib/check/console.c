/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks for a login on the console: hvc0 of PV and PVH guests, the serial line of an HVM guest
 * that has one, otherwise its screen. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/getty-unit.h"
#include "lib/check/libraries.h"
#include "lib/check/offers.h"
#include "lib/guest/steps.h"

static const char *
console_of (DomuimgMachine *self)
{
  if (self->type != DOMUIMG_GUEST_TYPE_HVM)
    return "hvc0";
  return domuimg_domain_get_serial (self->domain) != NULL ? "ttyS0" : "tty1";
}

static gboolean
is_device_of (const char *console, const char *device)
{
  gsize length = strlen (device);

  return strncmp (console, device, length) == 0
         && (console[length] == '\0' || console[length] == ',');
}

static gboolean
is_on_cmdline (DomuimgMachine *self, const char *device)
{
  g_autoptr (GPtrArray) consoles = domuimg_machine_list_parameter (self, "console");

  for (guint i = 0; i < consoles->len; i++)
    if (is_device_of (g_ptr_array_index (consoles, i), device))
      return TRUE;
  return FALSE;
}

/* /dev/console is the last console= that there is; without any, hvc0 of a PV guest. */
static gboolean
is_system_console (DomuimgMachine *self, const char *console)
{
  g_autoptr (GPtrArray) consoles = domuimg_machine_list_parameter (self, "console");

  if (consoles->len == 0)
    return self->type == DOMUIMG_GUEST_TYPE_PV;
  return is_device_of (g_ptr_array_index (consoles, consoles->len - 1), console);
}

static gboolean
repair_mask (DomuimgEdit *edit, const char *argument, GError **error)
{
  g_autofree char *path = g_strconcat ("/etc/systemd/system/", argument, NULL);

  return domuimg_edit_take_away (edit, path, error);
}

/* An HVM guest with a screen has its login there, too. */
static DomuimgSeverity
weigh (DomuimgMachine *self, const char *console)
{
  return g_str_equal (console, "ttyS0")
                 && domuimg_domain_get_graphics (self->domain) != DOMUIMG_GRAPHICS_NONE
             ? DOMUIMG_SEVERITY_WARNING
             : DOMUIMG_SEVERITY_ERROR;
}

/* What keeps a unit from being started that is there and not masked. */
static void
check_start (DomuimgMachine *self, const DomuimgGettyUnit *unit, const char *own, const char *console)
{
  const char *udev = unit->waits_for_device ? domuimg_getty_find_no_udev (self) : NULL;

  if (udev != NULL)
    domuimg_finding_advise (
        domuimg_machine_report_as (self, weigh (self, console), "console-getty", udev,
                                   "%s waits for the device %s, which needs %s: it is missing or masked",
                                   own, console, udev),
        "install it in the guest (Debian: apt install udev), or unmask it");
  else if (unit->absent != NULL)
    domuimg_finding_advise (
        domuimg_machine_report_as (self, weigh (self, console), "console-getty", unit->absent,
                                   "%s is started only where %s exists, which it does not", own,
                                   unit->absent),
        "take the condition out of the unit");
  else if (!g_str_equal (console, "tty1") && !domuimg_getty_is_started (self, own))
    domuimg_finding_advise (
        domuimg_machine_report_as (self, weigh (self, console), "console-getty", own,
                                   "nothing starts %s: systemd-getty-generator is missing, masked or"
                                   " turned off, and the unit is not enabled",
                                   own),
        "systemctl --root enable %s", own);
}

/* The template of the login, and its program. */
static void
check_template (DomuimgMachine *self, const char *template, const char *own, const char *console)
{
  g_autofree char *instance = domuimg_guest_unit_path (self->tree, own);
  g_autofree char *path = domuimg_guest_unit_path (self->tree, template);
  const char *file = instance != NULL ? instance : path;
  g_autoptr (DomuimgGettyUnit) unit = NULL;
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);

  if (file == NULL)
    {
      domuimg_finding_advise (domuimg_machine_report (self, "console-getty", template,
                                                      "the guest has no %s: no login on %s",
                                                      template, console),
                              "reinstall systemd in the guest");
      return;
    }
  unit = domuimg_getty_unit_new (self->tree, file, template, own);
  check_start (self, unit, own, console);
  if (unit->command == NULL || *unit->command != '/')
    return;
  if (domuimg_tree_is_executable (self->tree, unit->command))
    domuimg_libraries_find_missing (self->tree, unit->command, missing);
  else
    g_ptr_array_add (missing, g_strdup (unit->command));
  if (missing->len > 0)
    domuimg_finding_advise (domuimg_machine_report (self, "console-getty", missing->pdata[0],
                                                    "%s needs %s, which is missing or not"
                                                    " executable: no login on %s",
                                                    template, (char *) missing->pdata[0], console),
                            "install it in the guest (Debian: apt install util-linux)");
}

/* A login without a device's unit, as containers have it, is started on the system's console. */
static gboolean
has_console_getty (DomuimgMachine *self, const char *console)
{
  return is_system_console (self, console)
         && domuimg_guest_unit_enabled (self->tree, "console-getty.service")
         && !domuimg_getty_is_masked (self, "console-getty.service");
}

/* That it is masked, by the guest or by its command line. */
static void
report_masked (DomuimgMachine *self, const char *unit, const char *console)
{
  g_autofree char *path = g_strconcat ("/etc/systemd/system/", unit, NULL);
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->tree, path, NULL);
  DomuimgFinding *finding = domuimg_machine_report_as (
      self, weigh (self, console), "console-getty", unit, "%s is masked%s: no login on %s", unit,
      entry != NULL ? " in the guest" : "", console);

  if (entry != NULL)
    domuimg_finding_offer_edit (finding, repair_mask, unit, "unmask %s", unit);
  else
    domuimg_finding_advise (finding, "take systemd.mask=%s out of the kernel's command line, or the"
                                     " link to /dev/null out of the guest",
                            unit);
}

/* systemd's generator starts a login on every console of the kernel, and on hvc0 where there is
 * one, whatever the command line says. */
static void
check_systemd (DomuimgMachine *self, const char *console)
{
  gboolean screen = g_str_equal (console, "tty1");
  const char *template = screen ? "getty@.service" : "serial-getty@.service";
  g_autofree char *own = g_strdup_printf (screen ? "getty@%s.service" : "serial-getty@%s.service",
                                          console);
  const char *units[] = { "sysinit.target", "basic.target", "multi-user.target", "getty.target",
                          template, own };
  guint masked = 0;

  if (has_console_getty (self, console) || domuimg_getty_has_own (self, own, console))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (domuimg_getty_is_masked (self, units[i]))
      {
        masked++;
        report_masked (self, units[i], console);
      }
  if (masked == 0)
    check_template (self, template, own, console);
  if (g_str_equal (console, "ttyS0") && !is_on_cmdline (self, console)
      && !domuimg_guest_unit_enabled (self->tree, own))
    domuimg_offer_parameter (
        domuimg_machine_report_as (self, weigh (self, console), "console-getty", console,
                                   "nothing starts a login on %s, which is not a console on the"
                                   " kernel's command line",
                                   console),
        self, "console", console);
}

/* The number that a getty line must have among its run levels. */
char
domuimg_check_find_level (char **lines)
{
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ":", 4);

      if (g_strv_length (fields) == 4 && fields[0][0] != '#'
          && g_str_equal (fields[2], "initdefault"))
        return fields[1][0];
    }
  return '\0';
}

static gboolean
names_console (DomuimgMachine *self, char **words, const char *console)
{
  for (guint i = 1; words[0] != NULL && words[i] != NULL; i++)
    {
      const char *tty = g_str_has_prefix (words[i], "/dev/") ? words[i] + 5 : words[i];

      if (g_str_equal (tty, console)
          || (g_str_equal (tty, "console") && is_system_console (self, console)))
        return TRUE;
    }
  return FALSE;
}

/* init looks along its PATH for a bare name. */
static gboolean
is_program (DomuimgMachine *self, const char *name)
{
  static const char *const places[] = { "", "/sbin/", "/usr/sbin/", "/bin/", "/usr/bin/" };
  guint first = *name == '/' ? 0 : 1, last = *name == '/' ? 1 : G_N_ELEMENTS (places);

  for (guint i = first; i < last; i++)
    {
      g_autofree char *path = g_strconcat (places[i], name, NULL);

      if (domuimg_tree_is_executable (self->tree, path))
        return TRUE;
    }
  return FALSE;
}

/* A line of inittab(5) that keeps a login on the console. In busybox's the first field is the
 * terminal, and there are no run levels. */
static gboolean
is_getty_line (DomuimgMachine *self, const char *line, char level, const char *console)
{
  g_auto (GStrv) fields = g_strsplit (line, ":", 4);
  g_auto (GStrv) words = NULL;
  gboolean busybox = self->info->init == DOMUIMG_INIT_BUSYBOX;

  if (g_strv_length (fields) < 4 || fields[0][0] == '#'
      || (!g_str_equal (fields[2], "respawn") && !g_str_equal (fields[2], "askfirst")))
    return FALSE;
  if (!busybox && level != '\0' && *fields[1] != '\0' && strchr (fields[1], level) == NULL)
    return FALSE;
  words = g_strsplit_set (g_strstrip (fields[3]), " \t", -1);
  if (words[0] == NULL || !is_program (self, words[0]))
    return FALSE;
  return names_console (self, words, console)
         || (busybox && g_str_equal (fields[0], console) && g_str_has_suffix (words[0], "login"));
}

/* @argument: the type of the guest. */
static gboolean
repair_getty (DomuimgEdit *edit, const char *argument, GError **error)
{
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autoptr (DomuimgGuestInfo) info = domuimg_guest_info_new (edit->tree, error);
  DomuimgGuestRun run = { .want = want, .edit = edit, .info = info };

  return info != NULL && domuimg_guest_type_from_string (argument, &want->type, error)
         && domuimg_guest_step_console (&run, error);
}

/* That nothing starts a login, by the file or directory @place that would say so. */
static void
report_getty (DomuimgMachine *self, const char *place, const char *console, gboolean repairable)
{
  DomuimgFinding *finding = domuimg_machine_report_as (self, weigh (self, console),
                                                       "console-getty", place,
                                                       "nothing in %s starts a login on %s", place,
                                                       console);

  if (repairable && !g_str_equal (console, "tty1"))
    domuimg_finding_offer_edit (finding, repair_getty, domuimg_guest_type_to_string (self->type),
                                "start a getty on %s by %s", console, place);
  else
    domuimg_finding_advise (finding, "have %s start a getty, which is installed, on %s in the"
                                     " default run level",
                            place, console);
}

static gboolean
has_getty (DomuimgMachine *self)
{
  static const char *const programs[] = { "/sbin/getty", "/sbin/agetty", "/usr/sbin/getty",
                                          "/usr/sbin/agetty", "/bin/getty", "/usr/bin/agetty" };

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    if (domuimg_tree_is_executable (self->tree, programs[i]))
      return TRUE;
  return FALSE;
}

/* A level on the kernel's command line goes before the file's. */
static char
find_word_level (DomuimgMachine *self)
{
  static const char *const words[] = { "2", "3", "4", "5" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *value = domuimg_machine_get_parameter (self, words[i]);

      if (value != NULL && *value == '\0')
        return *words[i];
    }
  return '\0';
}

/* sysvinit asks for the level that nobody has told it, and does as it is told by others: 0 and 6 are
 * the end, 1 and S a shell. */
static gboolean
check_level (DomuimgMachine *self, char level)
{
  if (self->info->init != DOMUIMG_INIT_SYSVINIT || (level != '\0' && strchr ("016Ss", level) == NULL))
    return TRUE;
  if (level == '\0')
    domuimg_finding_advise (
        domuimg_machine_report (self, "init-no-login", "/etc/inittab",
                                "/etc/inittab has no initdefault: init asks for a run level"),
        "add “id:2:initdefault:” (Red Hat: 3)");
  else
    domuimg_finding_advise (
        domuimg_machine_report (self, "init-no-login", "/etc/inittab",
                                "the default run level of /etc/inittab is %c: no login is started",
                                level),
        "make it 2 (Red Hat: 3)");
  return FALSE;
}

static void
check_inittab (DomuimgMachine *self, const char *console)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, "etc/inittab", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  char word = find_word_level (self);
  char level = word != '\0' ? word : domuimg_check_find_level (lines);
  gboolean mentioned = FALSE;

  if (text != NULL && !check_level (self, level))
    return;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (is_getty_line (self, lines[i], level, console))
        return;
      mentioned = mentioned || (*lines[i] != '#' && strstr (lines[i], console) != NULL);
    }
  report_getty (self, "/etc/inittab", console, !mentioned && has_getty (self));
}

static gboolean
is_getty_job (DomuimgMachine *self, const char *path, const char *console)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (*line == '#')
        continue;
      /* RHEL 6 starts one on whichever terminal is the kernel's console. */
      if (strstr (line, "fedora.serial-console-available") != NULL
          && is_system_console (self, console))
        return TRUE;
      if (g_str_has_prefix (line, "exec") && strstr (line, "getty") != NULL
          && strstr (line, console) != NULL)
        return TRUE;
    }
  return FALSE;
}

static void
check_upstart (DomuimgMachine *self, const char *console)
{
  g_auto (GStrv) names = domuimg_tree_list (self->tree, "etc/init", NULL);
  g_autofree char *serial = domuimg_tree_read_text (self->tree, "etc/init/serial.conf", NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("etc/init/", names[i], NULL);

      if (g_str_has_suffix (names[i], ".conf") && is_getty_job (self, path, console))
        return;
    }
  if (serial != NULL && strstr (serial, "fedora.serial-console-available") != NULL)
    domuimg_offer_parameter (
        domuimg_machine_report_as (self, weigh (self, console), "console-getty",
                                   "/etc/init/serial.conf",
                                   "/etc/init/serial.conf starts a login on the kernel's console"
                                   " only, which %s is not",
                                   console),
        self, "console", console);
  else
    report_getty (self, "/etc/init", console, has_getty (self));
}

/* openrc-init and runit: a service of the terminal. */
static void
check_service (DomuimgMachine *self, const char *console, const char *services,
               const char *separator, const char *script)
{
  g_autofree char *service = g_strconcat (services, "/agetty", separator, console, NULL);
  g_autofree char *path = g_strconcat (script, console, NULL);
  gboolean openrc = self->info->init == DOMUIMG_INIT_OPENRC;

  if (!domuimg_tree_exists (self->tree, service))
    report_getty (self, services, console,
                  domuimg_tree_exists (self->tree, openrc ? "/etc/init.d/agetty" : path));
}

static void
check_getty (DomuimgMachine *self, const char *console)
{
  switch (self->info->init)
    {
    case DOMUIMG_INIT_SYSTEMD:
      check_systemd (self, console);
      break;
    case DOMUIMG_INIT_SYSVINIT:
    case DOMUIMG_INIT_BUSYBOX:
      check_inittab (self, console);
      break;
    case DOMUIMG_INIT_UPSTART:
      check_upstart (self, console);
      break;
    case DOMUIMG_INIT_OPENRC:
      check_service (self, console, "/etc/runlevels/default", ".", "/etc/init.d/agetty.");
      break;
    case DOMUIMG_INIT_RUNIT:
      check_service (self, console, "/etc/runit/runsvdir/default", "-", "/etc/sv/agetty-");
      break;
    case DOMUIMG_INIT_UNKNOWN:
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_UNKNOWN, "console-getty", NULL,
                                 "the guest has an init that is not known: whether it starts a"
                                 " login on %s cannot be told",
                                 console);
      break;
    }
}

/* getty asks for a name, and then runs login. */
static void
check_login (DomuimgMachine *self)
{
  if (!domuimg_tree_is_executable (self->tree, "/bin/login")
      && !domuimg_tree_is_executable (self->tree, "/usr/bin/login"))
    domuimg_finding_advise (domuimg_machine_report (self, "console-login", "/bin/login",
                                                    "the guest has no /bin/login: nobody can log in"
                                                    " on its console"),
                            "install it in the guest (Debian: apt install login)");
}

/* The kernel then writes where nobody reads; what starts a login may not care. */
static void
check_cmdline (DomuimgMachine *self, const char *console)
{
  g_autoptr (GPtrArray) consoles = domuimg_machine_list_parameter (self, "console");

  if (consoles->len == 0 || g_str_equal (console, "tty1") || is_on_cmdline (self, console))
    return;
  domuimg_offer_parameter (
      domuimg_machine_report (self, "console-parameter",
                              g_ptr_array_index (consoles, consoles->len - 1),
                              "console=%s on the kernel's command line is not the console of a %s"
                              " guest, %s: messages of the kernel will be lost",
                              (const char *) g_ptr_array_index (consoles, consoles->len - 1),
                              domuimg_guest_type_to_string (self->type), console),
      self, "console", console);
}

static gboolean
repair_securetty (DomuimgEdit *edit, const char *argument, GError **error)
{
  g_autofree char *text = domuimg_tree_read_text (edit->tree, "etc/securetty", error);
  g_autofree char *changed = NULL;

  if (text == NULL)
    return FALSE;
  changed = g_strdup_printf ("%s%s%s\n", text, g_str_has_suffix (text, "\n") ? "" : "\n", argument);
  return domuimg_edit_write (edit, "/etc/securetty", changed, 0600, error);
}

/* Without PAM, login looks at the file itself. */
static gboolean
uses_securetty (DomuimgMachine *self)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, "etc/pam.d/login", NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) != '#' && strstr (lines[i], "pam_securetty") != NULL)
      return TRUE;
  return text == NULL;
}

static void
check_securetty (DomuimgMachine *self, const char *console)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, "etc/securetty", NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  if (text == NULL || !uses_securetty (self))
    return;
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_equal (g_strstrip (lines[i]), console))
      return;
  domuimg_finding_offer_edit (
      domuimg_machine_report (self, "console-securetty", "/etc/securetty",
                              "/etc/securetty does not list %s: root cannot log in there", console),
      repair_securetty, console, "add %s to /etc/securetty", console);
}

void
domuimg_check_console (DomuimgMachine *self)
{
  const char *console = console_of (self);

  if (self->tree == NULL || self->info == NULL)
    return;
  check_cmdline (self, console);
  /* It writes there, and nobody logs in. */
  if (self->application != NULL)
    return;
  check_getty (self, console);
  check_login (self);
  check_securetty (self, console);
}
