/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's block devices as its Linux will find them, and the one matcher of their names. */
#include "config.h"
#include "lib/image/devices.h"

#include <stdlib.h>
#include <string.h>

static void
device_free (gpointer data)
{
  DomuimgDevice *self = data;

  g_clear_object (&self->tree);
  g_free (self->name);
  g_free (self);
}

GPtrArray *
domuimg_devices_new (void)
{
  return g_ptr_array_new_with_free_func (device_free);
}

DomuimgDevice *
domuimg_devices_add (GPtrArray *self, const char *name, guint disk, DomuimgImage *image,
                     const DomuimgVolume *volume)
{
  DomuimgDevice *device = g_new0 (DomuimgDevice, 1);

  device->name = g_strdup (name);
  device->disk = disk;
  device->image = image;
  device->volume = volume;
  g_ptr_array_add (self, device);
  return device;
}

void
domuimg_devices_add_volumes (GPtrArray *self, const char *name, guint disk, DomuimgImage *image,
                             GPtrArray *volumes)
{
  gboolean has_whole = FALSE;

  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);
      g_autofree char *own = domuimg_device_name_volume (name, volume);

      has_whole |= volume->number == 0 && volume->lv == NULL && volume->mapped == NULL;
      domuimg_devices_add (self, own, disk, image, volume);
    }
  if (!has_whole)
    domuimg_devices_add (self, name, disk, image, NULL);
}

char *
domuimg_device_name_volume (const char *disk, const DomuimgVolume *volume)
{
  if (volume->lv != NULL)
    return g_strdup (volume->lv);
  if (volume->mapped != NULL)
    return g_strconcat ("mapper/", volume->mapped, NULL);
  if (volume->number == 0)
    return g_strdup (disk);
  return g_strdup_printf (g_ascii_isdigit (disk[strlen (disk) - 1]) ? "%sp%u" : "%s%u", disk,
                          volume->number);
}

/* udev writes what is not a letter, a digit or one of a few others as \xNN in names of links. */
static gboolean
is_link_name (const char *link, const char *value)
{
  g_autoptr (GString) name = g_string_new (NULL);

  for (const char *c = value; *c != '\0'; c++)
    if (g_ascii_isalnum (*c) || strchr ("#+-.:=@_", *c) != NULL || (guint8) *c >= 0x80)
      g_string_append_c (name, *c);
    else
      g_string_append_printf (name, "\\x%02x", (guint8) *c);
  return g_str_equal (link, name->str) || g_str_equal (link, value);
}

/* The device mapper joins the two names by a dash, and doubles those that are in them. */
char *
domuimg_device_map_volume (const char *lv)
{
  g_auto (GStrv) parts = g_strsplit (lv, "/", 2);
  g_autoptr (GString) vg = g_string_new (parts[0]);
  g_autoptr (GString) name = g_string_new (parts[0] != NULL ? parts[1] : NULL);

  g_string_replace (vg, "-", "--", 0);
  g_string_replace (name, "-", "--", 0);
  return g_strdup_printf ("%s-%s", vg->str, name->str);
}

/* @path is what follows "/dev/". */
static gboolean
is_path_of (const DomuimgDevice *self, const char *path)
{
  static const char *const mapped[] = { "mapper/", "disk/by-id/dm-name-" };
  const char *lv = self->volume != NULL ? self->volume->lv : NULL;
  g_autofree char *mapper = NULL;

  if (lv == NULL)
    return g_str_equal (path, self->name);
  if (g_str_equal (path, lv))
    return TRUE;
  mapper = domuimg_device_map_volume (lv);
  for (guint i = 0; i < G_N_ELEMENTS (mapped); i++)
    if (g_str_has_prefix (path, mapped[i]) && g_str_equal (path + strlen (mapped[i]), mapper))
      return TRUE;
  return FALSE;
}

