/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What system a filesystem is the root of. */
#include "config.h"

#include <string.h>

#include "lib/convert/convert.h"
#include "lib/guest/guest-info.h"
#include "lib/guest/root.h"

/* Windows does not tell cases apart. */
static char *
find_name (DomuimgTree *tree, const char *directory, const char *name)
{
  g_auto (GStrv) names = domuimg_tree_list (tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_ascii_strcasecmp (names[i], name) == 0)
      return g_build_filename (directory, names[i], NULL);
  return NULL;
}

static gboolean
is_windows (DomuimgTree *tree)
{
  g_autofree char *windows = find_name (tree, "", "windows");
  g_autofree char *system = windows != NULL ? find_name (tree, windows, "system32") : NULL;

  return system != NULL;
}

static gboolean
is_linux (DomuimgTree *tree)
{
  return domuimg_guest_root_is (tree)
         && (domuimg_tree_exists (tree, "etc/os-release")
             || domuimg_tree_exists (tree, "usr/lib/os-release")
             || domuimg_tree_exists (tree, "etc/debian_version")
             || domuimg_tree_exists (tree, "etc/redhat-release")
             || domuimg_tree_exists (tree, "sbin/init") || domuimg_tree_exists (tree, "etc/fstab"));
}

static gboolean
is_bsd (DomuimgTree *tree)
{
  return (domuimg_tree_exists (tree, "boot/kernel/kernel") || domuimg_tree_exists (tree, "bsd")
          || domuimg_tree_exists (tree, "netbsd"))
         && domuimg_tree_exists (tree, "etc/rc.subr");
}

DomuimgSystem
domuimg_system_of_tree (DomuimgTree *tree, char **name)
{
  g_autoptr (DomuimgGuestInfo) info = NULL;

  *name = NULL;
  if (is_bsd (tree))
    {
      *name = g_strdup ("a BSD");
      return DOMUIMG_SYSTEM_BSD;
    }
  if (is_linux (tree))
    {
      info = domuimg_guest_info_new (tree, NULL);
      *name = g_strdup (info != NULL && *info->name != '\0' ? info->name : "Linux");
      return DOMUIMG_SYSTEM_LINUX;
    }
  if (!is_windows (tree))
    return DOMUIMG_SYSTEM_UNKNOWN;
  *name = g_strdup ("Windows");
  return DOMUIMG_SYSTEM_WINDOWS;
}

gboolean
domuimg_system_is_hibernated (DomuimgTree *tree)
{
  g_autofree char *path = find_name (tree, "", "hiberfil.sys");
  char head[4] = "";

  /* After a resume its head is zeros, or says "wake". */
  return path != NULL && domuimg_tree_read_at (tree, path, 0, head, sizeof head, NULL) == sizeof head
         && g_ascii_strncasecmp (head, "hibr", sizeof head) == 0;
}
