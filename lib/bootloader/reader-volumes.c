/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The filesystems of a guest's disk, found and opened by the confined reader. */
#include "config.h"
#include "lib/bootloader/reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/bootloader/tree-helper.h"
#include "lib/image/devices.h"
#include "lib/image/formats.h"
#include "lib/image/probe.h"
#include "lib/fs/ext/tree.h"

static void
volume_free (gpointer data)
{
  DomuimgReaderVolume *self = data;

  g_free (self->fs);
  g_free (self->uuid);
  g_free (self->label);
  g_free (self->device);
  g_clear_object (&self->tree);
  g_free (self);
}

static gboolean
is_ext (const DomuimgReaderVolume *volume)
{
  return volume->fs != NULL && g_str_has_prefix (volume->fs, "ext") && volume->device == NULL;
}

/* The name that GRUB has for it: "(loop0,msdos1)", "(loop0,gpt1)", "(loop0)". */
static char *
name_device (const char *table, guint number)
{
  if (number == 0)
    return g_strdup ("(loop0)");
  return g_strdup_printf ("(loop0,%s%u)", g_strcmp0 (table, "gpt") == 0 ? "gpt" : "msdos", number);
}

static DomuimgReaderVolume *
take_volume (DomuimgVolume *found, const char *table, guint64 base)
{
  DomuimgReaderVolume *volume = g_new0 (DomuimgReaderVolume, 1);

  volume->number = found->number;
  volume->fs = g_steal_pointer (&found->fs);
  volume->uuid = g_steal_pointer (&found->uuid);
  volume->label = g_steal_pointer (&found->label);
  volume->offset = base + found->offset;
  volume->active = found->active;
  if (!is_ext (volume) && base == 0)
    volume->device = name_device (table, found->number);
  return volume;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const DomuimgReaderVolume *left = *(DomuimgReaderVolume *const *) a;
  const DomuimgReaderVolume *right = *(DomuimgReaderVolume *const *) b;

  if (is_ext (left) != is_ext (right))
    return is_ext (left) ? -1 : 1;
  if (left->active != right->active)
    return left->active ? -1 : 1;
  return left->number < right->number ? -1 : left->number > right->number;
}

static gboolean
check_format (const DomuimgRegion *disk, GError **error)
{
  DomuimgImageFormat format;

  if (!domuimg_image_detect_format (disk, &format, error))
    return FALSE;
  if (g_str_equal (format.name, "raw"))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s is a %s image; xl gives a boot loader the disk itself where disk= names"
                       " the format",
                       disk->name, format.name);
}

/* Filesystems of which no menu is expected. */
static gboolean
is_of_use (const DomuimgReaderVolume *volume)
{
  static const char *const others[] = { "swap", "LVM2_member", "crypto_LUKS" };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (g_strcmp0 (volume->fs, others[i]) == 0)
      return FALSE;
  return volume->fs != NULL;
}

/* GRUB puts logical volumes together by itself; what is in them, it does not tell. */
static void
add_logical (const DomuimgReaderSetup *setup, GPtrArray *volumes)
{
  g_auto (GStrv) devices = domuimg_tree_helper_list_logical (setup->helper);

  for (guint i = 0; devices[i] != NULL; i++)
    {
      DomuimgReaderVolume *volume = g_new0 (DomuimgReaderVolume, 1);

      volume->device = g_strdup (devices[i]);
      g_ptr_array_add (volumes, volume);
    }
}

/* A guest's disk is mostly one filesystem that we read. It need not be looked for where it begins with
 * the disk, and no partition table says something else; libblkid reads a MiB for the same answer.
 * NULL for anything else. */
static DomuimgReaderVolume *
find_plain (DomuimgRegion *disk, guint64 base)
{
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgTree) tree = NULL;
  DomuimgReaderVolume *volume;
  guint8 sector[512];

  if (domuimg_region_read (disk, base, sector, sizeof sector) != sizeof sector
      || (sector[510] == 0x55 && sector[511] == 0xaa))
    return NULL;
  region = domuimg_region_new_part (disk, base, disk->length - base);
  tree = domuimg_tree_ext_open (region, FALSE, NULL);
  if (tree == NULL)
    return NULL;
  volume = g_new0 (DomuimgReaderVolume, 1);
  volume->fs = g_strdup ("ext4");
  volume->uuid = domuimg_tree_ext_get_uuid (DOMUIMG_TREE_EXT (tree));
  volume->label = domuimg_tree_ext_get_label (DOMUIMG_TREE_EXT (tree));
  volume->offset = base;
  volume->tree = g_steal_pointer (&tree);
  return volume;
}

