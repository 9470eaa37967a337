/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/repair.h"
#include "lib/check/repairs.h"

/* A login on the console: hvc0 of PV and PVH guests, the serial line of an HVM guest that has one,
 * else its screen. */

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

  return strncmp (console, device, length) == 0 && (console[length] == '\0' || console[length] == ',');
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

static gboolean
is_masked (DomuimgMachine *self, const char *unit)
{
  g_autofree char *path = g_strconcat ("/etc/systemd/system/", unit, NULL);
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->tree, path, NULL);

  return entry != NULL
         && ((entry->type == DOMUIMG_ENTRY_SYMLINK && g_str_equal (entry->target, "/dev/null"))
             || (entry->type == DOMUIMG_ENTRY_FILE && entry->size == 0));
}

static gboolean
repair_mask (DomuimgRepairSite *site, const char *argument, GError **error)
{
  g_autofree char *path = g_strconcat ("/etc/systemd/system/", argument, NULL);

  if (!domuimg_repair_keep (site, path, error) || !domuimg_tree_remove (site->tree, path, error))
    return FALSE;
  domuimg_repair_note (site, "unmasked %s", argument);
  return TRUE;
}

/* systemd's generator starts a login on every console of the kernel, and on hvc0 where there is
 * one, whatever the command line says. */
static void
check_systemd (DomuimgMachine *self, const char *console)
{
  gboolean screen = g_str_equal (console, "tty1");
  g_autofree char *own = g_strdup_printf (screen ? "getty@%s.service" : "serial-getty@%s.service",
                                          console);
  const char *units[] = { "getty.target", screen ? "getty@.service" : "serial-getty@.service", own };
  g_autofree char *wanted
      = g_strdup_printf ("/etc/systemd/system/getty.target.wants/%s", own);

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (is_masked (self, units[i]))
      {
        domuimg_finding_offer (domuimg_machine_report (self, "console-getty", units[i],
                                                       "%s is masked in the guest: no login on %s",
                                                       units[i], console),
                               repair_mask, units[i], "unmask %s", units[i]);
        return;
      }
  if (g_str_equal (console, "ttyS0") && !is_on_cmdline (self, console)
      && !domuimg_tree_exists (self->tree, wanted))
    domuimg_offer_parameter (
        domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "console-getty", console,
                                   "nothing starts a login on %s, which is not a console on the"
                                   " kernel's command line",
                                   console),
        self, "console", console);
}

/* A line of inittab that keeps a getty on the console; "console" and "-" are the kernel's own. */
static gboolean
is_getty_line (DomuimgMachine *self, const char *line, const char *console)
{
  g_auto (GStrv) fields = g_strsplit (line, ":", 4);
  g_auto (GStrv) words = NULL;

  if (g_strv_length (fields) < 4 || fields[0][0] == '#'
      || (!g_str_equal (fields[2], "respawn") && !g_str_equal (fields[2], "askfirst")))
    return FALSE;
  if (g_str_equal (fields[0], console) && strstr (fields[3], "getty") == NULL)
    return FALSE;
  words = g_strsplit_set (fields[3], " \t", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *tty = g_str_has_prefix (words[i], "/dev/") ? words[i] + 5 : words[i];

      if (g_str_equal (tty, console))
        return TRUE;
      if (i > 0 && (g_str_equal (tty, "console") || g_str_equal (tty, "-")))
        return TRUE;
    }
  return FALSE;
}

static gboolean
repair_inittab (DomuimgRepairSite *site, const char *argument, GError **error)
{
  g_autofree char *text = domuimg_tree_read_text (site->tree, "etc/inittab", error);
  g_autofree char *changed = NULL;
  gboolean busybox = site->machine->info->init == DOMUIMG_INIT_BUSYBOX;

  if (text == NULL)
    return FALSE;
  changed = busybox ? g_strdup_printf ("%s%s%s::respawn:/sbin/getty 38400 %s vt100\n", text,
                                       g_str_has_suffix (text, "\n") ? "" : "\n", argument, argument)
                    : g_strdup_printf ("%s%sh0:2345:respawn:/sbin/getty -L 38400 %s vt100\n", text,
                                       g_str_has_suffix (text, "\n") ? "" : "\n", argument);
  return domuimg_repair_write (site, "/etc/inittab", changed, 0644, error);
}

static void
check_inittab (DomuimgMachine *self, const char *console)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, "etc/inittab", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (is_getty_line (self, lines[i], console))
      return;
  if (text != NULL)
    domuimg_finding_offer (domuimg_machine_report (self, "console-getty", "/etc/inittab",
                                                   "no line of /etc/inittab starts a login on %s",
                                                   console),
                           repair_inittab, console, "add a getty on %s to /etc/inittab", console);
  else
    domuimg_machine_report_as (self, DOMUIMG_SEVERITY_UNKNOWN, "console-getty", NULL,
                               "the guest has no /etc/inittab: whether a login is on %s cannot be"
                               " told",
                               console);
}

static void
check_upstart (DomuimgMachine *self, const char *console)
{
  g_auto (GStrv) names = domuimg_tree_list (self->tree, "etc/init", NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("etc/init/", names[i], NULL);
      g_autofree char *text = g_str_has_suffix (names[i], ".conf")
                                  ? domuimg_tree_read_text (self->tree, path, NULL)
                                  : NULL;

      if (text != NULL && strstr (text, "getty") != NULL
          && (strstr (text, console) != NULL || g_str_equal (names[i], "serial.conf")))
        return;
    }
  domuimg_machine_report (self, "console-getty", "/etc/init", "no job of /etc/init starts a login"
                                                              " on %s",
                          console);
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
    default:
      break;
    }
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
repair_securetty (DomuimgRepairSite *site, const char *argument, GError **error)
{
  g_autofree char *text = domuimg_tree_read_text (site->tree, "etc/securetty", error);
  g_autofree char *changed = text != NULL ? g_strdup_printf ("%s%s%s\n", text,
                                                             g_str_has_suffix (text, "\n") ? "" : "\n",
                                                             argument)
                                          : NULL;

  return changed != NULL && domuimg_repair_write (site, "/etc/securetty", changed, 0600, error);
}

static void
check_securetty (DomuimgMachine *self, const char *console)
{
  g_autofree char *pam = domuimg_tree_read_text (self->tree, "etc/pam.d/login", NULL);
  g_autofree char *text = domuimg_tree_read_text (self->tree, "etc/securetty", NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  if (text == NULL || (pam != NULL && strstr (pam, "pam_securetty") == NULL))
    return;
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_equal (g_strstrip (lines[i]), console))
      return;
  domuimg_finding_offer (domuimg_machine_report (self, "console-securetty", "/etc/securetty",
                                                 "/etc/securetty does not list %s: root cannot log"
                                                 " in there",
                                                 console),
                         repair_securetty, console, "add %s to /etc/securetty", console);
}

void
domuimg_check_console (DomuimgMachine *self)
{
  const char *console = console_of (self);

  if (self->tree == NULL || self->info == NULL)
    return;
  check_cmdline (self, console);
  check_getty (self, console);
  check_securetty (self, console);
}
