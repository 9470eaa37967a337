/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of an image, by what the appliance says of them. */
#include "config.h"
#include "lib/image/volumes-appliance.h"

#include "lib/image/probe.h"

#define SECTOR 512

static const char *
tag (const DomuimgApplianceVolume *self, const char *name)
{
  for (char **at = self->tags; at != NULL && at[0] != NULL && at[1] != NULL; at += 2)
    if (g_str_equal (at[0], name))
      return at[1];
  return NULL;
}

static char *
copy_tag (const DomuimgApplianceVolume *self, const char *name)
{
  const char *value = tag (self, name);

  return value != NULL ? g_utf8_make_valid (value, -1) : NULL;
}

static guint64
number_tag (const DomuimgApplianceVolume *self, const char *name)
{
  const char *value = tag (self, name);

  return value != NULL ? g_ascii_strtoull (value, NULL, 0) : 0;
}

/* NULL for an extended partition, which holds others only. */
static DomuimgVolume *
volume_of (const DomuimgApplianceVolume *found)
{
  g_autoptr (DomuimgVolume) volume = g_new0 (DomuimgVolume, 1);
  gsize size;
  const void *head = g_bytes_get_data (found->head, &size);

  volume->part_type = copy_tag (found, "PART_ENTRY_TYPE");
  if (volume->part_type != NULL
      && (g_str_equal (volume->part_type, "0x5") || g_str_equal (volume->part_type, "0xf")
          || g_str_equal (volume->part_type, "0x85")))
    return NULL;
  volume->fs_size = domuimg_image_parse_fs_size (domuimg_bytes (head, MIN (size, DOMUIMG_FS_HEAD)));
  volume->number = found->number;
  volume->lv = g_strdup (found->lv);
  volume->offset = number_tag (found, "PART_ENTRY_OFFSET") * SECTOR;
  volume->length = found->length;
  volume->fs = copy_tag (found, "TYPE");
  volume->uuid = copy_tag (found, "UUID");
  volume->label = copy_tag (found, "LABEL");
  volume->partuuid = copy_tag (found, "PART_ENTRY_UUID");
  volume->partlabel = copy_tag (found, "PART_ENTRY_NAME");
  volume->active = g_strcmp0 (tag (found, "PART_ENTRY_FLAGS"), "0x80") == 0;
  return g_steal_pointer (&volume);
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  const DomuimgVolume *const *left = a;
  const DomuimgVolume *const *right = b;

  return (*left)->number < (*right)->number ? -1 : (*left)->number > (*right)->number;
}

gboolean
domuimg_image_add_partitions (DomuimgAppliance *appliance, GPtrArray *volumes, char **table,
                              GError **error)
{
  g_autoptr (GPtrArray) found = domuimg_appliance_list_partitions (appliance, error);

  *table = NULL;
  for (guint i = 0; found != NULL && i < found->len; i++)
    {
      const DomuimgApplianceVolume *one = g_ptr_array_index (found, i);
      DomuimgVolume *volume = volume_of (one);

      if (*table == NULL && one->number > 0)
        *table = copy_tag (one, "PART_ENTRY_SCHEME");
      if (volume != NULL)
        g_ptr_array_add (volumes, volume);
    }
  g_ptr_array_sort (volumes, compare_numbers);
  return found != NULL;
}

GArray *
domuimg_image_list_members (const GPtrArray *volumes)
{
  GArray *members = g_array_new (FALSE, FALSE, sizeof (DomuimgAppliancePlace));

  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);
      const DomuimgAppliancePlace place
          = { volume->fs, NULL, volume->number, volume->offset, volume->length };

      if (g_strcmp0 (volume->fs, "LVM2_member") == 0)
        g_array_append_val (members, place);
    }
  return members;
}

gboolean
domuimg_image_add_lvs (DomuimgAppliance *appliance, GPtrArray *volumes, GError **error)
{
  g_autoptr (GPtrArray) found = domuimg_appliance_list_lvs (appliance, error);

  for (guint i = 0; found != NULL && i < found->len; i++)
    {
      DomuimgVolume *volume = volume_of (g_ptr_array_index (found, i));

      if (volume != NULL)
        g_ptr_array_add (volumes, volume);
    }
  return found != NULL;
}
