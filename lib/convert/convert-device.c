/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/convert/convert-edit.h"

/* Devices by the names that the old machine's buses gave them. */

/* What a name says: disk @disk (-1: not which), partition @number (0: the whole). */
typedef struct {
  int disk;
  guint number;
} Named;

/* "sda1", "nvme0n1p2"; disks are counted in the order that buses are looked through in. */
static gboolean
parse_kernel_name (const char *name, Named *named)
{
  static const char *const prefixes[] = { "sd", "hd", "vd", "xvd" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      const char *rest = name + strlen (prefixes[i]);
      char *end;

      if (!g_str_has_prefix (name, prefixes[i]) || !g_ascii_islower (*rest))
        continue;
      named->disk = *rest - 'a';
      named->number = strtoul (rest + 1, &end, 10);
      return *end == '\0' && rest[1] != '-' && rest[1] != '+';
    }
  if (g_regex_match_simple ("^nvme[0-9]{1,2}n1(p[0-9]{1,3})?$", name, 0, 0))
    {
      const char *part = strchr (name, 'p');

      named->disk = atoi (name + strlen ("nvme"));
      named->number = part != NULL ? strtoul (part + 1, NULL, 10) : 0;
      return TRUE;
    }
  return FALSE;
}

/* "by-path/pci-0000:00:10.0-scsi-0:0:0:0-part1": of which disk, only the bus would tell. */
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
  if (g_str_has_prefix (device, "/dev/disk/"))
    return parse_link_name (device + strlen ("/dev/disk/"), named);
  return g_str_has_prefix (device, "/dev/")
         && parse_kernel_name (device + strlen ("/dev/"), named);
}

static const DomuimgConvertVolume *
find (const DomuimgConversion *self, const Named *named)
{
  if (named->disk < 0 && self->n_disks > 1)
    return NULL;
  for (guint i = 0; i < self->volumes->len; i++)
    {
      const DomuimgConvertVolume *volume = g_ptr_array_index (self->volumes, i);

      if (volume->volume->lv == NULL && volume->disk == (guint) MAX (named->disk, 0)
          && volume->volume->number == named->number)
        return volume;
    }
  return NULL;
}

static char *
lasting_name (const DomuimgConvertVolume *self)
{
  const DomuimgVolume *volume = self->volume;

  if (volume->uuid != NULL)
    return g_strdup_printf ("UUID=%s", volume->uuid);
  if (volume->partuuid != NULL)
    return g_strdup_printf ("PARTUUID=%s", volume->partuuid);
  return g_strdup_printf ("/dev/%s", self->name);
}

DomuimgDevice
domuimg_convert_find_device (const DomuimgConversion *self, const char *device, char **spec)
{
  const DomuimgConvertVolume *volume;
  Named named;

  *spec = NULL;
  if (!parse (device, &named))
    return DOMUIMG_DEVICE_STAYS;
  volume = find (self, &named);
  if (volume == NULL)
    return DOMUIMG_DEVICE_MISSING;
  *spec = lasting_name (volume);
  return DOMUIMG_DEVICE_FOUND;
}

static gboolean
is_named_by (const DomuimgConvertVolume *self, const char *spec)
{
  const DomuimgVolume *volume = self->volume;
  const struct {
    const char *prefix;
    const char *value;
  } ways[] = { { "UUID=", volume->uuid },         { "/dev/disk/by-uuid/", volume->uuid },
               { "LABEL=", volume->label },       { "/dev/disk/by-label/", volume->label },
               { "PARTUUID=", volume->partuuid }, { "/dev/disk/by-partuuid/", volume->partuuid },
               { "PARTLABEL=", volume->partlabel } };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *name = ways[i].value != NULL
                                  ? g_strconcat (ways[i].prefix, ways[i].value, NULL)
                                  : NULL;

      if (name != NULL && g_ascii_strcasecmp (name, spec) == 0)
        return TRUE;
    }
  if (volume->lv != NULL)
    {
      /* Of a dash in a name, the device mapper's has two. */
      g_auto (GStrv) parts = g_strsplit (volume->lv, "-", -1);
      g_autofree char *doubled = g_strjoinv ("--", parts);
      g_autofree char *mapper = g_strconcat ("/dev/mapper/", g_strdelimit (doubled, "/", '-'), NULL);
      g_autofree char *plain = g_strconcat ("/dev/", volume->lv, NULL);

      return g_str_equal (mapper, spec) || g_str_equal (plain, spec);
    }
  return FALSE;
}

static const DomuimgConvertVolume *
find_by_spec (const DomuimgConversion *self, const char *spec)
{
  Named named;

  if (parse (spec, &named))
    return find (self, &named);
  for (guint i = 0; i < self->volumes->len; i++)
    if (is_named_by (g_ptr_array_index (self->volumes, i), spec))
      return g_ptr_array_index (self->volumes, i);
  return NULL;
}

const DomuimgConvertVolume *
domuimg_conversion_find_mounted (const DomuimgConversion *self, DomuimgTree *root,
                                 const char *point)
{
  g_autofree char *text = domuimg_tree_read_text (root, "etc/fstab", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit_set (g_strdelimit (g_strstrip (lines[i]), "\t", ' '),
                                                 " ", 0);
      const char *at = NULL;

      for (guint j = 1; fields[0] != NULL && fields[0][0] != '#' && fields[j] != NULL && at == NULL;
           j++)
        if (*fields[j] != '\0')
          at = fields[j];
      if (g_strcmp0 (at, point) == 0)
        return find_by_spec (self, fields[0]);
    }
  return NULL;
}
