/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host's files, of this machine or below another root. */
#include "config.h"
#include "lib/host/doctor.h"

#include <glob.h>
#include <string.h>

#include "lib/base/exec.h"

#define TEXT_MAX (64 << 10)

char *
domuimg_doctor_path (DomuimgDoctor *self, const char *path)
{
  return g_strconcat (self->root, path, NULL);
}

gboolean
domuimg_doctor_has (DomuimgDoctor *self, const char *path)
{
  g_autofree char *full = domuimg_doctor_path (self, path);

  return g_file_test (full, G_FILE_TEST_EXISTS);
}

char *
domuimg_doctor_read (DomuimgDoctor *self, const char *path)
{
  g_autofree char *full = domuimg_doctor_path (self, path);
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (full, &text, &length, NULL) || length > TEXT_MAX)
    return NULL;
  return g_strdup (g_strstrip (text));
}

char *
domuimg_doctor_find_program (DomuimgDoctor *self, const char *program)
{
  static const char *const directories[] = {
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
  };

  if (*self->root == '\0')
    return domuimg_find_program (program);
  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = g_build_filename (directories[i], program, NULL);
      g_autofree char *full = domuimg_doctor_path (self, path);

      if (g_file_test (full, G_FILE_TEST_IS_EXECUTABLE))
        return g_steal_pointer (&path);
    }
  return NULL;
}

char *
domuimg_doctor_find_file (DomuimgDoctor *self, const char *pattern)
{
  g_autofree char *full = domuimg_doctor_path (self, pattern);
  glob_t found;
  char *path = NULL;

  if (glob (full, 0, NULL, &found) != 0)
    return NULL;
  if (found.gl_pathc > 0)
    path = g_strdup (found.gl_pathv[0] + strlen (self->root));
  globfree (&found);
  return path;
}

char *
domuimg_doctor_install (DomuimgDoctor *self, const char *package)
{
  if (package == NULL)
    return NULL;
  if (domuimg_doctor_has (self, "/etc/debian_version"))
    return g_strdup_printf ("apt install %s", package);
  return g_strdup_printf ("install it (Debian's package is %s)", package);
}
