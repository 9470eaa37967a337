/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only helped the guest to live with the old hypervisor. */
#include "config.h"

#include <string.h>

#include "lib/convert/edit.h"

static const char *const services[] = {
  "open-vm-tools", "vmtoolsd", "vgauth", "vgauthd", "vmware-tools", "vmware-tools-thinprint",
  "run-vmblock-fuse", "vmware-vmblock-fuse", "qemu-guest-agent", "qemu-ga", "spice-vdagentd",
  "spice-vdagent", "vboxadd", "vboxadd-service", "vboxadd-x11", "vboxservice",
  "virtualbox-guest-utils", "virtualbox-guest-x11", "hypervkvpd", "hypervvssd", "hypervfcopyd",
  "hv-kvp-daemon", "hv-vss-daemon", "hv-fcopy-daemon", "prltoolsd",
};

static gboolean
is_of_tools (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (services); i++)
    {
      gsize length = strlen (services[i]);

      if (g_str_has_prefix (name, services[i])
          && (name[length] == '\0' || g_str_equal (name + length, ".service")
              || g_str_equal (name + length, ".mount") || g_str_equal (name + length, ".socket")))
        return TRUE;
    }
  return FALSE;
}

/* Removes the links that want the units, like systemctl disable. */
static gboolean
disable_units (DomuimgConvertEdit *self, const char *directory, GError **error)
{
  g_auto (GStrv) names = domuimg_tree_list (self->root, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (directory, names[i], NULL);

      if (is_of_tools (names[i]) && !domuimg_edit_take_away (self->edit, path, error))
        return FALSE;
    }
  return TRUE;
}

/* An alias enables a unit, too; a link to nowhere keeps it from starting. */
static gboolean
is_alias (DomuimgConvertEdit *self, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->root, path, NULL);

  return entry != NULL && entry->type == DOMUIMG_ENTRY_SYMLINK
         && !g_str_equal (entry->target, "/dev/null");
}

static gboolean
disable_all_units (DomuimgConvertEdit *self, GError **error)
{
  static const char above[] = "/etc/systemd/system";
  g_auto (GStrv) names = domuimg_tree_list (self->root, above, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (above, names[i], NULL);

      if ((g_str_has_suffix (names[i], ".wants") || g_str_has_suffix (names[i], ".requires"))
          && !disable_units (self, path, error))
        return FALSE;
      if (is_of_tools (names[i]) && is_alias (self, path)
          && !domuimg_edit_take_away (self->edit, path, error))
        return FALSE;
    }
  return TRUE;
}

/* "S20open-vm-tools" of a runlevel becomes "K80open-vm-tools", as insserv has it. */
static gboolean
disable_scripts (DomuimgConvertEdit *self, const char *directory, GError **error)
{
  g_auto (GStrv) names = domuimg_tree_list (self->root, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      const char *name = names[i];
      g_autofree char *from = g_build_filename (directory, name, NULL);
      g_autofree char *to = NULL;
      g_autoptr (DomuimgEntry) entry = NULL;

      if (strlen (name) < 4 || name[0] != 'S' || !is_of_tools (name + 3))
        continue;
      entry = domuimg_tree_stat (self->root, from, NULL);
      if (entry == NULL || entry->type != DOMUIMG_ENTRY_SYMLINK)
        continue;
      to = g_strdup_printf ("%s/K80%s", directory, name + 3);
      if (!domuimg_tree_symlink (self->root, entry->target, to, error)
          || !domuimg_tree_remove (self->root, from, error))
        return FALSE;
      domuimg_edit_note (self->edit, "disabled %s", from);
    }
  return TRUE;
}

static gboolean
disable_runlevels (DomuimgConvertEdit *self, GError **error)
{
  static const char *const openrc[] = { "sysinit", "boot", "default" };

  for (char level = '1'; level <= '5'; level++)
    {
      g_autofree char *debian = g_strdup_printf ("/etc/rc%c.d", level);
      g_autofree char *redhat = g_strdup_printf ("/etc/rc.d/rc%c.d", level);

      if (!disable_scripts (self, debian, error) || !disable_scripts (self, redhat, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (openrc); i++)
    {
      g_autofree char *directory = g_strdup_printf ("/etc/runlevels/%s", openrc[i]);

      if (!disable_units (self, directory, error))
        return FALSE;
    }
  return TRUE;
}

/* A screen of the old machine's kind keeps X from starting. */
static gboolean
set_xorg_aside (DomuimgConvertEdit *self, const char *path, GError **error)
{
  g_autofree char *text = domuimg_tree_read_text (self->root, path, NULL);

  if (text == NULL
      || !g_regex_match_simple ("^\\s*Driver\\s+\"(vmware|vmmouse|vboxvideo|vboxmouse|qxl|cirrus)\"",
                                text, G_REGEX_CASELESS | G_REGEX_MULTILINE, 0))
    return TRUE;
  return domuimg_edit_take_away (self->edit, path, error);
}

static gboolean
set_all_xorg_aside (DomuimgConvertEdit *self, GError **error)
{
  static const char above[] = "/etc/X11/xorg.conf.d";
  g_auto (GStrv) names = domuimg_tree_list (self->root, above, NULL);

  if (!set_xorg_aside (self, "/etc/X11/xorg.conf", error))
    return FALSE;
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (above, names[i], NULL);

      if (!set_xorg_aside (self, path, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_convert_step_tools (DomuimgConvertEdit *self, GError **error)
{
  if (!set_all_xorg_aside (self, error))
    return FALSE;
  return self->want->keep_tools
         || (disable_all_units (self, error) && disable_runlevels (self, error));
}
