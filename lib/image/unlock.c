/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes in a LUKS container: a filesystem, or a volume group. */
#include "config.h"
#include "lib/image/unlock.h"

#include <string.h>

#include "lib/image/devices.h"
#include "lib/image/luks.h"
#include "lib/image/lvm-volumes.h"
#include "lib/image/probe.h"

/* The name that installers give it, where the guest's own crypttab has not said one. */
static char *
name_container (const DomuimgVolume *container)
{
  return g_strdup_printf ("luks-%s", container->uuid != NULL ? container->uuid : "unknown");
}

/* "/dev/sda2", as the machine that it was called it: its disk may have had any place there. */
static gboolean
has_number (const char *device, const DomuimgVolume *container)
{
  guint disk, partition;

  return g_str_has_prefix (device, "/dev/")
         && domuimg_device_parse_kernel_name (device + strlen ("/dev/"), &disk, &partition)
         && partition == container->number;
}

/* The lines of crypttab(5) have a name, a device, a key and options. */
static gboolean
is_of (char **fields, const DomuimgVolume *container)
{
  return g_strv_length (fields) >= 2 && *fields[0] != '#'
         && (domuimg_volume_is_tagged (container, fields[1]) || has_number (fields[1], container));
}

/* (nullable) What the system in it calls the container. */
static char *
read_name (DomuimgTree *tree, const DomuimgVolume *container)
{
  g_autofree char *text = domuimg_tree_read_text (tree, "etc/crypttab", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr (GStrvBuilder) fields = g_strv_builder_new ();
      g_auto (GStrv) words = g_strsplit_set (lines[i], " \t", -1);
      g_auto (GStrv) found = NULL;

      for (guint j = 0; words[j] != NULL; j++)
        if (*words[j] != '\0')
          g_strv_builder_add (fields, words[j]);
      found = g_strv_builder_end (fields);
      if (is_of (found, container))
        return g_strdup (found[0]);
    }
  return NULL;
}

static void
ask_name (DomuimgImage *self, DomuimgVolume *volume, const DomuimgVolume *container)
{
  g_autoptr (GError) unopened = NULL; /* which whoever wants its files will be told, too */
  g_autoptr (DomuimgTree) tree = domuimg_image_open_tree (self, volume, FALSE, &unopened);
  char *name = tree != NULL ? read_name (tree, container) : NULL;

  if (name == NULL)
    return;
  g_free (volume->mapped);
  volume->mapped = name;
}

/* What libblkid knows of a region as a disk without partitions. */
static gboolean
describe (DomuimgVolume *volume, GPtrArray *problems, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  g_autofree char *table = NULL;
  DomuimgVolume *whole;

  if (!domuimg_image_probe (volume->inside, found, &table, problems, error))
    return FALSE;
  if (found->len != 1 || table != NULL)
    return TRUE;
  whole = g_ptr_array_index (found, 0);
  volume->fs = g_steal_pointer (&whole->fs);
  volume->uuid = g_steal_pointer (&whole->uuid);
  volume->label = g_steal_pointer (&whole->label);
  volume->fs_size = whole->fs_size;
  return TRUE;
}

static gboolean
add (DomuimgImage *self, GPtrArray *found, const DomuimgVolume *container, GError **error)
{
  GPtrArray *problems = domuimg_image_get_problems (self);

  while (found->len > 0)
    {
      g_autoptr (DomuimgVolume) volume = g_ptr_array_steal_index (found, 0);

      volume->is_encrypted = TRUE;
      if (volume->fs == NULL && !describe (volume, problems, error))
        return FALSE;
      if (volume->mapped != NULL)
        ask_name (self, volume, container);
      if (!domuimg_image_add_made (self, g_steal_pointer (&volume), error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_image_unlock (DomuimgImage *self, const DomuimgVolume *container, const char *key_file,
                      gboolean writable, GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_image_get_region (self, container);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  g_autoptr (DomuimgVolume) content = g_new0 (DomuimgVolume, 1);

  if (region == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: an encrypted disk is opened only where its bytes lie in one piece",
                         domuimg_image_get_path (self));
  content->inside = domuimg_luks_open (region, key_file, writable, error);
  if (content->inside == NULL)
    return FALSE;
  content->length = content->inside->length;
  content->mapped = name_container (container);
  if (!describe (content, domuimg_image_get_problems (self), error))
    return FALSE;
  if (g_strcmp0 (content->fs, "LVM2_member") != 0)
    g_ptr_array_add (found, g_steal_pointer (&content));
  else if (!domuimg_lvm_add_volumes (content->inside, found, domuimg_image_get_problems (self), error))
    return FALSE;
  return add (self, found, container, error);
}
