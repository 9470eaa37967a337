/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans the disks and network interfaces of a machine that is converted. */
#include "config.h"
#include "lib/build/plan-import.h"

#include <string.h>

#include "lib/base/base.h"
#include "lib/base/mac.h"
#include "lib/build/resize-disk.h"

const DomuimgHardware *
domuimg_plan_get_hardware (DomuimgPlan *self)
{
  return self->import != NULL ? domuimg_import_get_hardware (self->import) : NULL;
}

gboolean
domuimg_plan_is_there (DomuimgPlan *self)
{
  return self->import == NULL || domuimg_import_is_there (self->import);
}

guint
domuimg_plan_count_converted (DomuimgPlan *self)
{
  return self->import != NULL ? domuimg_import_get_n_disks (self->import) : 0;
}

static gboolean
check_asked (const DomuimgDiskSpec *disk, GError **error)
{
  if (disk->has_content)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "a disk that is converted keeps its filesystems: only path=, vdev=, format="
                         " and a larger size= can be given for it");
  return TRUE;
}

/* A disk keeps its size, unless it is to be larger. */
static gboolean
take_size (DomuimgDiskSpec *disk, guint64 size, const char *name, GError **error)
{
  guint64 asked = domuimg_resize_round (disk->size);

  if (disk->size == 0 || disk->size == size)
    {
      disk->size = size;
      return TRUE;
    }
  if (asked < size)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the disk %s has %" G_GUINT64_FORMAT " bytes, and size= says less (%"
                         G_GUINT64_FORMAT "): a disk that is converted can only be made larger",
                         name, size, disk->size);
  disk->size = asked;
  disk->grown_from = asked > size ? size : 0;
  return TRUE;
}

guint64
domuimg_plan_get_made_size (DomuimgPlan *self, guint i)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, i);

  /* A device may be larger than what it is to have. */
  return disk->grown_from > 0 ? disk->size : domuimg_import_get_size (self->import, i);
}

static gboolean
holds_all (const DomuimgDiskSpec *disk)
{
  return (disk->kind->traits & DOMUIMG_DISK_HOLDS_ALL) != 0;
}

/* All disks are in one archive, whose path the first tells. */
static gboolean
check_archive (GPtrArray *asked, guint i, GError **error)
{
  const DomuimgDiskSpec *first = g_ptr_array_index (asked, 0);
  const DomuimgDiskSpec *disk = g_ptr_array_index (asked, i);

  if (holds_all (first) == holds_all (disk)
      && (!holds_all (first) || i == 0 || disk->path == NULL))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "%s: holds all disks of the machine; give it for the first only",
                       holds_all (first) ? first->kind->name : disk->kind->name);
}

DomuimgDiskOrigin
domuimg_plan_get_origin (DomuimgPlan *self, guint i)
{
  return (DomuimgDiskOrigin){ .name = domuimg_import_get_name (self->import, i),
                              .format = domuimg_import_get_format (self->import, i),
                              .backing = domuimg_import_get_backing (self->import, i),
                              .size = domuimg_import_get_size (self->import, i) };
}

static gboolean
check_origin (DomuimgPlan *self, guint i, const DomuimgDiskSpec *disk, GError **error)
{
  const DomuimgDiskOrigin origin = domuimg_plan_get_origin (self, i);

  return disk->kind->check_origin == NULL || disk->kind->check_origin (&origin, error);
}

/* A disk beyond those of the machine: a new one, of which the guest's files know nothing. */
static gboolean
check_added (const DomuimgDiskSpec *disk, const DomuimgDiskSpec *first, guint n, GError **error)
{
  if (disk->mount != NULL || disk->grows)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the machine has %u disk%s, so that this one is added, and what is converted"
                         " keeps its mounts: leave out mount= and growfs=, and mount it in the guest",
                         n, n == 1 ? "" : "s");
  if (disk->size == 0 && disk->kind->claims == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the machine has %u disk%s, and a further one that is to be added needs a size:"
                         " add size=",
                         n, n == 1 ? "" : "s");
  return !holds_all (first)
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s: holds the disks of the machine, and no further one; leave it out",
                          first->kind->name);
}

