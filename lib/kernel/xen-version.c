/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/kernel/xen-version.h"

#include <string.h>

#define DEFAULT_MAJOR 4
#define DEFAULT_MINOR 17

gboolean
domuimg_xen_version_parse (const char *text, DomuimgXenVersion *version, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ".", 3);
  guint64 major, minor;

  if (parts[0] == NULL || parts[1] == NULL
      || !g_ascii_string_to_unsigned (parts[0], 10, 3, 99, &major, NULL)
      || !g_ascii_string_to_unsigned (parts[1], 10, 0, 99, &minor, NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is no version of Xen, such as 4.17", text);
  version->major = major;
  version->minor = minor;
  return TRUE;
}

static gboolean
read_number (const char *path, guint *value)
{
  g_autofree char *text = NULL;
  guint64 number;

  if (!g_file_get_contents (path, &text, NULL, NULL)
      || !g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, 99, &number, NULL))
    return FALSE;
  *value = number;
  return TRUE;
}

/* A domU sees the version of the host's Xen there too, which is as good an answer. */
static gboolean
read_running (DomuimgXenVersion *version)
{
  return read_number ("/sys/hypervisor/version/major", &version->major)
         && read_number ("/sys/hypervisor/version/minor", &version->minor);
}

static gboolean
is_newer (DomuimgXenVersion a, DomuimgXenVersion b)
{
  return a.major > b.major || (a.major == b.major && a.minor > b.minor);
}

/* Debian keeps the tools of each release in a directory of its own. */
static gboolean
read_installed (DomuimgXenVersion *version)
{
  g_autoptr (GDir) dir = g_dir_open ("/usr/lib", 0, NULL);
  gboolean found = FALSE;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      DomuimgXenVersion one;
      g_autofree char *xl = g_build_filename ("/usr/lib", name, "bin", "xl", NULL);

      if (g_str_has_prefix (name, "xen-")
          && domuimg_xen_version_parse (name + strlen ("xen-"), &one, NULL)
          && g_file_test (xl, G_FILE_TEST_EXISTS) && (!found || is_newer (one, *version)))
        {
          *version = one;
          found = TRUE;
        }
    }
  return found;
}

DomuimgXenVersion
domuimg_xen_version_of_host (const char **origin)
{
  DomuimgXenVersion version;
  const char *from = "the running Xen";

  if (!read_running (&version))
    {
      from = "the installed tools";
      if (!read_installed (&version))
        {
          from = "assumed, since no Xen is here";
          version = (DomuimgXenVersion){ DEFAULT_MAJOR, DEFAULT_MINOR };
        }
    }
  if (origin != NULL)
    *origin = from;
  return version;
}

gboolean
domuimg_xen_version_at_least (DomuimgXenVersion self, guint major, guint minor)
{
  return self.major > major || (self.major == major && self.minor >= minor);
}

char *
domuimg_xen_version_to_string (DomuimgXenVersion self)
{
  return g_strdup_printf ("%u.%u", self.major, self.minor);
}
