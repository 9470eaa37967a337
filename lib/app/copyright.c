/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the licence of a package from its machine-readable copyright file, by Debian's format 1.0. */
#include "config.h"
#include "lib/app/packages.h"

#include <string.h>

#include "lib/base/compare.h"

#define LICENCES_MAX 1000

/* Debian's short names where SPDX has others. */
static const struct {
  const char *debian, *spdx;
} names[] = {
  { "Expat", "MIT" },
  { "GPL-1+", "GPL-1.0-or-later" },
  { "GPL-2", "GPL-2.0-only" },
  { "GPL-2+", "GPL-2.0-or-later" },
  { "GPL-3", "GPL-3.0-only" },
  { "GPL-3+", "GPL-3.0-or-later" },
  { "LGPL-2", "LGPL-2.0-only" },
  { "LGPL-2+", "LGPL-2.0-or-later" },
  { "LGPL-2.0+", "LGPL-2.0-or-later" },
  { "LGPL-2.1", "LGPL-2.1-only" },
  { "LGPL-2.1+", "LGPL-2.1-or-later" },
  { "LGPL-3", "LGPL-3.0-only" },
  { "LGPL-3+", "LGPL-3.0-or-later" },
  { "AGPL-3", "AGPL-3.0-only" },
  { "AGPL-3+", "AGPL-3.0-or-later" },
  { "BSD-2-clause", "BSD-2-Clause" },
  { "BSD-3-clause", "BSD-3-Clause" },
  { "BSD-4-clause", "BSD-4-Clause" },
  { "Apache-2.0", "Apache-2.0" },
  { "Apache-2", "Apache-2.0" },
  { "Artistic", "Artistic-1.0-Perl" },
  { "Artistic-2", "Artistic-2.0" },
  { "ISC", "ISC" },
  { "MIT", "MIT" },
  { "MPL-1.1", "MPL-1.1" },
  { "MPL-2.0", "MPL-2.0" },
  { "Zlib", "Zlib" },
  { "zlib", "Zlib" },
  { "CC0", "CC0-1.0" },
  { "CC0-1.0", "CC0-1.0" },
  { "OpenSSL", "OpenSSL" },
  { "PSF-2", "PSF-2.0" },
  { "Unlicense", "Unlicense" },
  { "WTFPL-2", "WTFPL" },
};

/* What SPDX has no name for is a reference with the name that Debian gives it. */
static char *
convert_name (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i].debian, name))
      return g_strdup (names[i].spdx);
  GString *reference = g_string_new ("LicenseRef-");
  for (const char *c = name; *c != '\0'; c++)
    g_string_append_c (reference, g_ascii_isalnum (*c) || *c == '.' || *c == '-' ? *c : '-');
  return g_string_free (reference, FALSE);
}

static gboolean
is_operator (const char *word)
{
  return g_ascii_strcasecmp (word, "or") == 0 || g_ascii_strcasecmp (word, "and") == 0
         || g_ascii_strcasecmp (word, "with") == 0;
}

/* "GPL-2+ or Artistic, and BSD-3-clause with X exception": each name once. How files combine them is
 * theirs; the whole package is under all of them. */
static void
add_licences (GPtrArray *all, const char *value)
{
  g_auto (GStrv) words = g_strsplit_set (value, " \t,", -1);

  for (guint i = 0; words[i] != NULL && all->len <= LICENCES_MAX; i++)
    {
      g_autofree char *name = NULL;

      if (g_ascii_strcasecmp (words[i], "with") == 0)
        return;
      if (*words[i] == '\0' || is_operator (words[i]))
        continue;
      name = convert_name (words[i]);
      if (!g_ptr_array_find_with_equal_func (all, name, g_str_equal, NULL))
        g_ptr_array_add (all, g_steal_pointer (&name));
    }
}

/* Only paragraphs with files say what is under a licence; the others have the texts. */
char *
domuimg_dpkg_copyright_parse (const char *text)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) lines = NULL;
  gboolean has_files = FALSE;

  if (!g_str_has_prefix (text, "Format: ") || !g_utf8_validate (text, -1, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (*lines[i] == '\0')
        has_files = FALSE;
      else if (g_ascii_strncasecmp (lines[i], "Files:", strlen ("Files:")) == 0)
        has_files = TRUE;
      else if (has_files && g_ascii_strncasecmp (lines[i], "License:", strlen ("License:")) == 0)
        add_licences (all, lines[i] + strlen ("License:"));
    }
  /* Half of them would be wrong. */
  if (all->len == 0 || all->len > LICENCES_MAX)
    return NULL;
  g_ptr_array_sort (all, domuimg_compare_strings);
  g_ptr_array_add (all, NULL);
  return g_strjoinv (" AND ", (char **) all->pdata);
}