GPtrArray *
domuimg_plan_import_disks (DomuimgPlan *self, GPtrArray *asked, GError **error)
{
  guint n = domuimg_import_get_n_disks (self->import);

  for (guint i = n; i < asked->len; i++)
    if (!check_added (g_ptr_array_index (asked, i), g_ptr_array_index (asked, 0), n, error))
      return NULL;
  for (guint i = 0; i < n; i++)
    {
      DomuimgDiskSpec *disk;

      /* The first one tells for all, in what kind of file they are. */
      if (i == asked->len)
        {
          const DomuimgDiskSpec *first = i > 0 ? g_ptr_array_index (asked, 0) : NULL;

          disk = domuimg_disk_spec_new ();
          if (first != NULL && first->kind->claims == NULL)
            disk->kind = first->kind;
          g_ptr_array_add (asked, disk);
        }
      disk = g_ptr_array_index (asked, i);
      if (!check_asked (disk, error) || !check_archive (asked, i, error)
          || !check_origin (self, i, disk, error)
          || !take_size (disk, domuimg_import_get_size (self->import, i),
                         domuimg_import_get_name (self->import, i), error))
        return NULL;
    }
  return g_ptr_array_ref (asked);
}

/* The bridge for a network of the old machine; NULL where nothing was said of it. */
static const char *
map_network (DomuimgPlan *self, const char *network)
{
  g_autoptr (GPtrArray) maps = domuimg_spec_get_objects (self->spec, "map-network");
  const char *any = NULL;

  for (guint i = 0; i < maps->len; i++)
    {
      const DomuimgPairSpec *map = g_ptr_array_index (maps, i);

      if (g_strcmp0 (map->key, network) == 0)
        return map->value;
      if (g_str_equal (map->key, "*"))
        any = map->value;
    }
  return any;
}

static gboolean
has_network (const DomuimgHardware *hardware, const char *name)
{
  for (guint i = 0; hardware != NULL && i < hardware->nics->len; i++)
    {
      const DomuimgHardwareNic *nic = g_ptr_array_index (hardware->nics, i);

      if (g_strcmp0 (nic->network, name) == 0)
        return TRUE;
    }
  return FALSE;
}

/* A name that was written wrong would leave a card on another network. */
static gboolean
check_maps (DomuimgPlan *self, const DomuimgHardware *hardware, GError **error)
{
  g_autoptr (GPtrArray) maps = domuimg_spec_get_objects (self->spec, "map-network");
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; hardware != NULL && i < hardware->nics->len; i++)
    {
      const DomuimgHardwareNic *nic = g_ptr_array_index (hardware->nics, i);

      if (nic->network != NULL)
        g_string_append_printf (names, "%s“%s”", names->len > 0 ? ", " : "", nic->network);
    }
  for (guint i = 0; i < maps->len; i++)
    {
      const DomuimgPairSpec *map = g_ptr_array_index (maps, i);

      if (!g_str_equal (map->key, "*") && !has_network (hardware, map->key))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "map-network: the machine has no network “%s”; it has %s", map->key,
                             names->len > 0 ? names->str : "none that is named");
    }
  return TRUE;
}

GPtrArray *
domuimg_plan_import_nics (DomuimgPlan *self, GError **error)
{
  const DomuimgHardware *hardware = domuimg_plan_get_hardware (self);
  g_autoptr (GPtrArray) nics
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_nic_spec_free);

  if (!check_maps (self, hardware, error))
    return NULL;
  for (guint i = 0; hardware != NULL && i < hardware->nics->len; i++)
    {
      const DomuimgHardwareNic *old = g_ptr_array_index (hardware->nics, i);
      DomuimgNicSpec *nic = domuimg_nic_spec_new ();
      guint8 bytes[6];

      nic->unmanaged = TRUE;
      nic->bridge = g_strdup (map_network (self, old->network));
      nic->network = g_strdup (old->network);
      nic->is_mapped = nic->bridge != NULL;
      nic->was_down = old->is_down;
      if (domuimg_spec_get_flag (self->spec, "keep-macs") && old->mac != NULL
          && domuimg_mac_read (old->mac, bytes) && (bytes[0] & 1) == 0)
        nic->mac = domuimg_mac_format (bytes);
      g_ptr_array_add (nics, nic);
    }
  if (hardware == NULL)
    {
      DomuimgNicSpec *nic = domuimg_nic_spec_new ();

      nic->unmanaged = TRUE;
      nic->bridge = g_strdup (map_network (self, ""));
      g_ptr_array_add (nics, nic);
    }
  return g_steal_pointer (&nics);
}
