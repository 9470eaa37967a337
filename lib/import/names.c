/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the file of this host that another system's name means. */
#include "config.h"
#include "lib/import/names.h"

#include <string.h>
#include <unistd.h>

const char *
domuimg_name_last_part (const char *path)
{
  const char *after = *path == '[' ? strstr (path, "] ") : NULL;
  const char *part = after != NULL ? after + 2 : path;

  for (const char *c = part; *c != '\0'; c++)
    if (*c == '/' || *c == '\\' || *c == ':')
      part = c + 1;
  return part;
}

gboolean
domuimg_name_has_drive (const char *path)
{
  return g_ascii_isalpha (path[0]) && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

/* NULL for what is not UTF-8. */
static char *
fold (const char *name)
{
  g_autofree char *folded = g_utf8_validate (name, -1, NULL) ? g_utf8_casefold (name, -1) : NULL;

  return folded != NULL ? g_utf8_normalize (folded, -1, G_NORMALIZE_DEFAULT_COMPOSE) : NULL;
}

gboolean
domuimg_name_is_same (const char *one, const char *other)
{
  g_autofree char *folded = fold (one);
  g_autofree char *with = fold (other);

  return g_str_equal (one, other) || (folded != NULL && g_strcmp0 (folded, with) == 0);
}

char *
domuimg_name_find (const char *directory, const char *name)
{
  g_autofree char *exact = g_build_filename (directory, name, NULL);
  g_autofree char *found = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *entry;

  if (*name == '\0' || strchr (name, '/') != NULL)
    return NULL;
  if (access (exact, F_OK) == 0)
    return g_steal_pointer (&exact);
  dir = g_dir_open (directory, 0, NULL);
  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      if (!domuimg_name_is_same (entry, name))
        continue;
      if (found != NULL)
        return NULL;
      found = g_build_filename (directory, entry, NULL);
    }
  return g_steal_pointer (&found);
}
