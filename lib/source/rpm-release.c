/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what is known of a distribution's release: one file for each, which are data. */
#include "config.h"
#include "lib/source/rpm.h"

#include <string.h>

#include "lib/spec/definitions.h"
#include "lib/source/rpm-job.h"

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

static const DomuimgDefinitions definitions
    = { "releases", "DOMUIMG_RELEASES_DIR", "release" };

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
  self->architectures = domuimg_definitions_get_list (file, GROUP, "architectures");
  self->groups = domuimg_definitions_get_list (file, GROUP, "groups");
  self->packages = domuimg_definitions_get_list (file, GROUP, "packages");
  self->kernel = read_text (file, GROUP, "kernel", "kernel");
  self->database = read_text (file, "rpm", "database", "/var/lib/rpm");
  self->format = read_text (file, "rpm", "format", "sqlite");
  self->platform = g_key_file_get_string (file, GROUP, "platform", NULL);
  self->untried = g_key_file_get_boolean (file, GROUP, "untried", NULL);
  self->key_urls = domuimg_definitions_get_list (file, "key", "urls");
  self->fingerprints = domuimg_definitions_get_list (file, "key", "fingerprints");
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
  g_autoptr (GKeyFile) file = domuimg_definitions_load (&definitions, id, &path, error);
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
