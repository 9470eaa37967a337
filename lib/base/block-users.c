/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses a block device of this host, as the kernel's tables say it. */
#include "config.h"
#include "lib/base/block-users.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static char *
read_table (const char *path)
{
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : g_strdup ("");
}

/* The third field of a line of mountinfo is the device, the fifth the mount point. */
static char *
find_mount (const char *numbers)
{
  g_autofree char *text = read_table ("/proc/self/mountinfo");
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], " ", 6);

      if (g_strv_length (fields) == 6 && g_str_equal (fields[2], numbers))
        return g_strcompress (fields[4]);
    }
  return NULL;
}

static gboolean
is_swap (dev_t device)
{
  g_autofree char *text = read_table ("/proc/swaps");
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *escaped = g_strndup (lines[i], strcspn (lines[i], " \t"));
      g_autofree char *path = g_strcompress (escaped);
      struct stat status;

      if (stat (path, &status) == 0 && S_ISBLK (status.st_mode) && status.st_rdev == device)
        return TRUE;
    }
  return FALSE;
}

/* A volume group, array or crypt device that is made of it: what the kernel calls a holder. */
static char *
find_holder (const char *numbers)
{
  g_autofree char *directory = g_strdup_printf ("/sys/dev/block/%s/holders", numbers);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;
  g_autofree char *label_path
      = name != NULL ? g_strdup_printf ("/sys/block/%s/dm/name", name) : NULL;
  g_autofree char *label = NULL;

  if (name == NULL)
    return NULL;
  if (!g_file_get_contents (label_path, &label, NULL, NULL))
    return g_strdup (name);
  return g_strdup_printf ("%s (%s)", name, g_strstrip (label));
}

/* What uses the device, and what to do about it; NULL where no table says it. */
static char *
find_user (dev_t device)
{
  g_autofree char *numbers = g_strdup_printf ("%u:%u", major (device), minor (device));
  g_autofree char *mount = find_mount (numbers);
  g_autofree char *holder = find_holder (numbers);

  if (mount != NULL)
    return g_strdup_printf ("is mounted on %s; unmount it first", mount);
  if (is_swap (device))
    return g_strdup ("is a swap space in use; end that first (swapoff)");
  if (holder != NULL)
    return g_strdup_printf ("is a part of %s, which is in use; take it out of that first", holder);
  return NULL;
}

/* The same of its partitions: a whole disk is in use when one of them is. */
static char *
find_user_of_parts (dev_t device)
{
  g_autofree char *directory
      = g_strdup_printf ("/sys/dev/block/%u:%u", major (device), minor (device));
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s/dev", directory, name);
      g_autofree char *text = NULL;
      g_autofree char *user = NULL;
      char *end;
      guint64 major_number;

      if (!g_file_get_contents (path, &text, NULL, NULL))
        continue;
      major_number = g_ascii_strtoull (text, &end, 10);
      if (*end != ':')
        continue;
      user = find_user (makedev (major_number, g_ascii_strtoull (end + 1, NULL, 10)));
      if (user != NULL)
        return g_strdup_printf ("is in use: its partition %s %s", name, user);
    }
  return NULL;
}

gboolean
domuimg_block_fail_busy (const char *path, GError **error)
{
  struct stat status = { 0 };
  g_autofree char *user = NULL;

  if (stat (path, &status) == 0)
    user = find_user (status.st_rdev);
  if (user == NULL)
    user = find_user_of_parts (status.st_rdev);
  return domuimg_fail (error, DOMUIMG_ERROR_BUSY, "%s %s", path,
                       user != NULL ? user
                                    : "is in use by another program or device; end that first");
}
