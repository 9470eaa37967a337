/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root that an initramfs knows by itself, where the command line has no root=. */
#include "config.h"
#include "lib/kernel/initramfs-root.h"

#include <string.h>

/* NixOS's stage 1 has a list of the filesystems that it mounts: four lines each, the mount point, the
 * device, the type and the options. */
static gboolean
is_fsinfo (const char *name)
{
  return g_str_has_prefix (name, "nix/store/") && g_str_has_suffix (name, "-initrd-fsinfo");
}

/* systemd in an initramfs mounts what its fstab has for /sysroot. */
static gboolean
is_fstab (const char *name)
{
  return g_str_equal (name, "etc/fstab")
         || (g_str_has_prefix (name, "nix/store/") && g_str_has_suffix (name, "-initrd-fstab"));
}

/* dracut puts words of a command line into an initramfs for one machine. */
static gboolean
is_cmdline (const char *name)
{
  return g_str_equal (name, "etc/cmdline")
         || (g_str_has_prefix (name, "etc/cmdline.d/") && g_str_has_suffix (name, ".conf"));
}

gboolean
domuimg_initramfs_tells_root (const char *name)
{
  return is_fsinfo (name) || is_fstab (name) || is_cmdline (name);
}

static char *
root_of_fsinfo (char **lines)
{
  for (; lines[0] != NULL && lines[1] != NULL; lines += lines[2] != NULL && lines[3] != NULL ? 4 : 2)
    if (g_str_equal (lines[0], "/"))
      return g_strdup (g_strstrip (lines[1]));
  return NULL;
}

static char *
root_of_fstab (char **lines)
{
  for (; *lines != NULL; lines++)
    {
      char *line = g_strstrip (*lines);
      gsize length = strcspn (line, " \t");
      const char *rest = line + length + strspn (line + length, " \t");

      if (*line != '#' && strncmp (rest, "/sysroot", strlen ("/sysroot")) == 0
          && strchr (" \t", rest[strlen ("/sysroot")]) != NULL)
        return g_strndup (line, length);
    }
  return NULL;
}

static char *
root_of_cmdline (char **lines)
{
  char *root = NULL;

  for (; *lines != NULL; lines++)
    {
      g_auto (GStrv) words = g_strsplit_set (*lines, " \t", -1);

      for (guint i = 0; **lines != '#' && words[i] != NULL; i++)
        if (g_str_has_prefix (words[i], "root="))
          {
            g_free (root);
            root = g_strdup (words[i] + strlen ("root="));
          }
    }
  return root;
}

char *
domuimg_initramfs_root_of (const char *name, const char *text, gsize length)
{
  g_autofree char *copy = g_strndup (text, length);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);
  g_autofree char *root = is_fsinfo (name)  ? root_of_fsinfo (lines)
                          : is_fstab (name) ? root_of_fstab (lines)
                                            : root_of_cmdline (lines);

  return root != NULL && *root != '\0' ? g_steal_pointer (&root) : NULL;
}
