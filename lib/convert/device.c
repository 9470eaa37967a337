/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices by the names that the old machine's buses gave them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/convert/edit.h"
#include "lib/guest/fstab-table.h"

#define LINKS "/dev/disk/"

/* What a name says: disk @disk (-1: not which), partition @number (0: the whole). */
typedef struct {
  int disk;
  guint number;
} Named;

static gboolean
parse_kernel_name (const char *name, Named *named)
{
  guint disk;

  if (!domuimg_device_parse_kernel_name (name, &disk, &named->number))
    return FALSE;
  named->disk = (int) disk;
  return TRUE;
}

/* "by-path/pci-0000:00:10.0-scsi-0:0:0:0-part1": only the bus knows which disk that is. */
static gboolean
parse_link_name (const char *name, Named *named)
{
  static const char *const lasting[] = { "by-id/dm-", "by-id/md-", "by-id/lvm-" };
  const char *part = g_strrstr (name, "-part");

  if (!g_str_has_prefix (name, "by-path/") && !g_str_has_prefix (name, "by-id/"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (lasting); i++)
    if (g_str_has_prefix (name, lasting[i]))
      return FALSE;
  named->disk = -1;
  named->number = part != NULL ? strtoul (part + strlen ("-part"), NULL, 10) : 0;
  return TRUE;
}

static gboolean
parse (const char *device, Named *named)
{
  if (g_str_has_prefix (device, LINKS))
    return parse_link_name (device + strlen (LINKS), named);
  return g_str_has_prefix (device, "/dev/")
         && parse_kernel_name (device + strlen ("/dev/"), named);
}

/* The disk's part of a link's name. */
static char *
disk_of_link (const char *device)
{
  const char *part = g_strrstr (device, "-part");

  return part != NULL ? g_strndup (device, (gsize) (part - device)) : g_strdup (device);
}

/* One disk has several links, which only tell disks apart within "by-path/" or "by-id/ata-". */
static gboolean
is_comparable (const char *one, const char *other)
{
  const char *kind = strchr (one + strlen (LINKS), '/');
  const char *end = kind != NULL && g_str_has_prefix (one, LINKS "by-id/") ? strchr (kind, '-')
                                                                          : kind;

  return end != NULL && strncmp (one, other, (gsize) (end - one) + 1) == 0;
}

/* Sets the disk of a link from that of the root; FALSE where it is none that is there. */
static gboolean
complete (const DomuimgConversion *self, const char *root_link, const char *device, Named *named)
{
  g_autofree char *link = disk_of_link (device);

  if (strstr (link, "-usb-") != NULL || strstr (link, "/usb-") != NULL)
    return FALSE;
  if (root_link == NULL || self->root == NULL || self->root->volume->lv != NULL
      || !is_comparable (link, root_link))
    named->disk = self->n_disks == 1 ? 0 : -1;
  else if (g_str_equal (link, root_link))
    named->disk = (int) self->root->disk;
  else if (self->n_disks == 2)
    named->disk = 1 - (int) self->root->disk;
  else
    return self->n_disks > 2;
  return TRUE;
}

static gboolean
fits (const DomuimgVolume *volume, const char *fs)
{
  static const char *const families[][3]
      = { { "ext2", "ext3", "ext4" }, { "vfat", "msdos", "umsdos" }, { "ntfs", "ntfs-3g", "ntfs3" },
          { "swap", "swsuspend", "" } };

  if (fs == NULL || g_str_equal (fs, "auto") || volume->fs == NULL
      || g_str_equal (fs, volume->fs))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      gboolean has_both[2] = { FALSE, FALSE };

      for (guint j = 0; j < G_N_ELEMENTS (families[i]); j++)
        {
          has_both[0] |= g_str_equal (families[i][j], fs);
          has_both[1] |= g_str_equal (families[i][j], volume->fs);
        }
      if (has_both[0])
        return has_both[1];
    }
  return FALSE;
}

