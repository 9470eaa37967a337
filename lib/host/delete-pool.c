/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes in storage pools of libvirt's, deleted with their guest. */
#include "config.h"
#include "lib/host/delete-pool.h"

#include "lib/base/pool.h"

void
domuimg_delete_add_line (GStrvBuilder *lines, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  g_strv_builder_add (lines, line);
}

gboolean
domuimg_delete_add_pool_volume (GPtrArray *volumes, const DomuimgManifestVolume *volume,
                                GStrvBuilder *lines, GError **error)
{
  g_auto (DomuimgPoolState) state = { 0 };

  if (volume->id == NULL || volume->address == NULL)
    return TRUE;
  if (!domuimg_pool_look (volume->address, &state, error))
    return FALSE;
  if (state.type != NULL && !state.is_active)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s: the pool is not active, so nothing is removed; start it (virsh"
                         " pool-start), or remove the guest without its disks",
                         volume->address);
  if (state.id == NULL)
    return TRUE;
  if (!g_str_equal (state.id, volume->id))
    {
      domuimg_delete_add_line (lines, "%s stays: it is another volume than the one that was made for this guest",
                volume->address);
      return TRUE;
    }
  g_ptr_array_add (volumes, (gpointer) volume);
  return domuimg_pool_check_unused (volume->address, &state, error);
}

gboolean
domuimg_delete_record_pool_volumes (DomuimgUndo *undo, const GPtrArray *volumes, GError **error)
{
  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgManifestVolume *volume = g_ptr_array_index (volumes, i);

      if (!domuimg_undo_add_pool_volume (undo, DOMUIMG_UNDO_POOL_REMOVAL, volume->address,
                                         volume->id, error))
        return FALSE;
    }
  return TRUE;
}

/* What cannot be deleted now, the journal names. */
static void
delete_volume (const DomuimgManifestVolume *volume, GStrvBuilder *lines)
{
  g_autoptr (GError) error = NULL;
  gboolean deleted;

  if (domuimg_pool_delete (volume->address, volume->id, &deleted, &error))
    domuimg_delete_add_line (lines, "removed %s", volume->address);
  else
    domuimg_delete_add_line (lines, "%s is still there, and domuimg cleanup tries again: %s", volume->address,
              error->message);
}

static void
refresh_pool (const DomuimgManifestVolume *volume, GStrvBuilder *lines)
{
  g_autoptr (GError) error = NULL;

  if (volume->id == NULL && volume->address != NULL
      && !domuimg_pool_refresh (volume->address, &error))
    g_strv_builder_add (lines, error->message);
}

void
domuimg_delete_pool_volumes (const GPtrArray *volumes, const DomuimgManifest *manifest,
                             GStrvBuilder *lines)
{
  for (guint i = 0; i < volumes->len; i++)
    delete_volume (g_ptr_array_index (volumes, i), lines);
  for (guint i = 0; manifest != NULL && i < manifest->volumes->len; i++)
    refresh_pool (g_ptr_array_index (manifest->volumes, i), lines);
}
