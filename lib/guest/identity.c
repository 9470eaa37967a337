/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must differ between two guests of one source: machine-id, seeds, leases. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

/* What makes a machine this machine, and no other: two guests of one source must not share
 * it. Each is made again where it is missing. */
static const char *const files[] = {
  "/var/lib/systemd/random-seed",
  "/var/lib/systemd/credential.secret",
  "/var/lib/urandom/random-seed",
  "/var/lib/misc/random-seed",
  "/var/lib/random-seed",
  "/var/lib/seedrng",
  "/var/lib/NetworkManager/secret_key",
  "/var/lib/NetworkManager/timestamps",
  "/var/lib/NetworkManager/seen-bssids",
  "/var/lib/dhcpcd/duid",
  "/var/lib/dhcpcd/secret",
  "/etc/dhcpcd.duid",
  "/etc/dhcpcd.secret",
  "/var/lib/cloud/instance",
  "/var/lib/cloud/instances",
  "/var/lib/cloud/data",
  "/var/lib/cloud/sem",
};

static const struct {
  const char *directory, *pattern;
} globs[] = {
  { "/var/lib/dhcp", "*.lease*" },           { "/var/lib/dhcp3", "*.lease*" },
  { "/var/lib/dhclient", "*.lease*" },       { "/var/lib/dhcpcd", "*.lease*" },
  { "/var/lib/dhcpcd5", "*.lease*" },        { "/var/lib/NetworkManager", "*.lease" },
  { "/var/lib/systemd/network", "*.lease" },
};

/* An empty file makes systemd take a new id, without the other things of a "first boot"
 * (machine-id(5)), such as setting all services to their presets. */
static gboolean
reset_machine_id (DomuimgGuestRun *self, GError **error)
{
  const char *dbus = "/var/lib/dbus/machine-id";
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->edit->tree, dbus, NULL);

  /* A link to /etc/machine-id follows by itself. */
  if (entry != NULL && entry->type == DOMUIMG_ENTRY_FILE
      && !domuimg_edit_remove (self->edit, dbus, error))
    return FALSE;
  if (self->info->init == DOMUIMG_INIT_SYSTEMD)
    return domuimg_edit_write (self->edit, "/etc/machine-id", "", 0444, error);
  /* dbus-uuidgen makes one where there is none, but takes no empty file. */
  return domuimg_edit_remove (self->edit, "/etc/machine-id", error);
}

gboolean
domuimg_guest_step_identity (DomuimgGuestRun *self, GError **error)
{
  if (!self->want->fresh_identity)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (!domuimg_edit_remove (self->edit, files[i], error))
      return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (globs); i++)
    if (!domuimg_edit_remove_glob (self->edit, globs[i].directory, globs[i].pattern, error))
      return FALSE;
  return reset_machine_id (self, error);
}
