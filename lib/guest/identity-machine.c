/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cleaners of what names the machine: IDs, and what is derived from them. */
#include "config.h"
#include "lib/guest/identity.h"

#include <string.h>

/* A link to /etc/machine-id follows by itself. */
gboolean
domuimg_clean_dbus_id (DomuimgGuestRun *self, GError **error)
{
  const char *path = "/var/lib/dbus/machine-id";
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->edit->tree, path, NULL);

  return entry == NULL || entry->type != DOMUIMG_ENTRY_FILE
         || domuimg_edit_remove (self->edit, path, error);
}

/* An empty file makes systemd take a new id, without the other things of a "first boot"
 * (machine-id(5)), such as setting all services to their presets. */
gboolean
domuimg_clean_machine_id (DomuimgGuestRun *self, GError **error)
{
  if (self->info->init == DOMUIMG_INIT_SYSTEMD)
    return domuimg_edit_write (self->edit, "/etc/machine-id", "", 0444, error);
  /* dbus-uuidgen makes one where there is none, but takes no empty file. */
  return domuimg_edit_remove (self->edit, "/etc/machine-id", error);
}

/* Debian's scripts make a name where the file asks for one, Red Hat's service where there is no file. */
gboolean
domuimg_clean_initiator (DomuimgGuestRun *self, GError **error)
{
  const char *path = "/etc/iscsi/initiatorname.iscsi";

  if (!domuimg_tree_exists (self->edit->tree, path))
    return TRUE;
  return self->info->redhat ? domuimg_edit_remove (self->edit, path, error)
                            : domuimg_edit_write (self->edit, path, "GenerateName=yes\n", 0600, error);
}

gboolean
domuimg_clean_reconfiguration (DomuimgGuestRun *self, GError **error)
{
  return domuimg_edit_write (self->edit, "/.unconfigured", "", 0644, error);
}

static gboolean
remove_if_backup (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend,
                  gpointer user_data, GError **error)
{
  static const char *const patterns[] = { "*~", "*.bak", ".*.swp", "#*#" };
  g_autofree char *name = g_path_get_basename (entry->path);
  DomuimgGuestRun *self = user_data;

  for (guint i = 0; entry->type == DOMUIMG_ENTRY_FILE && i < G_N_ELEMENTS (patterns); i++)
    if (g_pattern_match_simple (patterns[i], name))
      return domuimg_edit_remove (self->edit, entry->path, error);
  return TRUE;
}

gboolean
domuimg_clean_backup_files (DomuimgGuestRun *self, GError **error)
{
  static const char *const tops[] = { "/etc", "/root", "/home", "/srv" };

  for (guint i = 0; i < G_N_ELEMENTS (tops); i++)
    if (domuimg_tree_is_dir (self->edit->tree, tops[i])
        && !domuimg_tree_walk (self->edit->tree, tops[i], remove_if_backup, self, error))
      return FALSE;
  return TRUE;
}
