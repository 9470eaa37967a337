/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk image, from its bytes to the trees of its filesystems. */
#include "config.h"
#include "lib/image/image.h"
#include "lib/image/gpt.h"

#include <errno.h>
#include <string.h>

#include "lib/fs/fs.h"
#include "lib/image/formats.h"
#include "lib/image/plain.h"
#include "lib/image/probe.h"
#include "lib/image/references.h"
#include "lib/image/volumes-appliance.h"

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
  DomuimgPlain *plain;   /* (nullable) its bytes, where it is not raw */
  gboolean plain_failed; /* then the appliance reads all of it */
  gboolean is_copy;      /* which may be written to */
};

void
domuimg_image_free (DomuimgImage *self)
{
  g_clear_pointer (&self->volumes, g_ptr_array_unref);
  g_ptr_array_unref (self->problems);
  g_clear_pointer (&self->appliance, domuimg_appliance_unref);
  g_clear_pointer (&self->plain, domuimg_plain_free);
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

/* Where this host cannot show an image of another format that way, the appliance reads it. */
DomuimgRegion *
domuimg_image_get_bytes (DomuimgImage *self)
{
  if (is_raw (self))
    return self->region;
  if (self->refers || self->plain_failed)
    return NULL;
  if (self->plain == NULL)
    {
      self->plain = domuimg_plain_new (self->region->name, self->format.name, self->format.size,
                                       self->is_copy, NULL);
      self->plain_failed = self->plain == NULL;
      if (self->plain != NULL)
        domuimg_appliance_set_region (self->appliance, domuimg_plain_get_region (self->plain));
    }
  return self->plain != NULL ? domuimg_plain_get_region (self->plain) : NULL;
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

  if (copy == NULL)
    return NULL;
  copy->refers = self->refers;
  copy->is_copy = TRUE;
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
  image->is_copy = self->is_copy;
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

static void
tell_members (DomuimgImage *self, const GPtrArray *volumes)
{
  g_autoptr (GArray) members = domuimg_image_list_members (volumes);

  domuimg_appliance_set_members (self->appliance, members);
}

/* The partitions count even where what is in one of them cannot be told. */
static void
add_lvs (DomuimgImage *self, GPtrArray *volumes)
{
  g_autoptr (GError) error = NULL;

  if (!has_lvm (volumes))
    return;
  tell_members (self, volumes);
  if (!domuimg_image_add_lvs (self->appliance, volumes, &error))
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
  DomuimgRegion *bytes;
  gboolean ok;

  if (self->volumes != NULL)
    return self->volumes;
  if (self->refers)
    {
      fail_refers (self, error);
      return NULL;
    }
  volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  bytes = domuimg_image_get_bytes (self);
  if (bytes != NULL)
    ok = domuimg_image_probe (bytes, volumes, &self->table, self->problems, error);
  else
    ok = domuimg_image_add_partitions (self->appliance, volumes, &self->table, error);
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

gboolean
domuimg_image_add_made (DomuimgImage *self, DomuimgVolume *volume, GError **error)
{
  g_autoptr (DomuimgVolume) made = volume;
  GPtrArray *volumes = domuimg_image_list_partitions (self, error);

  if (volumes == NULL)
    return FALSE;
  self->has_lvs = TRUE;
  g_ptr_array_add (volumes, g_steal_pointer (&made));
  return TRUE;
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
  DomuimgRegion *bytes = domuimg_image_get_bytes (self);

  memset (sector, 0, SECTOR);
  if (self->refers)
    return fail_refers (self, error);
  if (bytes == NULL)
    return domuimg_appliance_read_head (self->appliance, sector, SECTOR, error);
  return domuimg_region_read (bytes, 0, sector, SECTOR) >= 0
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
take_part (DomuimgRegion *region, const DomuimgVolume *volume)
{
  return region != NULL && volume->lv == NULL
             ? domuimg_region_new_part (region, volume->offset, volume->length)
             : NULL;
}

gboolean
domuimg_image_has_damaged_gpt (DomuimgImage *self)
{
  DomuimgRegion *bytes = domuimg_image_get_bytes (self);
  guint8 head[2 * SECTOR];

  return g_strcmp0 (self->table, "gpt") == 0 && bytes != NULL
         && domuimg_region_read (bytes, 0, head, sizeof head) == (gssize) sizeof head
         && !domuimg_gpt_has_header (domuimg_bytes (head, sizeof head));
}

DomuimgRegion *
domuimg_image_get_region (DomuimgImage *self, const DomuimgVolume *volume)
{
  if (volume->inside != NULL)
    return domuimg_region_new_named (volume->inside, self->region->name);
  return take_part (domuimg_image_get_bytes (self), volume);
}

/* The logical volumes of an image may not have been asked for: those of a copy are known from what it
 * is a copy of. And what is seen through an overlay is not written to. */
static gboolean
prepare_for (DomuimgImage *self, const DomuimgVolume *volume, gboolean writable, GError **error)
{
  if (writable && self->plain != NULL && !self->is_copy)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "%s was opened to be read only",
                         self->region->name);
  if (volume->lv == NULL || self->has_lvs || domuimg_image_get_bytes (self) == NULL)
    return TRUE;
  if (domuimg_image_list_partitions (self, error) == NULL)
    return FALSE;
  tell_members (self, self->volumes);
  return TRUE;
}

DomuimgTree *
domuimg_image_open_tree (DomuimgImage *self, const DomuimgVolume *volume, gboolean writable,
                         GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_image_get_region (self, volume);
  DomuimgFsPlace place = {
    region,
    self->appliance,
    { volume->fs, volume->lv, volume->number, volume->offset, volume->length },
  };

  if (!prepare_for (self, volume, writable, error))
    return NULL;
  if (writable && region != NULL && volume->inside == NULL && domuimg_fs_find (volume->fs) != NULL)
    {
      /* An image is opened for reading, since most are only read. */
      if (self->writable == NULL)
        self->writable = domuimg_region_make_writable (domuimg_image_get_bytes (self), error);
      if (self->writable == NULL)
        return NULL;
      domuimg_region_unref (region);
      place.region = region = take_part (self->writable, volume);
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
