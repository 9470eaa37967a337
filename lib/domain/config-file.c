/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/config-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "domuimg/domain-config.h"
#include "lib/base/fd.h"

/* Files of configurations: where they are, which language they are in. */

#define CONFIG_MAX (4 << 20)
#define XEN_CONFIG_DIR "/etc/xen"

/* To the end of the file, which may lie about its size. */
static char *
read_all (int fd, const char *path, gsize *length, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 block[16384];

  for (;;)
    {
      gssize got = read (fd, block, sizeof block);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          domuimg_set_errno (error, errno, "%s cannot be read", path);
          return NULL;
        }
      if (got == 0)
        break;
      if (bytes->len + got > CONFIG_MAX)
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                        "%s has more than 4 MiB: it is no configuration", path);
          return NULL;
        }
      g_byte_array_append (bytes, block, got);
    }
  *length = bytes->len;
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  return (char *) g_byte_array_free (g_steal_pointer (&bytes), FALSE);
}

char *
domuimg_config_read (const char *path, struct stat *status, GError **error)
{
  /* Nobody waits for the other end of a FIFO. */
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autofree char *text = NULL;
  gsize length;

  if (fd < 0 || fstat (fd, status) != 0)
    {
      domuimg_set_errno (error, errno, "%s cannot be opened", path);
      return NULL;
    }
  if (!S_ISREG (status->st_mode))
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is no file: it is no configuration",
                    path);
      return NULL;
    }
  text = read_all (fd, path, &length, error);
  if (text == NULL)
    return NULL;
  if (strlen (text) == length)
    return g_steal_pointer (&text);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: there is a NUL byte in the text", path);
  return NULL;
}

/**
 * domuimg_domain_new_from_text:
 * @text: a configuration: xl.cfg(5), a file of the old xm, or libvirt's domain XML
 * @name: (nullable): how messages call it, such as its path
 * @error: return location for an error, %DOMUIMG_ERROR_CORRUPT_INPUT with the line and column
 *   for what the format does not allow
 *
 * Reads a guest; the format is found from the text.
 *
 * Returns: (transfer full): a domain, or %NULL
 *
 * Since: 0.1
 */
DomuimgDomain *
domuimg_domain_new_from_text (const char *text, const char *name, GError **error)
{
  g_return_val_if_fail (text != NULL, NULL);
  return domuimg_domain_new_from_xl_cfg (text, name, error);
}

/**
 * domuimg_domain_new_from_file:
 * @path: (type filename): a file that holds a configuration, as domuimg_domain_new_from_text()
 *   takes it
 * @error: return location for an error: %DOMUIMG_ERROR_NOT_FOUND, %DOMUIMG_ERROR_PERMISSION,
 *   %DOMUIMG_ERROR_IO, or %DOMUIMG_ERROR_CORRUPT_INPUT with the line and column
 *
 * Reads a guest from a file of at most 4 MiB. See domuimg_domain_find_config() for names of
 * guests.
 *
 * Returns: (transfer full): a domain, or %NULL
 *
 * Since: 0.1
 */
DomuimgDomain *
domuimg_domain_new_from_file (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  struct stat status;

  g_return_val_if_fail (path != NULL, NULL);
  text = domuimg_config_read (path, &status, error);
  return text != NULL ? domuimg_domain_new_from_text (text, path, error) : NULL;
}

char *
domuimg_config_find_in (const char *directory, const char *name, GError **error)
{
  static const char *const suffixes[] = { ".cfg", "" };

  if (strchr (name, '/') != NULL || g_file_test (name, G_FILE_TEST_IS_REGULAR))
    return g_strdup (name);
  for (guint i = 0; i < G_N_ELEMENTS (suffixes) && *name != '\0'; i++)
    {
      g_autofree char *file = g_strconcat (name, suffixes[i], NULL);
      g_autofree char *path = g_build_filename (directory, file, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                "%s: there is neither such a file nor %s/%s.cfg", name, directory, name);
  return NULL;
}

/**
 * domuimg_domain_find_config:
 * @name: the path of a configuration, or the name of a guest
 * @error: return location for an error, %DOMUIMG_ERROR_NOT_FOUND
 *
 * Where the configuration of a guest is: what has a `/` in it, or is a file of the current
 * directory, is a path; anything else is in `/etc/xen`, as `NAME.cfg` or `NAME`. A path is not
 * looked for.
 *
 * Returns: (transfer full) (type filename): a path, or %NULL
 *
 * Since: 0.1
 */
char *
domuimg_domain_find_config (const char *name, GError **error)
{
  g_return_val_if_fail (name != NULL, NULL);
  return domuimg_config_find_in (XEN_CONFIG_DIR, name, error);
}