/* Where the disk is not known: the only one that it can be. */
static const DomuimgDevice *
find (const DomuimgConversion *self, const Named *named, const char *fs)
{
  const DomuimgDevice *found = NULL;

  for (guint i = 0; i < self->volumes->len; i++)
    {
      const DomuimgDevice *volume = g_ptr_array_index (self->volumes, i);

      if (volume->volume->lv != NULL || volume->volume->mapped != NULL || volume->volume->number != named->number
          || (named->disk >= 0 && volume->disk != (guint) named->disk)
          || !fits (volume->volume, fs))
        continue;
      if (found != NULL)
        return NULL;
      found = volume;
    }
  return found;
}

/* FALSE where @device is none of the old machine's names. */
static gboolean
find_old (const DomuimgConversion *self, const char *root_link, const char *device,
          const char *point, const char *fs, const DomuimgDevice **volume)
{
  Named named;

  if (!parse (device, &named))
    return FALSE;
  if (g_strcmp0 (point, "/") == 0 && self->root != NULL)
    *volume = self->root;
  else
    *volume = named.disk >= 0 || complete (self, root_link, device, &named)
                  ? find (self, &named, fs)
                  : NULL;
  return TRUE;
}

/* Only one that needs no quoting anywhere, and is one volume's. */
static gboolean
is_good_label (const DomuimgConversion *self, const DomuimgVolume *volume)
{
  guint n = 0;

  for (guint i = 0; i < self->volumes->len; i++)
    {
      const DomuimgDevice *other = g_ptr_array_index (self->volumes, i);

      n += g_strcmp0 (other->volume->label, volume->label) == 0;
    }
  return n == 1 && g_regex_match_simple ("^[A-Za-z0-9._-]+$", volume->label,
                                         G_REGEX_DOLLAR_ENDONLY, 0);
}

static char *
lasting_name (const DomuimgConversion *self, const DomuimgDevice *named)
{
  const DomuimgVolume *volume = named->volume;

  if (volume->uuid != NULL)
    return g_strdup_printf ("UUID=%s", volume->uuid);
  if (volume->label != NULL && is_good_label (self, volume))
    return g_strdup_printf ("LABEL=%s", volume->label);
  if (volume->partuuid != NULL)
    return g_strdup_printf ("PARTUUID=%s", volume->partuuid);
  return g_strdup_printf ("/dev/%s", named->name);
}

DomuimgDeviceFate
domuimg_convert_find_device (DomuimgConvertEdit *self, const char *device, const char *point,
                             const char *fs, char **spec)
{
  const DomuimgDevice *volume;

  *spec = NULL;
  if (!find_old (self->want, self->root_link, device, point, fs, &volume))
    return DOMUIMG_DEVICE_STAYS;
  if (volume == NULL)
    return DOMUIMG_DEVICE_MISSING;
  *spec = lasting_name (self->want, volume);
  return DOMUIMG_DEVICE_FOUND;
}

void
domuimg_convert_learn_root (DomuimgConvertEdit *self, const char *device)
{
  Named named;

  if (self->root_link == NULL && g_str_has_prefix (device, LINKS) && parse (device, &named))
    self->root_link = disk_of_link (device);
}

static const DomuimgDevice *
find_by_spec (const DomuimgConversion *self, const char *root_link, const char *spec,
              const char *point)
{
  const DomuimgDevice *volume;

  if (find_old (self, root_link, spec, point, NULL, &volume))
    return volume;
  return domuimg_devices_find (self->volumes, spec);
}

const DomuimgDevice *
domuimg_conversion_find_mounted (const DomuimgConversion *self, DomuimgTree *root,
                                 const char *point)
{
  g_autofree char *text = domuimg_tree_read_text (root, "etc/fstab", NULL);
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text != NULL ? text : "");
  const DomuimgFstabEntry *mounted = domuimg_fstab_find (fstab, point);
  const DomuimgFstabEntry *root_entry = domuimg_fstab_find (fstab, "/");
  g_autofree char *root_link = root_entry != NULL && g_str_has_prefix (root_entry->spec, LINKS)
                                   ? disk_of_link (root_entry->spec)
                                   : NULL;

  return mounted != NULL ? find_by_spec (self, root_link, mounted->spec, point) : NULL;
}
