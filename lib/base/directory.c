/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories of the host that are listed, and may not exist. */
#include "config.h"
#include "lib/base/directory.h"

gboolean
domuimg_directory_open_if_any (const char *path, GDir **dir, GError **error)
{
  g_autoptr (GError) local = NULL;

  *dir = g_dir_open (path, 0, &local);
  if (*dir != NULL || g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  return domuimg_fail (error,
                       g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_ACCES)
                           ? DOMUIMG_ERROR_PERMISSION
                           : DOMUIMG_ERROR_IO,
                       "%s", local->message);
}