typedef struct {
  const char *tag;    /* "UUID=" */
  const char *folder; /* below /dev */
  gsize offset;       /* of the value in DomuimgVolume */
  gboolean any_case;
} Tag;

static const Tag tags[] = {
  { "UUID=", "disk/by-uuid/", G_STRUCT_OFFSET (DomuimgVolume, uuid), TRUE },
  { "LABEL=", "disk/by-label/", G_STRUCT_OFFSET (DomuimgVolume, label), FALSE },
  { "PARTUUID=", "disk/by-partuuid/", G_STRUCT_OFFSET (DomuimgVolume, partuuid), TRUE },
  { "PARTLABEL=", "disk/by-partlabel/", G_STRUCT_OFFSET (DomuimgVolume, partlabel), FALSE },
};

static const Tag *
find_tag (const char *spec)
{
  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    if (g_str_has_prefix (spec, tags[i].tag))
      return &tags[i];
  return NULL;
}

gboolean
domuimg_device_spec_is_tag (const char *spec)
{
  return find_tag (spec) != NULL;
}

/* UUID="…", as fstab and root= may have it. */
static char *
unquote (const char *value)
{
  gsize length = strlen (value);

  return length > 1 && value[0] == '"' && value[length - 1] == '"' ? g_strndup (value + 1, length - 2)
                                                                   : g_strdup (value);
}

static gboolean
has_value (const DomuimgVolume *self, const Tag *tag, const char *quoted)
{
  const char *value = G_STRUCT_MEMBER (char *, self, tag->offset);
  g_autofree char *wanted = unquote (quoted);

  if (value == NULL)
    return FALSE;
  return tag->any_case ? g_ascii_strcasecmp (value, wanted) == 0 : g_str_equal (value, wanted);
}

static gboolean
has_link (const DomuimgDevice *self, const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      const char *value = G_STRUCT_MEMBER (char *, self->volume, tags[i].offset);

      if (value != NULL && g_str_has_prefix (path, tags[i].folder))
        return is_link_name (path + strlen (tags[i].folder), value);
    }
  return FALSE;
}

gboolean
domuimg_volume_is_tagged (const DomuimgVolume *self, const char *spec)
{
  const Tag *tag = find_tag (spec);

  return tag != NULL && has_value (self, tag, spec + strlen (tag->tag));
}

gboolean
domuimg_device_is_called (const DomuimgDevice *self, const char *spec)
{
  const char *path = g_str_has_prefix (spec, "/dev/") ? spec + strlen ("/dev/") : NULL;

  if (self->volume != NULL && domuimg_volume_is_tagged (self->volume, spec))
    return TRUE;
  return path != NULL
         && (is_path_of (self, path) || (self->volume != NULL && has_link (self, path)));
}

DomuimgDevice *
domuimg_devices_find (GPtrArray *self, const char *spec)
{
  for (guint i = 0; i < self->len; i++)
    if (domuimg_device_is_called (g_ptr_array_index (self, i), spec))
      return g_ptr_array_index (self, i);
  return NULL;
}

gboolean
domuimg_device_parse_kernel_name (const char *name, guint *disk, guint *partition)
{
  static const char *const prefixes[] = { "sd", "hd", "vd", "xvd" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      const char *rest = name + strlen (prefixes[i]);
      char *end;

      if (!g_str_has_prefix (name, prefixes[i]) || !g_ascii_islower (*rest))
        continue;
      *disk = (guint) (*rest - 'a');
      *partition = (guint) strtoul (rest + 1, &end, 10);
      return *end == '\0' && rest[1] != '-' && rest[1] != '+';
    }
  if (g_regex_match_simple ("^nvme[0-9]{1,2}n1(p[0-9]{1,3})?$", name, 0, 0))
    {
      const char *part = strchr (name, 'p');

      *disk = (guint) atoi (name + strlen ("nvme"));
      *partition = part != NULL ? (guint) strtoul (part + 1, NULL, 10) : 0;
      return TRUE;
    }
  return FALSE;
}