GPtrArray *
domuimg_reader_list_volumes (const DomuimgReaderSetup *setup, GError **error)
{
  g_autoptr (GPtrArray) found
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  g_autoptr (GPtrArray) volumes = g_ptr_array_new_with_free_func (volume_free);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  guint64 base = MAX (setup->offset, 0);
  g_autoptr (DomuimgRegion) disk = domuimg_region_new_for_fd (setup->disk, setup->name, error);
  g_autofree char *table = NULL;
  DomuimgReaderVolume *plain;
  gboolean has_lvm = FALSE;

  if (disk == NULL || !check_format (disk, error))
    return NULL;
  plain = find_plain (disk, base);
  if (plain != NULL)
    {
      g_ptr_array_add (volumes, plain);
      return g_steal_pointer (&volumes);
    }
  if (!domuimg_image_probe (disk, found, &table, problems, error))
    return NULL;
  for (guint i = 0; i < found->len; i++)
    {
      DomuimgVolume *volume = g_ptr_array_index (found, i);

      has_lvm |= g_strcmp0 (volume->fs, "LVM2_member") == 0;
      if (setup->offset < 0 || volume->offset == base)
        g_ptr_array_add (volumes, take_volume (volume, table, 0));
    }
  for (guint i = volumes->len; i > 0; i--)
    if (!is_of_use (g_ptr_array_index (volumes, i - 1)))
      g_ptr_array_remove_index (volumes, i - 1);
  g_ptr_array_sort (volumes, compare);
  if (has_lvm && setup->helper >= 0)
    add_logical (setup, volumes);
  return g_steal_pointer (&volumes);
}

/* A disk is open for as long as one of its filesystems is. */
static DomuimgTree *
open_ext (const DomuimgReaderSetup *setup, guint64 offset, GError **error)
{
  g_autoptr (DomuimgRegion) disk = domuimg_region_new_for_fd (setup->disk, setup->name, error);
  g_autoptr (DomuimgRegion) region = NULL;

  if (disk == NULL)
    return NULL;
  region = domuimg_region_new_part (disk, offset, MAX (disk->length, offset) - offset);
  return domuimg_tree_ext_open (region, FALSE, error);
}

DomuimgTree *
domuimg_reader_open_volume (const DomuimgReaderSetup *setup, DomuimgReaderVolume *volume,
                            GError **error)
{
  if (volume->tree != NULL)
    return volume->tree;
  if (volume->device == NULL)
    volume->tree = open_ext (setup, volume->offset, error);
  else if (setup->helper >= 0)
    volume->tree = domuimg_tree_helper_new (setup->helper, volume->device);
  else
    domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                  "%s: reading %s needs grub-fstest, which is not installed (Debian: apt install"
                  " grub-common)",
                  setup->name, volume->fs);
  return volume->tree;
}

/* "lvm/vg-root" and "(lvm/vg-root)"; what GRUB's helper calls "loop0" is the disk itself. */
static gboolean
is_device (const char *hint, const char *device)
{
  hint += *hint == '(';
  device += *device == '(';
  return g_str_has_prefix (device, "lvm/")
         && strcspn (hint, ")") == strcspn (device, ")")
         && strncmp (hint, device, strcspn (device, ")")) == 0;
}

gboolean
domuimg_reader_hint_is (const char *hint, DomuimgMenuFormat format,
                        const DomuimgReaderVolume *volume)
{
  const DomuimgVolume names = { .uuid = volume->uuid, .label = volume->label };

  if (domuimg_device_spec_is_tag (hint))
    return domuimg_volume_is_tagged (&names, hint);
  if (volume->device != NULL && is_device (hint, volume->device))
    return TRUE;
  return volume->number > 0 && domuimg_grub_device_get_partition (hint, format) == volume->number;
}
