/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ordered table of steps that make a guest's files fit the guest that is wanted. */
#include "config.h"
#include "lib/guest/customise.h"

#include <string.h>

#include "lib/guest/steps.h"

static void
mount_free (gpointer data)
{
  DomuimgGuestMount *self = data;

  g_free (self->spec);
  g_free (self->mount_point);
  g_free (self->fs);
  g_free (self->options);
  g_free (self);
}

static void
growth_free (gpointer data)
{
  DomuimgGuestGrowth *self = data;

  g_free (self->uuid);
  g_free (self->mount_point);
  g_free (self->fs);
  g_free (self);
}

static void
nic_free (gpointer data)
{
  DomuimgGuestNic *self = data;

  g_free (self->mac);
  g_free (self->address);
  g_free (self->gateway);
  g_free (self->address6);
  g_free (self->gateway6);
  g_ptr_array_unref (self->dns);
  g_free (self->dns_search);
  g_free (self);
}

static void
renamed_free (gpointer data)
{
  DomuimgGuestRenamed *self = data;

  g_free (self->old);
  g_free (self->new);
  g_free (self);
}

DomuimgCustomise *
domuimg_customise_new (void)
{
  DomuimgCustomise *self = g_new0 (DomuimgCustomise, 1);

  self->root_fs = g_strdup ("ext4");
  self->mounts = g_ptr_array_new_with_free_func (mount_free);
  self->growths = g_ptr_array_new_with_free_func (growth_free);
  self->nics = g_ptr_array_new_with_free_func (nic_free);
  self->authorized_keys = g_ptr_array_new_with_free_func (g_free);
  self->macs = g_ptr_array_new_with_free_func (renamed_free);
  self->uuids = g_ptr_array_new_with_free_func (renamed_free);
  return self;
}

void
domuimg_customise_free (DomuimgCustomise *self)
{
  if (self == NULL)
    return;
  g_free (self->hostname);
  g_free (self->root_uuid);
  g_free (self->root_fs);
  g_free (self->root_spec);
  g_free (self->crypt_name);
  g_free (self->crypt_uuid);
  g_ptr_array_unref (self->mounts);
  g_ptr_array_unref (self->growths);
  g_ptr_array_unref (self->nics);
  g_ptr_array_unref (self->macs);
  g_ptr_array_unref (self->uuids);
  g_free (self->root_password_hash);
  g_ptr_array_unref (self->authorized_keys);
  g_free (self->locale);
  g_free (self->timezone);
  g_free (self->keymap);
  g_free (self->kernel_version);
  g_free (self);
}

DomuimgGuestMount *
domuimg_customise_add_mount (DomuimgCustomise *self, const char *spec, const char *mount_point,
                             const char *fs, const char *options)
{
  DomuimgGuestMount *mount = g_new0 (DomuimgGuestMount, 1);

  mount->spec = g_strdup (spec);
  mount->mount_point = g_strdup (mount_point);
  mount->fs = g_strdup (fs);
  mount->options = g_strdup (options);
  g_ptr_array_add (self->mounts, mount);
  return mount;
}

gboolean
domuimg_customise_has_disk_at (const DomuimgCustomise *self, const char *path)
{
  for (guint i = 0; i < self->mounts->len; i++)
    {
      const char *point = ((DomuimgGuestMount *) g_ptr_array_index (self->mounts, i))->mount_point;

      if (point != NULL && g_str_has_prefix (path, point)
          && (path[strlen (point)] == '/' || path[strlen (point)] == '\0'))
        return TRUE;
    }
  return FALSE;
}

DomuimgGuestGrowth *
domuimg_customise_add_growth (DomuimgCustomise *self, const char *uuid, const char *mount_point,
                              const char *fs)
{
  DomuimgGuestGrowth *growth = g_new0 (DomuimgGuestGrowth, 1);

  growth->uuid = g_strdup (uuid);
  growth->mount_point = g_strdup (mount_point);
  growth->fs = g_strdup (fs);
  g_ptr_array_add (self->growths, growth);
  return growth;
}

DomuimgGuestNic *
domuimg_customise_add_nic (DomuimgCustomise *self, const char *mac)
{
  DomuimgGuestNic *nic = g_new0 (DomuimgGuestNic, 1);

  nic->mac = g_ascii_strdown (mac, -1);
  nic->dns = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->nics, nic);
  return nic;
}

static void
add_renamed (GPtrArray *into, const char *old, const char *new)
{
  DomuimgGuestRenamed *renamed = g_new0 (DomuimgGuestRenamed, 1);

  renamed->old = g_strdup (old);
  renamed->new = g_strdup (new);
  g_ptr_array_add (into, renamed);
}

void
domuimg_customise_add_mac (DomuimgCustomise *self, const char *old, const char *new)
{
  add_renamed (self->macs, old, new);
}

void
domuimg_customise_add_uuid (DomuimgCustomise *self, const char *old, const char *new)
{
  add_renamed (self->uuids, old, new);
}

/* In this order: what the guest may lack before anything is written, directories before files in them,
 * names before what uses them. */
static const struct {
  const char *name;
  gboolean (*run) (DomuimgGuestRun *self, GError **error);
  gboolean is_for_clones;
} steps[] = {
  { "growth", domuimg_guest_step_growfs, FALSE },
  { "directories and devices", domuimg_guest_step_devices, FALSE },
  { "fstab", domuimg_guest_step_fstab, FALSE },
  { "host name", domuimg_guest_step_hosts, TRUE },
  { "console login", domuimg_guest_step_console, FALSE },
  { "device names", domuimg_guest_step_udev, FALSE },
  { "network", domuimg_guest_step_network, TRUE },
  { "root's login", domuimg_guest_step_users, TRUE },
  { "identity", domuimg_guest_step_identity, TRUE },
  { "SSH host keys", domuimg_guest_step_host_keys, TRUE },
  { "locale", domuimg_guest_step_locale, TRUE },
  { "modules", domuimg_guest_step_modules, FALSE },
  { "SELinux labels", domuimg_guest_step_selinux, TRUE },
};

/* The first word of the file, as hostname(5) has it. */
static char *
read_hostname (DomuimgTree *tree)
{
  char *text = domuimg_tree_read_text (tree, "/etc/hostname", NULL);

  if (text != NULL)
    text[strcspn (text, " \t\r\n")] = '\0';
  return text;
}

gboolean
domuimg_customise_run (const DomuimgCustomise *self, DomuimgTree *tree, GPtrArray *changes,
                       GCancellable *cancellable, GError **error)
{
  if (!domuimg_customise_validate (self, error))
    return FALSE;
  g_autoptr (DomuimgGuestInfo) info = domuimg_guest_info_new (tree, error);
  if (info == NULL)
    return FALSE;
  DomuimgEdit edit = { .tree = tree, .changes = changes, .cancellable = cancellable };
  g_autofree char *old_hostname = read_hostname (tree);
  DomuimgGuestRun run
      = { .want = self, .edit = &edit, .info = info, .old_hostname = old_hostname };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if ((!self->is_clone || steps[i].is_for_clones) && !steps[i].run (&run, error))
        {
          g_prefix_error (error, "Customising the guest (%s): ", steps[i].name);
          return FALSE;
        }
    }
  return TRUE;
}
