/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows the marks by which a layer of a container image deletes files of those below it. */
#include "config.h"
#include "lib/source/whiteout.h"

#include <string.h>

/* Where a host keeps layers. */
static const char *const stores[]
    = { "var/lib/docker/", "var/lib/containers/", "var/lib/containerd/", "var/lib/rancher/",
        "var/lib/lxc/",    "var/lib/lxd/",        "var/lib/incus/",      "var/lib/machines/" };

static gboolean
is_in_store (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (stores); i++)
    if (g_str_has_prefix (path, stores[i]))
      return TRUE;
  return strstr (path, "/.local/share/containers/") != NULL
         || strstr (path, "/.local/share/docker/") != NULL;
}

static gboolean
has_marked_part (const char *path)
{
  return g_str_has_prefix (path, DOMUIMG_WHITEOUT) || strstr (path, "/" DOMUIMG_WHITEOUT) != NULL;
}

gboolean
domuimg_whiteout_is (const DomuimgEntry *entry)
{
  gboolean is_device = entry->type == DOMUIMG_ENTRY_CHAR_DEVICE && entry->dev_major == 0
                       && entry->dev_minor == 0;

  return (is_device || has_marked_part (entry->path)) && !is_in_store (entry->path);
}

static gboolean
is_of_overlay (const DomuimgXattr *xattr)
{
  return g_str_has_prefix (xattr->name, "trusted.overlay.")
         || g_str_has_prefix (xattr->name, "user.overlay.")
         || g_str_has_prefix (xattr->name, "user.fuseoverlayfs.");
}

gboolean
domuimg_whiteout_has_xattrs (const DomuimgEntry *entry)
{
  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    if (is_of_overlay (g_ptr_array_index (entry->xattrs, i)))
      return !is_in_store (entry->path);
  return FALSE;
}

void
domuimg_whiteout_drop_xattrs (DomuimgEntry *entry)
{
  for (guint i = entry->xattrs->len; i > 0; i--)
    if (is_of_overlay (g_ptr_array_index (entry->xattrs, i - 1)))
      g_ptr_array_remove_index (entry->xattrs, i - 1);
}
