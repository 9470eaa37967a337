/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the manifest of a guest by its configuration or its name. */
#include "config.h"
#include "lib/guest/manifest-find.h"

#include <string.h>

#include "lib/domain/config/file.h"

static gboolean
read_in (const char *directory, const char *name, const char *config, DomuimgManifest **manifest,
         char **path, GError **error)
{
  g_autofree char *file = g_strdup_printf ("%s/%s.json", directory, name);
  g_autofree char *wanted = g_canonicalize_filename (config, NULL);

  if (!domuimg_manifest_read_if_any (file, manifest, error))
    return FALSE;
  if (*manifest != NULL && g_strcmp0 ((*manifest)->config, wanted) != 0)
    g_clear_pointer (manifest, domuimg_manifest_free);
  if (*manifest != NULL)
    *path = g_steal_pointer (&file);
  return TRUE;
}

gboolean
domuimg_manifest_find_for (const char *config, const char *images, DomuimgManifest **manifest,
                           char **path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (config);
  g_autofree char *name = g_path_get_basename (config);

  if (g_str_has_suffix (name, ".cfg"))
    name[strlen (name) - strlen (".cfg")] = '\0';
  return read_in (directory, name, config, manifest, path, error)
         && (*manifest != NULL || read_in (images, name, config, manifest, path, error));
}

/* A manifest is JSON, which no configuration is. */
static gboolean
is_manifest (const char *path, gboolean *answer, GError **error)
{
  struct stat status;
  g_autofree char *text = domuimg_config_read (path, &status, error);

  *answer = text != NULL && text[strspn (text, " \t\r\n")] == '{';
  return text != NULL;
}

DomuimgManifest *
domuimg_manifest_find (const char *what, const char *images, char **path, GError **error)
{
  g_autofree char *found = domuimg_domain_find_config (what, error);
  DomuimgManifest *manifest = NULL;
  gboolean is_one;

  if (found == NULL || !is_manifest (found, &is_one, error))
    return NULL;
  if (is_one)
    {
      manifest = domuimg_manifest_read (found, error);
      *path = g_steal_pointer (&found);
      return manifest;
    }
  if (domuimg_manifest_find_for (found, images, &manifest, path, error) && manifest == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "%s: there is no manifest of this guest, neither beside it nor in %s", found,
                  images);
  return manifest;
}
