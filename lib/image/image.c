/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/image/formats.h"
#include "lib/image/probe.h"
#include "lib/image/references.h"
#include "lib/image/volumes-guestfs.h"
#include "lib/fs/ext/tree.h"

#define SECTOR 512
#define BOOT_CODE 440
#define ESP_GPT "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

struct _DomuimgImage {
  char *path;
  int fd;
  DomuimgImageFormat format;
  char *table;
  GPtrArray *volumes; /* (nullable) not before they are asked for */
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
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->table);
  g_free (self->path);
  g_free (self);
}

static gboolean
open_file (DomuimgImage *self, guint64 *size, GError **error)
{
  struct stat status;
  off_t end;

  /* O_NONBLOCK: a FIFO must not wait for its other end. */
  self->fd = open (self->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (self->fd < 0 || fstat (self->fd, &status) != 0)
    return domuimg_set_errno (error, errno, "opening %s", self->path);
  if (!S_ISREG (status.st_mode) && !S_ISBLK (status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is neither a file nor a block device", self->path);
  end = lseek (self->fd, 0, SEEK_END);
  if (end < 0)
    return domuimg_set_errno (error, errno, "%s: finding its size", self->path);
  *size = end;
  return TRUE;
}

DomuimgImage *
domuimg_image_open (const char *path, const char *format, GError **error)
{
  g_autoptr (DomuimgImage) self = g_new0 (DomuimgImage, 1);
  guint64 size = 0;

  self->fd = -1;
  self->path = g_strdup (path);
  self->problems = g_ptr_array_new_with_free_func (g_free);
  if (!open_file (self, &size, error)
      || !domuimg_image_detect_format (self->fd, size, path, &self->format, error))
    return NULL;
  if (format != NULL && *format != '\0' && !g_str_equal (format, self->format.name))
    {
      /* Any file can be taken as raw, and nothing else as anything. */
      if (!g_str_equal (format, "raw"))
        {
          domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is not in the format %s, but %s",
                        path, format, self->format.name);
          return NULL;
        }
      self->format = (DomuimgImageFormat){ "raw", size };
    }
  self->refers = domuimg_image_refers_to_others (self->fd, size, self->format.name);
  self->appliance = domuimg_appliance_new (path, self->format.name);
  if (g_str_equal (self->format.name, "raw") && size % SECTOR != 0)
    g_ptr_array_add (self->problems,
                     g_strdup_printf ("%s: its size, %" G_GUINT64_FORMAT " bytes, is no multiple of"
                                      " 512: the rest of the last sector is lost",
                                      path, size));
  return g_steal_pointer (&self);
}

const char *
domuimg_image_get_path (DomuimgImage *self)
{
  return self->path;
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
is_raw (DomuimgImage *self)
{
  return g_str_equal (self->format.name, "raw");
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
                     g_strdup_printf ("%s: its logical volumes cannot be seen: %s", self->path,
                                      error->message));
}

GPtrArray *
domuimg_image_list_volumes (DomuimgImage *self, GError **error)
{
  g_autoptr (GPtrArray) volumes = NULL;
  gboolean ok;

  if (self->volumes != NULL)
    return self->volumes;
  if (self->refers)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s takes parts from another file that it names (a backing file), which is not"
                    " followed; make it whole first: qemu-img convert -O qcow2 %s NEW",
                    self->path, self->path);
      return NULL;
    }
  volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  if (is_raw (self))
    ok = domuimg_image_probe (self->fd, self->format.size, self->path, volumes, &self->table,
                              self->problems, error);
  else
    ok = domuimg_appliance_list_partitions (self->appliance, volumes, &self->table, error);
  if (!ok)
    return NULL;
  add_lvs (self, volumes);
  self->volumes = g_steal_pointer (&volumes);
  return self->volumes;
}

const char *
domuimg_image_get_table (DomuimgImage *self)
{
  return domuimg_image_list_volumes (self, NULL) != NULL ? self->table : NULL;
}

gboolean
domuimg_image_has_boot_code (DomuimgImage *self)
{
  guint8 sector[SECTOR];

  if (self->refers)
    return FALSE;
  if (is_raw (self) ? pread (self->fd, sector, sizeof sector, 0) != sizeof sector
                    : !domuimg_appliance_read_head (self->appliance, sector, sizeof sector))
    return FALSE;
  if (sector[510] != 0x55 || sector[511] != 0xaa)
    return FALSE;
  for (guint i = 0; i < BOOT_CODE; i++)
    if (sector[i] != 0)
      return TRUE;
  return FALSE;
}

gboolean
domuimg_image_has_esp (DomuimgImage *self)
{
  GPtrArray *volumes = domuimg_image_list_volumes (self, NULL);

  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    {
      const char *type = ((DomuimgVolume *) g_ptr_array_index (volumes, i))->part_type;

      if (g_strcmp0 (type, ESP_GPT) == 0 || g_strcmp0 (type, "0xef") == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_ext (const DomuimgVolume *volume)
{
  return volume->fs != NULL && volume->lv == NULL
         && (g_str_equal (volume->fs, "ext2") || g_str_equal (volume->fs, "ext3")
             || g_str_equal (volume->fs, "ext4"));
}

DomuimgTree *
domuimg_image_open_tree (DomuimgImage *self, const DomuimgVolume *volume, gboolean writable,
                         GError **error)
{
  g_autofree char *device = NULL;

  if (is_raw (self) && is_ext (volume))
    return domuimg_tree_ext_open (self->path, volume->offset, writable, error);
  device = domuimg_appliance_device_of (volume);
  return domuimg_tree_guestfs_open (self->appliance, device, writable, error);
}

gboolean
domuimg_image_close_tree (DomuimgImage *self, DomuimgTree *tree, GError **error)
{
  g_autoptr (DomuimgTree) owned = tree;

  if (DOMUIMG_IS_TREE_EXT (owned))
    return domuimg_tree_ext_close (DOMUIMG_TREE_EXT (owned), error);
  return domuimg_tree_guestfs_close (owned, error);
}

DomuimgExtState *
domuimg_image_get_ext_state (DomuimgImage *self, const DomuimgVolume *volume, GError **error)
{
  if (!is_raw (self) || !is_ext (volume))
    return NULL;
  return domuimg_ext_state_read (self->path, volume->offset, error);
}
