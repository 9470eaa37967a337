/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the manifests of all guests that were made on this host. */
#include "config.h"
#include "lib/guest/known.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/directory.h"
#include "lib/base/journal.h"
#include "lib/base/path.h"
#include "lib/domain/config/file.h"
#include "lib/guest/manifest-find.h"

#define SUFFIX ".json"
#define LINKS "guests"
/* Before the path: nobody follows such a link by accident. */
#define MARK "manifest:"
#define DIGEST_LENGTH 24
/* A build notes its guest before its commit, which takes no longer than a disk needs to write all out. */
#define YOUNG_SECONDS (24 * 3600)

gboolean
domuimg_known_add (const char *manifest)
{
  g_autofree char *directory = domuimg_state_directory (LINKS, NULL);
  g_autofree char *target = g_canonicalize_filename (manifest, NULL);
  g_autofree char *text = g_strconcat (MARK, target, NULL);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, target, -1);
  g_autofree char *path = NULL;

  if (directory == NULL)
    return FALSE;
  path = g_strdup_printf ("%s/%.*s", directory, DIGEST_LENGTH, digest);
  return symlink (text, path) == 0 || errno == EEXIST;
}

/* (transfer full) (nullable) The path that the link has. */
static char *
read_link (const char *link)
{
  g_autofree char *text = g_file_read_link (link, NULL);

  return text != NULL && g_str_has_prefix (text, MARK) ? g_strdup (text + strlen (MARK)) : NULL;
}

static gboolean
is_old (const char *link)
{
  struct stat status;

  return lstat (link, &status) == 0
         && (gint64) status.st_mtime + YOUNG_SECONDS < g_get_real_time () / G_USEC_PER_SEC;
}

void
domuimg_known_sweep (void)
{
  g_autofree char *directory = domuimg_state_directory (LINKS, NULL);
  g_autoptr (GDir) dir = directory != NULL ? g_dir_open (directory, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autofree char *target = read_link (path);
      struct stat status;

      if (target != NULL && domuimg_path_look (target, &status, NULL) && status.st_mode == 0
          && is_old (path))
        unlink (path);
    }
}

static void
known_free (gpointer data)
{
  DomuimgKnown *self = data;

  g_free (self->path);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_free (self->problem);
  g_free (self);
}

/* One that is damaged is a guest's all the same; other files are of no interest. */
static gboolean
is_damaged (const char *path, const GError *error)
{
  g_autofree char *text = NULL;

  if (!g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    return TRUE;
  return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, "\"domuimg\"") != NULL;
}

static void
add (GPtrArray *known, GHashTable *seen, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgManifest) manifest = NULL;
  DomuimgKnown *one;

  if (!g_hash_table_add (seen, g_strdup (path)))
    return;
  if (domuimg_manifest_read_if_any (path, &manifest, &error) ? manifest == NULL
                                                             : !is_damaged (path, error))
    return;
  one = g_new0 (DomuimgKnown, 1);
  one->path = g_strdup (path);
  one->manifest = g_steal_pointer (&manifest);
  one->problem = error != NULL ? g_strdup (error->message) : NULL;
  g_ptr_array_add (known, one);
}

static gboolean
add_directory (GPtrArray *known, GHashTable *seen, const char *path, GError **error)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!domuimg_directory_open_if_any (path, &dir, error))
    return FALSE;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (*name != '.' && g_str_has_suffix (name, SUFFIX))
        add (known, seen, file);
    }
  return TRUE;
}

static gboolean
add_links (GPtrArray *known, GHashTable *seen, GError **error)
{
  g_autofree char *directory = domuimg_state_directory (LINKS, error);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (directory == NULL || !domuimg_directory_open_if_any (directory, &dir, error))
    return FALSE;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename (directory, name, NULL);
      g_autofree char *target = read_link (link);

      if (target != NULL)
        add (known, seen, target);
    }
  return TRUE;
}

/* A configuration there may be of a guest whose manifest lies beside it. */
static gboolean
add_configured (GPtrArray *known, GHashTable *seen, GError **error)
{
  g_auto (GStrv) paths = domuimg_config_list_in (DOMUIMG_CONFIG_DIRECTORY, error);

  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      g_autofree char *file = g_strdup_printf ("%.*s" SUFFIX,
                                               (int) (strlen (paths[i]) - strlen (".cfg")), paths[i]);

      add (known, seen, file);
    }
  return paths != NULL;
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  const DomuimgKnown *first = *(DomuimgKnown *const *) a;
  const DomuimgKnown *second = *(DomuimgKnown *const *) b;
  g_autofree char *name = domuimg_known_get_name (first);
  g_autofree char *other = domuimg_known_get_name (second);
  int order = strcmp (name, other);

  return order != 0 ? order : strcmp (first->path, second->path);
}

static gboolean
tolerate (GError *local, GPtrArray *problems, GError **error)
{
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_PERMISSION))
    {
      g_propagate_error (error, local);
      return FALSE;
    }
  if (problems != NULL)
    g_ptr_array_add (problems, g_strdup (local->message));
  g_error_free (local);
  return TRUE;
}

static gboolean
add_of_host (GPtrArray *known, GHashTable *seen, GPtrArray *problems, GError **error)
{
  GError *local = NULL;

  if (!add_directory (known, seen, DOMUIMG_IMAGE_DIRECTORY, &local)
      && !tolerate (g_steal_pointer (&local), problems, error))
    return FALSE;
  if (!add_configured (known, seen, &local)
      && !tolerate (g_steal_pointer (&local), problems, error))
    return FALSE;
  return add_links (known, seen, &local) || tolerate (g_steal_pointer (&local), problems, error);
}

GPtrArray *
domuimg_known_list (const char *dir, GPtrArray *problems, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) known = g_ptr_array_new_with_free_func (known_free);
  g_autofree char *only = dir != NULL ? g_canonicalize_filename (dir, NULL) : NULL;

  if (only != NULL ? !add_directory (known, seen, only, error)
                   : !add_of_host (known, seen, problems, error))
    return NULL;
  g_ptr_array_sort (known, by_name);
  return g_steal_pointer (&known);
}

char *
domuimg_known_get_name (const DomuimgKnown *self)
{
  g_autofree char *base = g_path_get_basename (self->path);

  if (self->manifest != NULL && self->manifest->name != NULL)
    return g_strdup (self->manifest->name);
  return g_strndup (base, strlen (base) - (g_str_has_suffix (base, SUFFIX) ? strlen (SUFFIX) : 0));
}
