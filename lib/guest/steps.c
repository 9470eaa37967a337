/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several steps of the customisation need beside the edits. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

gboolean
domuimg_guest_want_unit (DomuimgGuestRun *self, const char *wanting, const char *unit,
                         GError **error)
{
  g_autofree char *link = g_strdup_printf ("/etc/systemd/system/%s.wants/%s", wanting, unit);
  g_autofree char *path = domuimg_guest_unit_path (self->edit->tree, unit);

  /* /lib and /usr/lib mean the same: a unit's existing link stays. */
  if (path == NULL || domuimg_tree_exists (self->edit->tree, link))
    return TRUE;
  return domuimg_edit_symlink (self->edit, path, link, error);
}

char *
domuimg_guest_short_name (const char *hostname)
{
  return g_strndup (hostname, strcspn (hostname, "."));
}

const char *
domuimg_guest_console (const DomuimgCustomise *want)
{
  return want->type == DOMUIMG_GUEST_TYPE_HVM ? "ttyS0" : "hvc0";
}
