/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk image, from its bytes to the trees of its filesystems. */
#include "config.h"
#include "lib/image/image.h"

#include <errno.h>
#include <string.h>

#include "lib/fs/fs.h"
#include "lib/image/formats.h"
#include "lib/image/probe.h"
#include "lib/image/references.h"
#include "lib/image/volumes-guestfs.h"

#define SECTOR 512
#define BOOT_CODE 440

struct _DomuimgImage {
  DomuimgRegion *region;
  DomuimgRegion *writable; /* (nullable) the same, once it is to be written to */
  DomuimgImageFormat format;
  char *table;
  GPtrArray *volumes; /* (nullable) not before they are asked for */
  gboolean has_lvs;   /* logical volumes were looked for, too */
  GPtrArray *problems;
  gboolean refers; /* to other files, which QEMU would open: no appliance then */
  DomuimgAppliance *appliance; /* starts when it is needed */
};

void
domuimg_image_free (DomuimgImage *self)
{
  g_clear_pointer (&self->volumes, g_ptr_array_unref);
  g_ptr_array_unref (self->problems);
  g_clear_pointer (&self->appliance, domuimg_appliance_unref);
  g_clear_pointer (&self->region, domuimg_region_unref);
  g_clear_pointer (&self->writable, domuimg_region_unref);
  g_free (self->table);
  g_free (self);
}

static DomuimgImage *
image_new (DomuimgRegion *region)
{
  DomuimgImage *self = g_new0 (DomuimgImage, 1);

  self->region = domuimg_region_ref (region);
  self->problems = g_ptr_array_new_with_free_func (g_free);
  return self;
}

static gboolean
is_raw (DomuimgImage *self)
{
  return g_str_equal (self->format.name, "raw");
}

static gboolean
find_format (DomuimgImage *self, const char *format, GError **error)
{
  const DomuimgRegion *region = self->region;

  if (!domuimg_image_detect_format (region, &self->format, error))
    return FALSE;
  if (format != NULL && *format != '\0' && !g_str_equal (format, self->format.name))
    {
      /* Any file can be taken as raw, and nothing else as anything. */
      if (!g_str_equal (format, "raw"))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "%s is not in the format %s, but %s", region->name, format,
                             self->format.name);
      self->format = (DomuimgImageFormat){ "raw", region->length };
    }
  if (!domuimg_image_refers_to_others (region, self->format.name, &self->refers, error))
    return FALSE;
  if (is_raw (self) && region->length % SECTOR != 0)
    g_ptr_array_add (self->problems,
                     g_strdup_printf ("%s: its size, %" G_GUINT64_FORMAT " bytes, is not a multiple"
                                      " of 512: the rest of the last sector is lost",
                                      region->name, region->length));
  return TRUE;
}

DomuimgImage *
domuimg_image_new (DomuimgRegion *region, const char *format, DomuimgAppliance *appliance,
                   GError **error)
{
  g_autoptr (DomuimgImage) self = image_new (region);

  if (!find_format (self, format, error))
    return NULL;
  self->appliance = domuimg_appliance_ref (appliance);
  return g_steal_pointer (&self);
}

DomuimgImage *
domuimg_image_open (const char *path, const char *format, GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_region_open (path, FALSE, error);
  g_autoptr (DomuimgImage) self = region != NULL ? image_new (region) : NULL;

  if (self == NULL || !find_format (self, format, error))
    return NULL;
  self->appliance = domuimg_appliance_new (path, self->format.name);
  return g_steal_pointer (&self);
}

DomuimgImage *
domuimg_image_open_copy (const DomuimgImage *self, const char *path, GError **error)
{
  DomuimgImage *copy = domuimg_image_open (path, self->format.name, error);

  if (copy != NULL)
    copy->refers = self->refers;
  return copy;
}

gboolean
domuimg_image_refers_on (const DomuimgImage *self)
{
  return self->refers;
}

void
domuimg_image_set_vetted (DomuimgImage *self)
{
  self->refers = FALSE;
}

DomuimgImage *
domuimg_image_new_named (DomuimgImage *self, const char *name)
{
  g_autoptr (DomuimgRegion) region = domuimg_region_new_named (self->region, name);
  DomuimgImage *image = image_new (region);

  image->format = self->format;
  image->refers = self->refers;
  image->table = g_strdup (self->table);
  image->volumes = self->volumes != NULL ? g_ptr_array_ref (self->volumes) : NULL;
  image->has_lvs = self->has_lvs;
  image->appliance = domuimg_appliance_ref (self->appliance);
  return image;
}

const char *
domuimg_image_get_path (DomuimgImage *self)
{
  return self->region->name;
}

const char *
domuimg_image_get_format (DomuimgImage *self)
{
  return self->format.name;
}

guint64
domuimg_image_get_size (DomuimgImage *self)
{
  return self->format.size;
}

GPtrArray *
domuimg_image_get_problems (DomuimgImage *self)
{
  return self->problems;
}

