/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hands to domuimg-rpm what it is to do, as a key file. */
#include "config.h"
#include "lib/source/rpm-job.h"

#define GROUP "job"

gboolean
domuimg_rpm_write (const char *path, const char *text, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &local))
    return TRUE;
  return domuimg_fail (error,
                       g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOSPC)
                           ? DOMUIMG_ERROR_NO_SPACE
                           : DOMUIMG_ERROR_IO,
                       "%s", local->message);
}

gboolean
domuimg_rpm_job_save (const DomuimgRpmJob *self, const char *work, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (work, DOMUIMG_RPM_JOB_FILE, NULL);
  g_autofree char *text = NULL;

  g_key_file_set_string_list (file, GROUP, "manager", (const char *const *) self->manager,
                              g_strv_length (self->manager));
  g_key_file_set_string_list (file, GROUP, "keyrings", (const char *const *) self->keyrings,
                              g_strv_length (self->keyrings));
  g_key_file_set_string_list (file, GROUP, "local", (const char *const *) self->local,
                              g_strv_length (self->local));
  g_key_file_set_string (file, GROUP, "database", self->database);
  g_key_file_set_string (file, GROUP, "format", self->format);
  g_key_file_set_boolean (file, GROUP, "has-kernel", self->has_kernel);
  text = g_key_file_to_data (file, NULL, NULL);
  return domuimg_rpm_write (path, text, error);
}

gboolean
domuimg_rpm_job_load (DomuimgRpmJob *self, const char *work, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (work, DOMUIMG_RPM_JOB_FILE, NULL);

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, error))
    return FALSE;
  self->manager = g_key_file_get_string_list (file, GROUP, "manager", NULL, error);
  self->keyrings = g_key_file_get_string_list (file, GROUP, "keyrings", NULL, NULL);
  self->local = g_key_file_get_string_list (file, GROUP, "local", NULL, NULL);
  self->database = g_key_file_get_string (file, GROUP, "database", NULL);
  self->format = g_key_file_get_string (file, GROUP, "format", NULL);
  self->has_kernel = g_key_file_get_boolean (file, GROUP, "has-kernel", NULL);
  return self->manager != NULL;
}

void
domuimg_rpm_job_clear (DomuimgRpmJob *self)
{
  g_clear_pointer (&self->manager, g_strfreev);
  g_clear_pointer (&self->keyrings, g_strfreev);
  g_clear_pointer (&self->local, g_strfreev);
  g_clear_pointer (&self->database, g_free);
  g_clear_pointer (&self->format, g_free);
}
