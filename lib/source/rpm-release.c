/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what is known of a distribution's release: one file for each, which are data. */
#include "config.h"
#include "lib/source/rpm.h"

#include <string.h>

#include "lib/base/directory.h"
#include "lib/source/rpm-job.h"

#define SUFFIX ".conf"
#define GROUP "release"

static void
file_free (gpointer data)
{
  DomuimgRpmFile *self = data;

  g_free (self->path);
  g_free (self->text);
  g_free (self);
}

void
domuimg_rpm_release_free (DomuimgRpmRelease *self)
{
  g_free (self->id);
  g_free (self->name);
  g_free (self->manager);
  g_free (self->version);
  g_strfreev (self->architectures);
  g_strfreev (self->groups);
  g_strfreev (self->packages);
  g_free (self->kernel);
  g_free (self->database);
  g_free (self->format);
  g_ptr_array_unref (self->repos);
  g_ptr_array_unref (self->files);
  g_free (self->platform);
  g_strfreev (self->key_urls);
  g_strfreev (self->fingerprints);
  g_free (self);
}

/* Those of the user, of the administrator, and ours; the first that has a release counts. */
static GStrv
directories (void)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  const char *chosen = g_getenv ("DOMUIMG_RELEASES_DIR");

  if (chosen != NULL && *chosen != '\0')
    g_strv_builder_add (all, chosen);
  g_strv_builder_add (all, DOMUIMG_SYSCONFDIR "/domuimg/releases");
  g_strv_builder_add (all, DOMUIMG_DATADIR "/domuimg/releases");
  return g_strv_builder_end (all);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
fail_unknown (const char *id, GError **error)
{
  g_auto (GStrv) all = directories ();
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *known = NULL;

  for (guint i = 0; all[i] != NULL; i++)
    {
      g_autoptr (GDir) dir = NULL;
      const char *name;

      if (!domuimg_directory_open_if_any (all[i], &dir, error))
        return FALSE;
      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          if (g_str_has_suffix (name, SUFFIX))
            g_ptr_array_add (names, g_strndup (name, strlen (name) - strlen (SUFFIX)));
        }
    }
  g_ptr_array_sort (names, by_name);
  g_ptr_array_add (names, NULL);
  known = g_strjoinv (", ", (char **) names->pdata);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                       "there is no release “%s”; known are: %s; a file in %s adds one", id,
                       *known != '\0' ? known : "none", DOMUIMG_SYSCONFDIR "/domuimg/releases");
}

static GKeyFile *
find (const char *id, char **path, GError **error)
{
  g_auto (GStrv) all = directories ();
  g_autofree char *name = g_strconcat (id, SUFFIX, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!g_regex_match_simple ("^[A-Za-z0-9][A-Za-z0-9._-]*$", id, G_REGEX_DOLLAR_ENDONLY, 0))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is not a valid release name", id);
      return NULL;
    }
  for (guint i = 0; all[i] != NULL; i++)
    {
      g_autoptr (GError) local = NULL;

      *path = g_build_filename (all[i], name, NULL);
      if (g_key_file_load_from_file (file, *path, G_KEY_FILE_NONE, &local))
        return g_steal_pointer (&file);
      if (!g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          && !g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        {
          domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: %s", *path, local->message);
          g_clear_pointer (path, g_free);
          return NULL;
        }
      g_clear_pointer (path, g_free);
    }
  fail_unknown (id, error);
  return NULL;
}

static DomuimgRpmRepo *
read_repo (GKeyFile *file, const char *group, const char *id)
{
  DomuimgRpmRepo *self = domuimg_rpm_repo_new (id);
  g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *value = g_key_file_get_value (file, group, names[i], NULL);

      domuimg_rpm_repo_set (self, names[i], value);
    }
  return self;
}

/* "repo ID" and "file PATH" are sections of their own. */
static gboolean
read_section (DomuimgRpmRelease *self, GKeyFile *file, const char *group, GError **error)
{
  DomuimgRpmFile *seed;

  if (g_str_has_prefix (group, "repo "))
    g_ptr_array_add (self->repos, read_repo (file, group, group + strlen ("repo ")));
  if (!g_str_has_prefix (group, "file "))
    return TRUE;
  seed = g_new0 (DomuimgRpmFile, 1);
  seed->path = g_strdup (group + strlen ("file "));
  seed->text = g_key_file_get_string (file, group, "text", error);
  g_ptr_array_add (self->files, seed);
  if (seed->text == NULL)
    return FALSE;
  return (seed->path[0] == '/' && strstr (seed->path, "..") == NULL)
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is not an absolute path",
                          seed->path);
}

static GStrv
read_list (GKeyFile *file, const char *group, const char *key)
{
  GStrv list = g_key_file_get_string_list (file, group, key, NULL, NULL);

  return list != NULL ? list : g_new0 (char *, 1);
}

static char *
read_text (GKeyFile *file, const char *group, const char *key, const char *otherwise)
{
  char *text = g_key_file_get_string (file, group, key, NULL);

  return text != NULL ? text : g_strdup (otherwise);
}

static gboolean
check (const DomuimgRpmRelease *self, GError **error)
{
  static const char *const managers[] = { "dnf", "zypper", NULL };
  static const char *const formats[] = { "sqlite", DOMUIMG_RPM_IMPORT, NULL };

  if (!g_strv_contains (managers, self->manager))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "manager: expected dnf or zypper");
  if (!g_strv_contains (formats, self->format))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "format: expected sqlite or " DOMUIMG_RPM_IMPORT);
  return self->database[0] == '/'
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "database: expected an absolute path");
}

static gboolean
read_all (DomuimgRpmRelease *self, GKeyFile *file, GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  self->name = read_text (file, GROUP, "name", self->id);
  self->manager = read_text (file, GROUP, "manager", "dnf");
  self->version = read_text (file, GROUP, "version", "1");
  self->architectures = read_list (file, GROUP, "architectures");
  self->groups = read_list (file, GROUP, "groups");
  self->packages = read_list (file, GROUP, "packages");
  self->kernel = read_text (file, GROUP, "kernel", "kernel");
  self->database = read_text (file, "rpm", "database", "/var/lib/rpm");
  self->format = read_text (file, "rpm", "format", "sqlite");
  self->platform = g_key_file_get_string (file, GROUP, "platform", NULL);
  self->untried = g_key_file_get_boolean (file, GROUP, "untried", NULL);
  self->key_urls = read_list (file, "key", "urls");
  self->fingerprints = read_list (file, "key", "fingerprints");
  for (guint i = 0; groups[i] != NULL; i++)
    {
      if (!read_section (self, file, groups[i], error))
        return FALSE;
    }
  return check (self, error);
}

DomuimgRpmRelease *
domuimg_rpm_release_load (const char *id, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GKeyFile) file = find (id, &path, error);
  DomuimgRpmRelease *self;

  if (file == NULL)
    return NULL;
  self = g_new0 (DomuimgRpmRelease, 1);
  self->id = g_strdup (id);
  self->repos = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_rpm_repo_free);
  self->files = g_ptr_array_new_with_free_func (file_free);
  if (read_all (self, file, error))
    return self;
  g_prefix_error (error, "%s: ", path);
  domuimg_rpm_release_free (self);
  return NULL;
}
