/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the manifest of a guest by its configuration or its name. */
#include "config.h"
#include "lib/guest/manifest-find.h"

#include <string.h>

#include "lib/base/name.h"
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

/* A guest that was made in @dir, which is its name there. */
static DomuimgManifest *
read_made_in (const char *dir, const char *name, char **path, GError **error)
{
  g_autofree char *directory = g_canonicalize_filename (dir, NULL);
  g_autofree char *file = g_strconcat (name, ".json", NULL);
  g_autoptr (GError) local = NULL;
  DomuimgManifest *manifest;

  /* A name that could be a path is none. */
  if (!domuimg_name_check (name, error))
    return NULL;
  *path = g_build_filename (directory, file, NULL);
  manifest = domuimg_manifest_read (*path, &local);
  if (manifest != NULL)
    return manifest;
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "there is no manifest of a guest “%s”: %s", name,
                  local->message);
  else
    g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

DomuimgManifest *
domuimg_manifest_find_guest (const char *what, const char *dir, char **path, GError **error)
{
  DomuimgManifest *manifest = dir != NULL
                                  ? read_made_in (dir, what, path, error)
                                  : domuimg_manifest_find (what, DOMUIMG_IMAGE_DIRECTORY, path,
                                                           error);

  if (manifest != NULL && manifest->name == NULL)
    manifest->name = g_strdup (what);
  return manifest;
}
