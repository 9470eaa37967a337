/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/compare.h"
#include "lib/base/directory.h"
#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/domain/model/domain.h"
#include "lib/domain/xm/file.h"

/* Files of configurations: where they are, which language they are in. */

#define CONFIG_MAX (4 << 20)

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
                        "%s has more than 4 MiB: it is not a configuration", path);
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
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                    "%s is not a file, so it is not a configuration", path);
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

/* A file that xl cannot read, and that is either broken or Python: the better of two errors. */
static gboolean
guess_xm (const char *text, const char *name, GError **xl_error, GError **error)
{
  g_autoptr (GError) xm_error = NULL;
  g_autoptr (DomuimgXlFile) xm = domuimg_xm_file_parse (text, strlen (text), name, &xm_error);

  if (xm != NULL)
    return TRUE;
  if (g_error_matches (xm_error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED))
    g_propagate_error (error, g_steal_pointer (&xm_error));
  else
    g_propagate_error (error, g_steal_pointer (xl_error));
  return FALSE;
}

/* Whether all that keeps xl from reading the file is the line end that its last line lacks. Python
 * takes such a file, but it is none of xm. */
static gboolean
lacks_line_end (const char *text, const char *name)
{
  g_autofree char *whole = g_strconcat (text, "\n", NULL);
  g_autoptr (DomuimgXlFile) file = domuimg_xl_file_parse (whole, strlen (whole), name, NULL);

  return file != NULL && !domuimg_xm_file_is_one (file);
}

/**
 * domuimg_config_guess_format:
 * @text: a configuration
 * @name: (nullable): how messages call it, such as its path
 * @format: (out): where to put the format
 * @error: return location for an error: %DOMUIMG_ERROR_CORRUPT_INPUT with the line and column for
 *   what is none, %DOMUIMG_ERROR_NOT_SUPPORTED for a file of xm in which Python would have to be
 *   run
 *
 * Which language it is in. What both xl and xm read is of xl, unless it has keys or disks that
 * only xm understood.
 *
 * Returns: whether it is in one
 *
 * Since: 0.1
 */
gboolean
domuimg_config_guess_format (const char *text, const char *name, DomuimgConfigFormat *format,
                             GError **error)
{
  g_autoptr (DomuimgXlFile) file = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (text != NULL && format != NULL, FALSE);
  name = domuimg_text_or (name, "configuration");
  *format = DOMUIMG_CONFIG_FORMAT_LIBVIRT;
  if (g_str_has_prefix (text, "\xef\xbb\xbf<") || text[strspn (text, " \t\r\n")] == '<')
    return TRUE;
  file = domuimg_xl_file_parse (text, strlen (text), name, &local);
  *format = file != NULL && !domuimg_xm_file_is_one (file) ? DOMUIMG_CONFIG_FORMAT_XL
                                                           : DOMUIMG_CONFIG_FORMAT_XM;
  if (file == NULL && lacks_line_end (text, name))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return file != NULL || guess_xm (text, name, &local, error);
}

/**
 * domuimg_domain_new_from_xm_cfg:
 * @text: a file of xm, the forerunner of xl
 * @name: (nullable): how messages call it, such as its path
 * @error: return location for an error: %DOMUIMG_ERROR_CORRUPT_INPUT for what is no Python or what
 *   xl would refuse, %DOMUIMG_ERROR_NOT_SUPPORTED for what would have to be run, each with the line
 *
 * Reads a guest as xm did, as far as nothing has to be run: assignments of strings, numbers, lists
 * and names that were assigned before. What only xm knew is put in the terms of xl: `ip` and
 * `dhcp` become part of the command line, `phy:vg/lv` gets its `/dev/`, `cpu` becomes `cpus`.
 *
 * Returns: (transfer full): a domain, or %NULL
 *
 * Since: 0.1
 */
DomuimgDomain *
domuimg_domain_new_from_xm_cfg (const char *text, const char *name, GError **error)
{
  g_autoptr (DomuimgXlFile) file = NULL;

  g_return_val_if_fail (text != NULL, NULL);
  file = domuimg_xm_file_parse (text, strlen (text), domuimg_text_or (name, "xm.cfg"), error);
  if (file == NULL)
    return NULL;
  domuimg_xm_file_translate (file);
  return domuimg_xl_file_to_read_domain (file, error);
}

/**
 * domuimg_domain_new_from_text:
 * @text: a configuration: xl.cfg(5), a file of the old xm, or libvirt's domain XML
 * @name: (nullable): how messages call it, such as its path
 * @error: return location for an error, as domuimg_config_guess_format() and the reader of the
 *   format have it
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
  DomuimgConfigFormat format;

  g_return_val_if_fail (text != NULL, NULL);
  if (!domuimg_config_guess_format (text, name, &format, error))
    return NULL;
  switch (format)
    {
    case DOMUIMG_CONFIG_FORMAT_XM:
      return domuimg_domain_new_from_xm_cfg (text, name, error);
    case DOMUIMG_CONFIG_FORMAT_LIBVIRT:
      return domuimg_domain_new_from_libvirt_xml (text, name, error);
    default:
      return domuimg_domain_new_from_xl_cfg (text, name, error);
    }
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

char **
domuimg_config_list_in (const char *directory, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!domuimg_directory_open_if_any (directory, &dir, error))
    return NULL;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".cfg"))
      g_ptr_array_add (paths, g_build_filename (directory, name, NULL));
  g_ptr_array_sort (paths, domuimg_compare_strings);
  g_ptr_array_add (paths, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&paths), FALSE);
}

char *
domuimg_config_find_in (const char *directory, const char *name, GError **error)
{
  static const char *const suffixes[] = { ".cfg", "" };
  struct stat status;
  gboolean is_directory;

  if (strchr (name, '/') != NULL)
    return g_strdup (name);
  if (!domuimg_path_look (name, &status, error))
    return NULL;
  if (S_ISREG (status.st_mode))
    return g_strdup (name);
  is_directory = S_ISDIR (status.st_mode);
  for (guint i = 0; i < G_N_ELEMENTS (suffixes) && *name != '\0'; i++)
    {
      g_autofree char *file = g_strconcat (name, suffixes[i], NULL);
      g_autofree char *path = g_build_filename (directory, file, NULL);

      if (!domuimg_path_look (path, &status, error))
        return NULL;
      if (S_ISREG (status.st_mode))
        return g_steal_pointer (&path);
    }
  if (is_directory)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "%s is a directory, and there is no %s/%s%s; name a configuration or a guest", name,
                  directory, name, suffixes[0]);
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "%s: there is neither such a file nor %s/%s%s", name, directory, name,
                  g_str_has_suffix (name, ".cfg") ? "" : ".cfg");
  return NULL;
}

/**
 * domuimg_domain_find_config:
 * @name: the path of a configuration, or the name of a guest
 * @error: return location for an error, %DOMUIMG_ERROR_NOT_FOUND, or %DOMUIMG_ERROR_PERMISSION or
 *   %DOMUIMG_ERROR_IO where it cannot be told
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
  return domuimg_config_find_in (DOMUIMG_CONFIG_DIRECTORY, name, error);
}
