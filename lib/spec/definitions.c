/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and reads definitions of releases and images. */
#include "config.h"
#include "lib/spec/definitions.h"

#include <string.h>

#include "lib/base/address.h"
#include "lib/base/compare.h"
#include "lib/base/directory.h"

#define SUFFIX ".conf"

static GStrv
directories (const DomuimgDefinitions *self)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  const char *chosen = g_getenv (self->variable);
  const char *const places[] = { g_get_user_data_dir (), DOMUIMG_SYSCONFDIR, DOMUIMG_DATADIR };

  if (chosen != NULL && *chosen != '\0')
    g_strv_builder_add (all, chosen);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_build_filename (places[i], "domuimg", self->folder, NULL);

      g_strv_builder_add (all, path);
    }
  return g_strv_builder_end (all);
}

static gboolean
is_id (const char *id)
{
  return g_regex_match_simple ("^[A-Za-z0-9][A-Za-z0-9._-]*$", id, G_REGEX_DOLLAR_ENDONLY, 0);
}

GStrv
domuimg_definitions_list (const DomuimgDefinitions *self, GError **error)
{
  g_auto (GStrv) all = directories (self);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; all[i] != NULL; i++)
    {
      g_autoptr (GDir) dir = NULL;
      const char *name;

      if (!domuimg_directory_open_if_any (all[i], &dir, error))
        {
          g_ptr_array_unref (names);
          return NULL;
        }
      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *id = g_str_has_suffix (name, SUFFIX)
                                    ? g_strndup (name, strlen (name) - strlen (SUFFIX))
                                    : NULL;

          /* An editor's lock or a copy of a file is not a definition. */
          if (id != NULL && is_id (id) && !g_ptr_array_find_with_equal_func (names, id, g_str_equal, NULL))
            g_ptr_array_add (names, g_steal_pointer (&id));
        }
    }
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (names, FALSE);
}

static gboolean
fail_unknown (const DomuimgDefinitions *self, const char *id, GError **error)
{
  g_auto (GStrv) names = domuimg_definitions_list (self, error);
  g_autofree char *known = names != NULL ? g_strjoinv (", ", names) : NULL;

  if (names == NULL)
    return FALSE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                       "there is no %s “%s”; known are: %s; a file in %s/domuimg/%s adds one",
                       self->what, id, *known != '\0' ? known : "none", DOMUIMG_SYSCONFDIR,
                       self->folder);
}

static gboolean
check_id (const DomuimgDefinitions *self, const char *id, GError **error)
{
  return is_id (id)
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is not a valid %s name", id,
                          self->what);
}

gboolean
domuimg_definitions_has (const DomuimgDefinitions *self, const char *id)
{
  g_auto (GStrv) all = directories (self);
  g_autofree char *name = g_strconcat (id, SUFFIX, NULL);

  for (guint i = 0; is_id (id) && all[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (all[i], name, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return TRUE;
    }
  return FALSE;
}

/* Its addresses get into manifests. */
static gboolean
check_addresses (GKeyFile *file, const char *path, GError **error)
{
  g_autofree char *text = g_key_file_to_data (file, NULL, NULL);

  return domuimg_address_check (path, text, error);
}

GKeyFile *
domuimg_definitions_load (const DomuimgDefinitions *self, const char *id, char **path,
                          GError **error)
{
  g_auto (GStrv) all = directories (self);
  g_autofree char *name = g_strconcat (id, SUFFIX, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!check_id (self, id, error))
    return NULL;
  for (guint i = 0; all[i] != NULL; i++)
    {
      g_autoptr (GError) local = NULL;

      *path = g_build_filename (all[i], name, NULL);
      if (g_key_file_load_from_file (file, *path, G_KEY_FILE_NONE, &local))
        return check_addresses (file, *path, error) ? g_steal_pointer (&file) : NULL;
      if (!g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          && !g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        {
          /* What cannot be read says nothing of what is in it. */
          domuimg_fail (error,
                        local->domain == G_KEY_FILE_ERROR ? DOMUIMG_ERROR_INVALID_ARGUMENT
                                                          : DOMUIMG_ERROR_FAILED,
                        "%s: %s", *path, local->message);
          g_clear_pointer (path, g_free);
          return NULL;
        }
      g_clear_pointer (path, g_free);
    }
  fail_unknown (self, id, error);
  return NULL;
}

GStrv
domuimg_definitions_get_list (GKeyFile *file, const char *group, const char *key)
{
  GStrv list = g_key_file_get_string_list (file, group, key, NULL, NULL);

  return list != NULL ? list : g_new0 (char *, 1);
}
