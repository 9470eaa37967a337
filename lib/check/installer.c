/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recognises a guest that is still to be installed: all of its disks are empty, and what it is started
 * with is an installer. What that will make of the disks is not known. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/base/guest-type.h"

/* A disk without partitions, filesystems and whatever else has a name on it. */
static gboolean
is_empty (const DomuimgDevice *device)
{
  return device->volume == NULL || (device->volume->fs == NULL && device->volume->offset == 0);
}

/* What an installer reads from is not installed on. */
static gboolean
is_read_only (DomuimgMachine *self, guint disk)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);

  return disk < disks->len
         && (domuimg_domain_disk_get_readonly (g_ptr_array_index (disks, disk))
             || domuimg_domain_disk_get_cdrom (g_ptr_array_index (disks, disk)));
}

static gboolean
has_empty_disks (DomuimgMachine *self)
{
  guint missing = 0;

  for (guint i = 0; i < domuimg_domain_get_disks (self->domain)->len; i++)
    missing += !is_read_only (self, i);
  if (missing == 0)
    return FALSE;
  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (is_read_only (self, device->disk))
        continue;
      if (!is_empty (device))
        return FALSE;
      missing--;
    }
  return missing == 0;
}

/* Without it, nothing is seen of the installer, which may be waiting for an answer. */
static void
check_console (DomuimgMachine *self)
{
  g_autoptr (GPtrArray) consoles = domuimg_machine_list_parameter (self, "console");
  const char *wanted = domuimg_guest_type_get_console (self->type);
  const char *last = consoles->len > 0 ? g_ptr_array_index (consoles, consoles->len - 1) : NULL;

  if (last != NULL
      && (g_str_equal (last, wanted)
          || (g_str_has_prefix (last, wanted) && last[strlen (wanted)] == ',')))
    return;
  domuimg_finding_advise (
      domuimg_machine_report (self, "console-parameter", last,
                              "the installer is not on the guest's console, %s: %s", wanted,
                              last != NULL ? "another one comes last on its command line"
                                           : "its command line has no console="),
      "add console=%s to extra= in the configuration", wanted);
}

gboolean
domuimg_installer_is_pending (DomuimgMachine *self)
{
  if (self->manifest == NULL || self->manifest->installer.config == NULL || !has_empty_disks (self))
    return FALSE;
  domuimg_finding_advise (
      domuimg_machine_report (self, "installer-pending", self->manifest->installer.config,
                              "the guest is still to be installed: its disks are empty"),
      "start its installer with domuimg run --install, or xl create -c %s", self->manifest->installer.config);
  return TRUE;
}

void
domuimg_check_installer (DomuimgMachine *self)
{
  g_autofree char *root = NULL;

  if (self->boot.loader != DOMUIMG_LOADER_DIRECT || self->boot.kernel_path == NULL
      || self->boot.initrd_paths->len == 0 || !has_empty_disks (self))
    return;
  root = domuimg_machine_get_parameter (self, "root");
  if (root != NULL)
    return;
  self->installs = TRUE;
  domuimg_machine_report (self, "installer-pending", self->boot.kernel_path,
                          "%s is taken for an installer: the guest's disks are empty, and what it makes of"
                          " them is not known yet",
                          self->boot.kernel_path);
  check_console (self);
}
