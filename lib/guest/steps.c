/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several steps of the customisation need beside the edits. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

#include "lib/base/guest-type.h"

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

gboolean
domuimg_guest_add_to_inittab (DomuimgGuestRun *self, const char *line, GError **error)
{
  g_autofree char *old = NULL;

  if (!domuimg_edit_read (self->edit, "/etc/inittab", &old, error))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit_set (old != NULL ? old : "", "\r\n", -1);
  if (g_strv_contains ((const char *const *) lines, line))
    return TRUE;
  gboolean open_end = old != NULL && *old != '\0' && !g_str_has_suffix (old, "\n");
  g_autofree char *text
      = g_strdup_printf ("%s%s%s\n", old != NULL ? old : "", open_end ? "\n" : "", line);
  return domuimg_edit_write (self->edit, "/etc/inittab", text, 0644, error);
}

char *
domuimg_guest_short_name (const char *hostname)
{
  return g_strndup (hostname, strcspn (hostname, "."));
}

const char *
domuimg_guest_console (const DomuimgCustomise *want)
{
  return domuimg_guest_type_get_console (want->type);
}
