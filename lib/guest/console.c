/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A login on the console of a Xen guest, whatever starts the gettys. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

/* What init respawns in a guest that may lack the console: a getty without one ends at once. A line
 * of inittab has at most 127 letters here. */
#define IF_THERE                                                                                   \
  "/bin/sh -c 'grep -qw %s /sys/class/tty/console/active && exec %s 38400 %s; exec sleep 9999999'"

/* systemd's generator starts a getty on a console= of the command line by itself; the link
 * makes the login independent of the command line. */
static gboolean
login_by_systemd (DomuimgGuestRun *self, const char *tty, GError **error)
{
  g_autofree char *unit = g_strdup_printf ("serial-getty@%s.service", tty);
  g_autofree char *link = g_strconcat ("/etc/systemd/system/getty.target.wants/", unit, NULL);
  const char *names[] = { unit, "serial-getty@.service", "getty.target" };

  /* Masked, as in the trees of container images. */
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("/etc/systemd/system/", names[i], NULL);
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->edit->tree, path, NULL);

      if (entry != NULL && entry->type == DOMUIMG_ENTRY_SYMLINK
          && g_str_equal (entry->target, "/dev/null")
          && !domuimg_edit_remove (self->edit, path, error))
        return FALSE;
    }
  g_autofree char *template = domuimg_guest_unit_path (self->edit->tree, "serial-getty@.service");
  if (template == NULL)
    {
      domuimg_edit_warn (self->edit, "the guest has no serial-getty@.service: no login on %s", tty);
      return TRUE;
    }
  if (domuimg_tree_exists (self->edit->tree, link))
    return TRUE;
  return domuimg_edit_symlink (self->edit, template, link, error);
}

static const char *
find_getty (DomuimgGuestRun *self)
{
  static const char *const gettys[] = { "/sbin/getty", "/sbin/agetty", "/usr/sbin/getty",
                                        "/usr/sbin/agetty", "/bin/getty", "/usr/bin/agetty" };

  for (guint i = 0; i < G_N_ELEMENTS (gettys); i++)
    if (domuimg_tree_exists (self->edit->tree, gettys[i]))
      return gettys[i];
  return NULL;
}

/* An active line of inittab(5) that keeps something running on @tty. */
static gboolean
respawns_on (const char *line, const char *tty)
{
  g_auto (GStrv) fields = g_strsplit (line, ":", 4);

  if (*line == '#' || g_strv_length (fields) != 4
      || (!g_str_equal (fields[2], "respawn") && !g_str_equal (fields[2], "askfirst")))
    return FALSE;
  g_auto (GStrv) words = g_strsplit_set (fields[3], " \t\r", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *word = g_str_has_prefix (words[i], "/dev/") ? words[i] + 5 : words[i];

      if (g_str_equal (word, tty))
        return TRUE;
    }
  return g_str_equal (fields[0], tty) && strstr (fields[3], "getty") == NULL;
}

static char *
getty_line (DomuimgGuestRun *self, const char *tty)
{
  const char *getty = find_getty (self);
  const char *name = g_str_equal (tty, "ttyS0") ? "S0" : tty;

  if (getty == NULL)
    return NULL;
  /* In busybox's inittab the first field is the terminal, and there are no run levels; in
   * sysvinit's it is any unique name of up to four characters. */
  if (self->info->init == DOMUIMG_INIT_BUSYBOX)
    return g_strdup_printf ("%s::respawn:%s -L %s 115200 vt100", tty, getty, tty);
  if (self->want->all_consoles)
    return g_strdup_printf ("%s:2345:respawn:" IF_THERE, name, tty, getty, tty);
  return g_strdup_printf ("%.4s:2345:respawn:%s 38400 %s", name, getty, tty);
}

/* What busybox's init does where it finds no inittab (its examples/inittab), but for shells. */
static const char busybox_inittab[] = "::sysinit:/etc/init.d/rcS\n"
                                      "::ctrlaltdel:/sbin/reboot\n"
                                      "::shutdown:/sbin/swapoff -a\n"
                                      "::shutdown:/bin/umount -a -r\n"
                                      "::restart:/sbin/init\n";

static gboolean
login_by_inittab (DomuimgGuestRun *self, const char *tty, GError **error)
{
  g_autofree char *old = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean there = FALSE;

  if (!domuimg_edit_read (self->edit, "/etc/inittab", &old, error))
    return FALSE;
  if (old == NULL && self->info->init == DOMUIMG_INIT_BUSYBOX)
    old = g_strdup (busybox_inittab);
  g_auto (GStrv) lines = g_strsplit (old != NULL ? old : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      /* PV and PVH guests have no serial port: init would start a getty for it every few
       * seconds. */
      gboolean absent = !self->want->all_consoles && !g_str_equal (tty, "ttyS0")
                        && (respawns_on (lines[i], "ttyS0") || respawns_on (lines[i], "ttyS1"));

      there = there || respawns_on (lines[i], tty);
      if (lines[i + 1] != NULL || *lines[i] != '\0')
        g_string_append_printf (out, "%s%s\n", absent ? "#" : "", lines[i]);
    }
  if (!there)
    {
      g_autofree char *line = getty_line (self, tty);

      if (line == NULL)
        {
          domuimg_edit_warn (self->edit, "the guest has no getty program: no login on %s", tty);
          return TRUE;
        }
      g_string_append_printf (out, "%s\n", line);
    }
  return domuimg_edit_write (self->edit, "/etc/inittab", out->str, 0644, error);
}

