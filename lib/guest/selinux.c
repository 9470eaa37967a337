/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels for the files that were changed, where SELinux wants them. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

/* New files have no label, and an enforcing guest would refuse to use them: its first boot
 * labels the whole system, as Red Hat's documentation has it. */
gboolean
domuimg_guest_step_selinux (DomuimgGuestRun *self, GError **error)
{
  g_autofree char *config = NULL;

  if (self->edit->n_changes == 0)
    return TRUE;
  if (!domuimg_edit_read (self->edit, "/etc/selinux/config", &config, error))
    return FALSE;
  if (config == NULL)
    return TRUE;
  g_auto (GStrv) lines = g_strsplit_set (config, "\r\n", -1);
  const char *const *all = (const char *const *) lines;
  if (!g_strv_contains (all, "SELINUX=enforcing") && !g_strv_contains (all, "SELINUX=permissive"))
    return TRUE;
  return domuimg_edit_write (self->edit, "/.autorelabel", "", 0644, error);
}
