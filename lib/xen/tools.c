/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Xen's tools as they are installed, and what they can unpack; they are never started. */
#include "config.h"
#include "lib/xen/tools.h"

#include <string.h>

static const char *const library_directories[] = {
  "/usr/local/lib64", "/usr/local/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib",
};

/* Each is in libxenguest's list of libraries where the codec was there when it was built. What needs
 * none is always there. */
static const struct {
  DomuimgCompression compression;
  const char *library; /* (nullable) */
  gboolean in_debian;
} codecs[] = {
  { DOMUIMG_COMPRESSION_GZIP, NULL, TRUE },
  { DOMUIMG_COMPRESSION_BZIP2, "libbz2.so", FALSE },
  { DOMUIMG_COMPRESSION_XZ, "liblzma.so", TRUE },
  { DOMUIMG_COMPRESSION_ZSTD, "libzstd.so", TRUE },
  { DOMUIMG_COMPRESSION_LZMA, "liblzma.so", TRUE },
  { DOMUIMG_COMPRESSION_LZO, "liblzo2.so", FALSE },
  { DOMUIMG_COMPRESSION_LZ4, NULL, TRUE },
};

static gboolean
is_newer (DomuimgXenVersion a, DomuimgXenVersion b)
{
  return a.major > b.major || (a.major == b.major && a.minor > b.minor);
}

/* Names that are @prefix and a version; the newest that @is_one accepts. */
static gboolean
find_newest (const char *root, const char *directory, const char *prefix, const char *wanted,
             DomuimgXenVersion *version)
{
  g_autofree char *path = g_strconcat (root, directory, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  gboolean found = FALSE;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, wanted, NULL);
      DomuimgXenVersion one;

      if (!g_str_has_prefix (name, prefix)
          || !domuimg_xen_version_parse (name + strlen (prefix), &one, NULL)
          || !g_file_test (file, G_FILE_TEST_EXISTS) || (found && !is_newer (one, *version)))
        continue;
      *version = (DomuimgXenVersion){ one.major, one.minor, DOMUIMG_XEN_ANY_POINT };
      found = TRUE;
    }
  return found;
}

static gboolean
has_xl (const char *root)
{
  static const char *const places[] = { "/usr/sbin/xl", "/usr/local/sbin/xl", "/usr/bin/xl" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_strconcat (root, places[i], NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return TRUE;
    }
  return FALSE;
}

gboolean
domuimg_xen_tools_find (const char *root, DomuimgXenVersion *version)
{
  /* Debian keeps the tools of each release in a directory of its own. */
  if (find_newest (root, "/usr/lib", "xen-", "bin/xl", version))
    return TRUE;
  /* Elsewhere the library's name tells. */
  for (guint i = 0; has_xl (root) && i < G_N_ELEMENTS (library_directories); i++)
    if (find_newest (root, library_directories[i], "libxenguest.so.", NULL, version))
      return TRUE;
  return FALSE;
}

/* (nullable) libxenguest.so.4.17, or in another place libxenguest.so.4.17.0 */
static char *
read_library (const char *root, DomuimgXenVersion version, gsize *length)
{
  for (guint i = 0; i < G_N_ELEMENTS (library_directories); i++)
    {
      g_autofree char *path
          = g_strdup_printf ("%s%s/libxenguest.so.%u.%u", root, library_directories[i],
                             version.major, version.minor);
      char *content = NULL;

      if (g_file_get_contents (path, &content, length, NULL))
        return content;
    }
  return NULL;
}

DomuimgCodecs
domuimg_xen_tools_get_codecs (const char *root, DomuimgXenVersion version)
{
  gsize length = 0;
  g_autofree char *library = read_library (root, version, &length);
  DomuimgCodecs set = 0;

  /* The names of libraries stand in an ELF file as text. */
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    {
      const char *needed = codecs[i].library;
      gboolean has = needed == NULL
                     || (library != NULL ? memmem (library, length, needed, strlen (needed)) != NULL
                                         : codecs[i].in_debian);

      if (has)
        set |= DOMUIMG_CODEC (codecs[i].compression);
    }
  return set;
}
