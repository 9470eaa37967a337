/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows the symbolic links of an initramfs, whose files are known by their names only. */
#include "config.h"
#include "lib/kernel/initramfs-links.h"

#include <string.h>

/* As many as Linux follows. */
#define LINKS_MAX 40

/* Puts the parts of @path in front of those that are still to be walked, which come last first. */
static void
push_parts (GPtrArray *ahead, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (guint i = g_strv_length (parts); i > 0; i--)
    if (*parts[i - 1] != '\0' && !g_str_equal (parts[i - 1], "."))
      g_ptr_array_add (ahead, g_strdup (parts[i - 1]));
}

static void
step (GString *at, const char *part)
{
  const char *slash = strrchr (at->str, '/');

  if (g_str_equal (part, ".."))
    g_string_truncate (at, slash != NULL ? (gsize) (slash - at->str) : 0);
  else
    g_string_append_printf (at, "%s%s", at->len > 0 ? "/" : "", part);
}

char *
domuimg_initramfs_follow (GHashTable *links, const char *path)
{
  g_autoptr (GPtrArray) ahead = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) at = g_string_new (NULL);
  guint followed = 0;

  push_parts (ahead, path);
  while (ahead->len > 0)
    {
      g_autofree char *part = g_ptr_array_steal_index (ahead, ahead->len - 1);
      gsize before = at->len;
      const char *target;

      step (at, part);
      target = ahead->len > 0 ? g_hash_table_lookup (links, at->str) : NULL;
      if (target == NULL)
        continue;
      if (followed++ == LINKS_MAX)
        return NULL;
      g_string_truncate (at, *target == '/' ? 0 : before);
      push_parts (ahead, target);
    }
  return g_string_free (g_steal_pointer (&at), FALSE);
}
