/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of the source machine's udev that would rename the devices of a guest. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

/* What the source machine's udev wrote about its own hardware: with these, the guest's NIC
 * would be eth1. The generators that write them stay; they know Xen's addresses. */
static const char *const generated[] = {
  "/etc/udev/rules.d/70-persistent-net.rules",
  "/etc/udev/rules.d/70-persistent-cd.rules",
  "/etc/udev/rules.d/z25_persistent-net.rules",
  "/etc/udev/rules.d/z25_persistent-cd.rules",
  "/etc/udev/rules.d/30-net_persistent_names.rules",
};

/* RHEL's own 60-net.rules asks the ifcfg files for names and must stay; a copy that names
 * addresses is of the source machine. */
static gboolean
remove_60_net (DomuimgGuestRun *self, GError **error)
{
  const char *path = "/etc/udev/rules.d/60-net.rules";
  g_autofree char *text = NULL;

  if (!domuimg_edit_read (self->edit, path, &text, error))
    return FALSE;
  if (text == NULL
      || (strstr (text, "ATTR{address}") == NULL && strstr (text, "SYSFS{address}") == NULL))
    return TRUE;
  return domuimg_edit_remove (self->edit, path, error);
}

gboolean
domuimg_guest_step_udev (DomuimgGuestRun *self, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (generated); i++)
    if (!domuimg_edit_remove (self->edit, generated[i], error))
      return FALSE;
  return remove_60_net (self, error);
}