static gboolean
has_lvm (const GPtrArray *volumes)
{
  for (guint i = 0; i < volumes->len; i++)
    if (g_strcmp0 (((DomuimgVolume *) g_ptr_array_index (volumes, i))->fs, "LVM2_member") == 0)
      return TRUE;
  return FALSE;
}

/* The partitions count even where what is in one of them cannot be told. */
static void
add_lvs (DomuimgImage *self, GPtrArray *volumes)
{
  g_autoptr (GError) error = NULL;

  if (has_lvm (volumes) && !domuimg_appliance_list_lvs (self->appliance, volumes, &error))
    g_ptr_array_add (self->problems,
                     g_strdup_printf ("%s: its logical volumes cannot be seen: %s", self->region->name,
                                      error->message));
}

static gboolean
fail_refers (DomuimgImage *self, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s takes parts from another file that it names (a backing file), which is"
                       " not followed; make it whole first: qemu-img convert -O qcow2 %s NEW",
                       self->region->name, self->region->name);
}

GPtrArray *
domuimg_image_list_partitions (DomuimgImage *self, GError **error)
{
  g_autoptr (GPtrArray) volumes = NULL;
  gboolean ok;

  if (self->volumes != NULL)
    return self->volumes;
  if (self->refers)
    {
      fail_refers (self, error);
      return NULL;
    }
  volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  if (is_raw (self))
    ok = domuimg_image_probe (self->region, volumes, &self->table, self->problems, error);
  else
    ok = domuimg_appliance_list_partitions (self->appliance, volumes, &self->table, error);
  if (!ok)
    return NULL;
  self->volumes = g_steal_pointer (&volumes);
  return self->volumes;
}

GPtrArray *
domuimg_image_list_volumes (DomuimgImage *self, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_partitions (self, error);

  if (volumes != NULL && !self->has_lvs)
    add_lvs (self, volumes);
  self->has_lvs |= volumes != NULL;
  return volumes;
}

const char *
domuimg_image_get_table (DomuimgImage *self)
{
  return domuimg_image_list_partitions (self, NULL) != NULL ? self->table : NULL;
}

/* All zero where it is too short. */
static gboolean
read_first_sector (DomuimgImage *self, guint8 *sector, GError **error)
{
  memset (sector, 0, SECTOR);
  if (self->refers)
    return fail_refers (self, error);
  if (!is_raw (self))
    return domuimg_appliance_read_head (self->appliance, sector, SECTOR, error);
  return domuimg_region_read (self->region, 0, sector, SECTOR) >= 0
         || domuimg_set_errno (error, errno, "reading %s", self->region->name);
}

gboolean
domuimg_image_has_boot_code (DomuimgImage *self, gboolean *has, GError **error)
{
  guint8 sector[SECTOR];

  *has = FALSE;
  if (!read_first_sector (self, sector, error))
    return FALSE;
  for (guint i = 0; i < BOOT_CODE; i++)
    *has |= sector[i] != 0;
  *has = *has && sector[510] == 0x55 && sector[511] == 0xaa;
  return TRUE;
}

gboolean
domuimg_image_has_esp (DomuimgImage *self, gboolean *has, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_partitions (self, error);

  *has = FALSE;
  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    *has |= domuimg_volume_is_esp (g_ptr_array_index (volumes, i));
  return volumes != NULL;
}

static DomuimgRegion *
take_part (DomuimgImage *self, DomuimgRegion *region, const DomuimgVolume *volume)
{
  return is_raw (self) && volume->lv == NULL
             ? domuimg_region_new_part (region, volume->offset, volume->length)
             : NULL;
}

DomuimgRegion *
domuimg_image_get_region (DomuimgImage *self, const DomuimgVolume *volume)
{
  return take_part (self, self->region, volume);
}

DomuimgTree *
domuimg_image_open_tree (DomuimgImage *self, const DomuimgVolume *volume, gboolean writable,
                         GError **error)
{
  g_autofree char *device = domuimg_appliance_device_of (volume);
  g_autoptr (DomuimgRegion) region = domuimg_image_get_region (self, volume);
  DomuimgFsPlace place = { volume->fs, region, self->appliance, device };

  if (writable && region != NULL && domuimg_fs_find (volume->fs) != NULL)
    {
      /* An image is opened for reading, since most are only read. */
      if (self->writable == NULL)
        self->writable = domuimg_region_make_writable (self->region, error);
      if (self->writable == NULL)
        return NULL;
      domuimg_region_unref (region);
      place.region = region = take_part (self, self->writable, volume);
    }
  return domuimg_fs_open_tree (&place, writable, error);
}

gboolean
domuimg_image_close_tree (DomuimgImage *self, DomuimgTree *tree, GError **error)
{
  return domuimg_fs_close_tree (tree, error);
}

DomuimgExtState *
domuimg_image_get_ext_state (DomuimgImage *self, const DomuimgVolume *volume, GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_image_get_region (self, volume);

  if (region == NULL || volume->fs == NULL || !g_str_has_prefix (volume->fs, "ext"))
    return NULL;
  return domuimg_ext_state_read (region, error);
}
