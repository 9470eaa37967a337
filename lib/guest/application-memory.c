/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an application writes to: where its root can only be read, init has a copy of that in memory. */
#include "config.h"
#include "lib/guest/application.h"

#include <string.h>

#define STATE "/var"
#define RESOLVER "/etc/resolv.conf"

/* Whether init has it in memory in any guest, or with all of /var. */
static gboolean
is_covered (const char *path)
{
  static const char *const places[] = { STATE, "/run", "/tmp", "/dev/shm" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_str_has_prefix (path, places[i])
        && (path[strlen (places[i])] == '/' || path[strlen (places[i])] == '\0'))
      return TRUE;
  return FALSE;
}

GPtrArray *
domuimg_application_list_memory (const DomuimgApplication *self, const DomuimgCustomise *want)
{
  GPtrArray *places = g_ptr_array_new ();

  if (!domuimg_customise_has_disk_at (want, STATE))
    g_ptr_array_add (places, STATE);
  if (!domuimg_customise_has_disk_at (want, RESOLVER))
    g_ptr_array_add (places, RESOLVER);
  for (guint i = 0; i < self->volumes->len; i++)
    {
      char *volume = self->volumes->pdata[i];

      if (!is_covered (volume) && !domuimg_customise_has_disk_at (want, volume))
        g_ptr_array_add (places, volume);
    }
  return places;
}

gboolean
domuimg_application_make_memory (const DomuimgApplication *self, const DomuimgCustomise *want,
                                 DomuimgEdit *edit, GError **error)
{
  g_autoptr (GPtrArray) places = domuimg_application_list_memory (self, want);

  for (guint i = 0; want->is_read_only && i < places->len; i++)
    {
      const char *place = places->pdata[i];

      if (!domuimg_tree_exists (edit->tree, place)
          && !(g_str_equal (place, RESOLVER) ? domuimg_edit_write_own (edit, place, "", 0644, error)
                                             : domuimg_edit_mkdir (edit, place, 0755, error)))
        return FALSE;
    }
  return TRUE;
}
