/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes a clone another machine than its source, in its files and in its seed. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/iso-write.h"
#include "lib/base/private-file.h"
#include "lib/guest/identity.h"
#include "lib/guest/logins.h"
#include "lib/guest/seed.h"
#include "lib/spec/seed-spec.h"
#include "lib/spec/spec-keys.h"
#include "lib/tree/faults.h"

static gboolean
set_password (DomuimgCloneJob *self, DomuimgCustomise *customise, GError **error)
{
  const char *path = domuimg_spec_get (self->spec, "root-password-file");
  char *password = path != NULL ? domuimg_password_read_file (path, error) : NULL;

  if (path != NULL && password == NULL)
    return FALSE;
  if (path == NULL && domuimg_spec_get (self->spec, "root-password") != NULL)
    {
      self->root_password = domuimg_password_new (error);
      if (self->root_password == NULL)
        return FALSE;
      password = g_strdup (self->root_password);
      customise->root_password_expired = TRUE;
    }
  if (password == NULL)
    return TRUE;
  customise->root_password = DOMUIMG_ROOT_PASSWORD_HASH;
  customise->root_password_hash = domuimg_password_hash (password, error);
  domuimg_password_free (password);
  return customise->root_password_hash != NULL;
}

static void
add_nic (DomuimgCustomise *customise, const DomuimgCloneNic *nic)
{
  DomuimgGuestNic *into = domuimg_customise_add_nic (customise, nic->new_mac);
  const DomuimgNicSpec *spec = nic->spec;
  char *address;

  if (spec == NULL)
    return;
  address = spec->address != NULL ? g_strdup_printf ("%s/%u", spec->address, spec->prefix) : NULL;
  into->mode = address != NULL                      ? DOMUIMG_GUEST_NIC_STATIC
               : spec->unmanaged && spec->has_ip ? DOMUIMG_GUEST_NIC_NONE
                                                    : DOMUIMG_GUEST_NIC_DHCP;
  *(spec->is_v6 ? &into->address6 : &into->address) = address;
  *(spec->is_v6 ? &into->gateway6 : &into->gateway) = g_strdup (spec->gateway);
  for (guint i = 0; spec->dns[i] != NULL; i++)
    g_ptr_array_add (into->dns, g_strdup (spec->dns[i]));
}

static gboolean
says_address (const DomuimgCloneJob *self)
{
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgCloneNic *nic = g_ptr_array_index (self->nics, i);

      if (nic->spec != NULL && nic->spec->has_ip)
        return TRUE;
    }
  return FALSE;
}

/* Where nothing is said of addresses, the guest's files stay, with the cards' new names in them. */
static void
set_network (DomuimgCloneJob *self, DomuimgCustomise *customise)
{
  gboolean is_new = says_address (self);

  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgCloneNic *nic = g_ptr_array_index (self->nics, i);

      if (is_new)
        add_nic (customise, nic);
      if (nic->mac != NULL && !g_str_equal (nic->mac, nic->new_mac))
        domuimg_customise_add_mac (customise, nic->mac, nic->new_mac);
    }
}

static gboolean
fill (DomuimgCloneJob *self, DomuimgCustomise *customise, GError **error)
{
  g_auto (GStrv) keys = domuimg_spec_get_all (self->spec, "ssh-key");
  const char *hostname = domuimg_spec_get (self->spec, "hostname");

  if (hostname == NULL && domuimg_cleaners_has (self->cleaners, "hostname"))
    hostname = self->name;
  customise->is_clone = TRUE;
  customise->cleaners = self->cleaners;
  customise->hostname = g_strdup (hostname);
  customise->locale = g_strdup (domuimg_spec_get (self->spec, "locale"));
  customise->timezone = g_strdup (domuimg_spec_get (self->spec, "timezone"));
  customise->keymap = g_strdup (domuimg_spec_get (self->spec, "keymap"));
  customise->host_keys
      = domuimg_cleaners_has (self->cleaners, "ssh-host-keys")
            ? domuimg_spec_get_number (self->spec, "host-keys", DOMUIMG_HOST_KEYS_FIRST_BOOT)
            : DOMUIMG_HOST_KEYS_KEEP;
  set_network (self, customise);
  domuimg_clone_uuids_tell (self->uuids, customise);
  for (guint i = 0; keys[i] != NULL; i++)
    if (!domuimg_ssh_keys_read_file (keys[i], customise->authorized_keys, error))
      return FALSE;
  return set_password (self, customise, error);
}

/* (nullable) What was asked for, else what a source with a seed gets. */
static const DomuimgSeedSpec *
find_seed (const DomuimgCloneJob *self)
{
  static const DomuimgSeedSpec usual;
  const DomuimgSeedSpec *ignition = domuimg_spec_get_object (self->spec, "ignition");
  const DomuimgSeedSpec *cloud_init = domuimg_spec_get_object (self->spec, "cloud-init");

  if (ignition != NULL)
    return ignition;
  if (cloud_init != NULL)
    return cloud_init->is_none ? NULL : cloud_init;
  return self->source->seed_path != NULL ? &usual : NULL;
}

/* Its instance ID is the clone's UUID, by which the guest's first boot is one. */
static gboolean
make_seed (DomuimgCloneJob *self, const DomuimgSeedSpec *spec, DomuimgCustomise *customise,
           const char *path, GError **error)
{
  g_autoptr (DomuimgCustomise) network = domuimg_customise_new ();
  g_autoptr (GPtrArray) files = NULL;
  g_auto (DomuimgFd) fd = -1;

  for (guint i = 0; i < self->nics->len; i++)
    add_nic (network, g_ptr_array_index (self->nics, i));
  files = domuimg_seed_make (spec, customise, network->nics, self->uuid, error);
  fd = files != NULL ? domuimg_private_file_make (path, error) : -1;
  if (fd < 0
      || !domuimg_iso_write (fd, self->seed_path, domuimg_seed_get_label (spec), files, error))
    return FALSE;
  self->has_seed = TRUE;
  return TRUE;
}

static gboolean
tell_by_seed (DomuimgCloneJob *self, DomuimgTree *tree, DomuimgCustomise *customise,
              const char *path, GError **error)
{
  const DomuimgSeedSpec *spec = find_seed (self);

  if (spec == NULL)
    return TRUE;
  if (!make_seed (self, spec, customise, path, error))
    return FALSE;
  if (tree != NULL && !spec->is_ignition && domuimg_guest_reads_seed (tree, spec->format))
    domuimg_seed_take (spec, customise);
  return TRUE;
}

/* What the steps of the guest could not do goes to the user, too. */
static void
sort_lines (DomuimgCloneJob *self, const GPtrArray *lines)
{
  static const char mark[] = "warning: ";

  for (guint i = 0; i < lines->len; i++)
    {
      const char *line = g_ptr_array_index (lines, i);
      gboolean is_warning = g_str_has_prefix (line, mark);

      g_ptr_array_add (is_warning ? self->warnings : self->changes,
                       g_strdup (is_warning ? line + strlen (mark) : line));
    }
}

gboolean
domuimg_clone_customise (DomuimgCloneJob *self, DomuimgTree *tree, const char *seed,
                         GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgCustomise) customise = domuimg_customise_new ();
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  if (!fill (self, customise, error) || !tell_by_seed (self, tree, customise, seed, error))
    return FALSE;
  if (tree == NULL)
    return TRUE;
  if (!domuimg_customise_run (customise, tree, lines, cancellable, error)
      || !domuimg_tree_check_faults (tree, error))
    return FALSE;
  sort_lines (self, lines);
  return TRUE;
}
