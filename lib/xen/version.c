/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Versions of Xen: the host's, and how they compare. */
#include "config.h"
#include "lib/xen/version.h"

#include <string.h>

#include "lib/xen/tools.h"

#define DEFAULT_MAJOR 4
#define DEFAULT_MINOR 17

gboolean
domuimg_xen_version_parse (const char *text, DomuimgXenVersion *version, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ".", 3);
  guint64 major, minor, point = 0;
  gboolean has_point = g_strv_length (parts) == 3;

  if (parts[0] == NULL || parts[1] == NULL
      || !g_ascii_string_to_unsigned (parts[0], 10, 3, 99, &major, NULL)
      || !g_ascii_string_to_unsigned (parts[1], 10, 0, 99, &minor, NULL)
      || (has_point && !g_ascii_string_to_unsigned (parts[2], 10, 0, 99, &point, NULL)))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is not a version of Xen, such as 4.17 or 4.17.3", text);
  *version = (DomuimgXenVersion){ major, minor, has_point ? (int) point : DOMUIMG_XEN_ANY_POINT };
  return TRUE;
}

/* One of the files in /sys/hypervisor/version, a line each; (nullable) */
static char *
read_line (const char *root, const char *name)
{
  g_autofree char *path = g_strconcat (root, "/sys/hypervisor/version/", name, NULL);
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_strstrip (text) : NULL;
}

/* ".3", ".5-pre", or "-unstable" before the first release. */
static int
point_of (const char *extra)
{
  if (extra == NULL || extra[0] != '.' || !g_ascii_isdigit (extra[1]))
    return DOMUIMG_XEN_ANY_POINT;
  return (int) MIN (g_ascii_strtoull (extra + 1, NULL, 10), 99);
}

/* A domU sees the version of the host's Xen there too, which is as good an answer. */
static gboolean
read_running (const char *root, DomuimgXenVersion *version)
{
  g_autofree char *major = read_line (root, "major");
  g_autofree char *minor = read_line (root, "minor");
  g_autofree char *extra = read_line (root, "extra");
  g_autofree char *text = NULL;

  if (major == NULL || minor == NULL)
    return FALSE;
  text = g_strdup_printf ("%s.%s", major, minor);
  if (!domuimg_xen_version_parse (text, version, NULL))
    return FALSE;
  version->point = point_of (extra);
  return TRUE;
}

gboolean
domuimg_xen_version_find (const char *root, DomuimgXenVersion *version, const char **origin)
{
  gboolean runs = read_running (root, version);

  if (!runs && !domuimg_xen_tools_find (root, version))
    return FALSE;
  if (origin != NULL)
    *origin = runs ? "the running Xen" : "the installed tools";
  return TRUE;
}

DomuimgXenVersion
domuimg_xen_version_of_system (const char *root, const char **origin)
{
  DomuimgXenVersion version;

  if (domuimg_xen_version_find (root, &version, origin))
    return version;
  if (origin != NULL)
    *origin = "assumed, since no Xen is here";
  return (DomuimgXenVersion){ DEFAULT_MAJOR, DEFAULT_MINOR, DOMUIMG_XEN_ANY_POINT };
}

DomuimgXenVersion
domuimg_xen_version_of_host (const char **origin)
{
  return domuimg_xen_version_of_system ("", origin);
}

gboolean
domuimg_xen_version_at_least (DomuimgXenVersion self, guint major, guint minor)
{
  return self.major > major || (self.major == major && self.minor >= minor);
}

gboolean
domuimg_xen_version_has_point (DomuimgXenVersion self, guint major, guint minor, int point)
{
  return self.major == major && self.minor == minor
         && (self.point == DOMUIMG_XEN_ANY_POINT || self.point >= point);
}

char *
domuimg_xen_version_to_string (DomuimgXenVersion self)
{
  return g_strdup_printf ("%u.%u", self.major, self.minor);
}

char *
domuimg_xen_version_describe (DomuimgXenVersion self)
{
  if (self.point == DOMUIMG_XEN_ANY_POINT)
    return domuimg_xen_version_to_string (self);
  return g_strdup_printf ("%u.%u.%d", self.major, self.minor, self.point);
}
