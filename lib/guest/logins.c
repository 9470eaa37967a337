/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads passwords and public keys from the files that a user names. */
#include "config.h"
#include "lib/guest/logins.h"

#include <stdio.h>
#include <string.h>

#define MAX_PASSWORD 1024

/* The first line, without its newline; "-" is standard input. */
char *
domuimg_password_read_file (const char *path, GError **error)
{
  gboolean is_stdin = g_str_equal (path, "-");
  FILE *file = is_stdin ? stdin : fopen (path, "re");
  g_autofree char *line = g_malloc0 (MAX_PASSWORD);
  gboolean got;

  if (file == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "root-password-file: %s cannot be read", path);
      return NULL;
    }
  got = fgets (line, MAX_PASSWORD, file) != NULL;
  if (!is_stdin)
    fclose (file);
  line[strcspn (line, "\r\n")] = '\0';
  if (!got || *line == '\0')
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "root-password-file: the first line of %s is empty", path);
      return NULL;
    }
  return g_steal_pointer (&line);
}

gboolean
domuimg_ssh_keys_read_file (const char *path, GPtrArray *keys, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) local = NULL;
  guint found = 0;

  if (!g_file_get_contents (path, &text, NULL, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "ssh-key: %s", local->message);
  if (strstr (text, "PRIVATE KEY") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "ssh-key: %s is a private key; give the public one, %s.pub", path, path);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_strstrip (lines[i]);
      if (*lines[i] == '\0' || *lines[i] == '#')
        continue;
      if (!g_regex_match_simple ("(^|\\s)(ssh-|ecdsa-|sk-)[a-z0-9@.-]+\\s+[A-Za-z0-9+/=]+",
                                 lines[i], 0, 0))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "ssh-key: line %u of %s is not a public key", i + 1, path);
      g_ptr_array_add (keys, g_strdup (lines[i]));
      found++;
    }
  if (found == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "ssh-key: %s holds no key", path);
  return TRUE;
}