static gboolean
login_by_upstart (DomuimgGuestRun *self, const char *tty, GError **error)
{
  g_autofree char *serial = NULL;
  g_autofree char *path = g_strdup_printf ("/etc/init/%s.conf", tty);
  const char *getty = find_getty (self);

  if (!domuimg_edit_read (self->edit, "/etc/init/serial.conf", &serial, error))
    return FALSE;
  /* RHEL 6 starts a getty on whichever terminal the kernel's console is, and two of them
   * would share the keys between them. */
  if (serial != NULL && strstr (serial, "fedora.serial-console-available") != NULL)
    return TRUE;
  if (domuimg_tree_exists (self->edit->tree, path))
    return TRUE;
  if (getty == NULL)
    {
      domuimg_edit_warn (self->edit, "the guest has no getty program: no login on %s", tty);
      return TRUE;
    }
  g_autofree char *text = g_strdup_printf (DOMUIMG_GUEST_MARK
                                           "description \"login on Xen's console\"\n\n"
                                           "start on stopped rc RUNLEVEL=[2345]\n"
                                           "stop on runlevel [!2345]\n\n"
                                           "respawn\n"
                                           "exec %s 38400 %s\n",
                                           getty, tty);
  return domuimg_edit_write_own (self->edit, path, text, 0644, error);
}

/* openrc-init has no inittab: a service agetty.TTY is a link to the script agetty. */
static gboolean
login_by_openrc (DomuimgGuestRun *self, const char *tty, GError **error)
{
  g_autofree char *script = g_strdup_printf ("/etc/init.d/agetty.%s", tty);
  g_autofree char *level = g_strdup_printf ("/etc/runlevels/default/agetty.%s", tty);

  if (!domuimg_tree_exists (self->edit->tree, "/etc/init.d/agetty"))
    {
      domuimg_edit_warn (self->edit, "the guest has no /etc/init.d/agetty: no login on %s", tty);
      return TRUE;
    }
  return domuimg_edit_symlink (self->edit, "agetty", script, error)
         && domuimg_edit_symlink (self->edit, script, level, error);
}

static gboolean
login_by_runit (DomuimgGuestRun *self, const char *tty, GError **error)
{
  g_autofree char *service = g_strdup_printf ("/etc/sv/agetty-%s", tty);
  g_autofree char *link = g_strdup_printf ("/etc/runit/runsvdir/default/agetty-%s", tty);

  if (!domuimg_tree_is_dir (self->edit->tree, service))
    {
      domuimg_edit_warn (self->edit, "the guest has no %s: no login on %s", service, tty);
      return TRUE;
    }
  return domuimg_edit_symlink (self->edit, service, link, error);
}

static gboolean
allow_root (DomuimgGuestRun *self, const char *tty, GError **error)
{
  g_autofree char *old = NULL;

  if (!domuimg_edit_read (self->edit, "/etc/securetty", &old, error))
    return FALSE;
  if (old == NULL)
    return TRUE;
  g_auto (GStrv) lines = g_strsplit_set (old, "\r\n", -1);
  g_autoptr (GString) out = g_string_new (old);
  /* Before Linux 3.0 some kernels called Xen's console xvc0. */
  gboolean old_kernel = self->info->init == DOMUIMG_INIT_SYSVINIT
                        || self->info->init == DOMUIMG_INIT_UPSTART;
  const char *ttys[] = { tty, g_str_equal (tty, "hvc0") && old_kernel ? "xvc0" : NULL };

  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, '\n');
  for (guint i = 0; i < G_N_ELEMENTS (ttys); i++)
    if (ttys[i] != NULL && !g_strv_contains ((const char *const *) lines, ttys[i]))
      g_string_append_printf (out, "%s\n", ttys[i]);
  return domuimg_edit_write (self->edit, "/etc/securetty", out->str, 0600, error);
}

static gboolean
add_login (DomuimgGuestRun *self, const char *tty, GError **error)
{
  gboolean (*login) (DomuimgGuestRun *, const char *, GError **) = NULL;

  switch (self->info->init)
    {
    case DOMUIMG_INIT_SYSTEMD:
      login = login_by_systemd;
      break;
    case DOMUIMG_INIT_UPSTART:
      login = login_by_upstart;
      break;
    case DOMUIMG_INIT_SYSVINIT:
    case DOMUIMG_INIT_BUSYBOX:
      login = login_by_inittab;
      break;
    case DOMUIMG_INIT_OPENRC:
      login = login_by_openrc;
      break;
    case DOMUIMG_INIT_RUNIT:
      login = login_by_runit;
      break;
    case DOMUIMG_INIT_UNKNOWN:
      domuimg_edit_warn (self->edit, "unknown init system: no login was set up on %s", tty);
      return allow_root (self, tty, error);
    }
  return login (self, tty, error) && allow_root (self, tty, error);
}

gboolean
domuimg_guest_step_console (DomuimgGuestRun *self, GError **error)
{
  static const char *const all[] = { "hvc0", "ttyS0" };

  if (!self->want->all_consoles)
    return add_login (self, domuimg_guest_console (self->want), error);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (!add_login (self, all[i], error))
      return FALSE;
  return TRUE;
}
