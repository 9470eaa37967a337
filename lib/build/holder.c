/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The LUKS container and the volume group that a root can be in. */
#include "config.h"
#include "lib/build/step-layout.h"

#include <string.h>

#include "lib/image/luks.h"
#include "lib/disk/lvm-metadata.h"
#include "lib/fs/ext/unused.h"

/* A swap space is never read, but for its header, before it is written. */
#define SWAP_HEADER 65536

static gboolean
write_group (DomuimgBuildState *self, const DomuimgPart *holder, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  g_autoptr (GArray) extents = g_array_new (FALSE, FALSE, sizeof (DomuimgExtent));
  g_autofree char *uuid = domuimg_plan_make_uuid (self->plan, "disk/0/group");
  g_autofree char *name = holder->is_encrypted ? domuimg_plan_name_container (self->plan)
                                               : domuimg_plan_name_part (self->plan, holder);
  g_autofree char *device
      = g_strconcat (holder->is_encrypted ? "/dev/mapper/" : "/dev/", name, NULL);

  for (guint i = 0; i < self->plan->parts->len; i++)
    {
      DomuimgPart *part = g_ptr_array_index (self->plan->parts, i);

      if (part->lv == NULL)
        continue;
      g_ptr_array_add (parts, part);
      g_array_append_val (extents, *domuimg_build_get_extent (self, part));
    }
  return domuimg_lvm_write (&(DomuimgLvmGroup){ holder->group, uuid, device, parts,
                                                (const DomuimgExtent *) extents->data },
                            self->inside, error);
}

gboolean
domuimg_build_make_holder (DomuimgBuildState *self, const DomuimgPart *holder, DomuimgRegion *disk,
                           GError **error)
{
  const DomuimgExtent *extent = domuimg_build_get_extent (self, holder);
  g_autoptr (DomuimgRegion) region
      = domuimg_region_new_part (disk, extent->offset, extent->length);
  const DomuimgLuks luks = { domuimg_plan_get_disk (self->plan, 0)->luks, holder->uuid,
                             self->plan->memory };

  self->inside = holder->is_encrypted ? domuimg_luks_make (&luks, region, error)
                                      : g_steal_pointer (&region);
  return self->inside != NULL && (holder->group == NULL || write_group (self, holder, error));
}

static DomuimgVolume *
make_volume (DomuimgBuildState *self, const DomuimgPart *part, GError **error)
{
  g_autoptr (DomuimgVolume) volume = g_new0 (DomuimgVolume, 1);
  const DomuimgPart *holder = domuimg_plan_find_part (self->plan, DOMUIMG_PART_HOLDER);

  volume->inside = domuimg_build_open_part (self, part, TRUE, error);
  if (volume->inside == NULL)
    return NULL;
  volume->lv = g_strdup (part->lv);
  volume->mapped = part->lv == NULL ? domuimg_plan_name_container (self->plan) : NULL;
  volume->is_encrypted = holder->is_encrypted;
  volume->length = volume->inside->length;
  volume->fs = g_strdup (part->fs);
  volume->uuid = g_strdup (part->uuid);
  volume->label = g_strdup (part->label);
  return g_steal_pointer (&volume);
}

gboolean
domuimg_build_show_inside (DomuimgBuildState *self, GError **error)
{
  DomuimgImage *image = domuimg_build_get_disk (self, 0)->image;

  for (guint i = 0; i < self->plan->parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (self->plan->parts, i);
      DomuimgVolume *volume = part->is_inside ? make_volume (self, part, error) : NULL;

      if (part->is_inside
          && (volume == NULL || !domuimg_image_add_made (image, volume, error)))
        return FALSE;
    }
  return TRUE;
}

typedef struct {
  DomuimgRegion *inside;
  guint64 at;
} Leaving;

static gboolean
leave_unused (guint64 offset, guint64 length, gpointer user_data, GError **error)
{
  const Leaving *self = user_data;

  domuimg_luks_leave (self->inside, self->at + offset, length);
  return TRUE;
}

/* What is free in a filesystem of ext, it never reads; of others that is not known here. */
static gboolean
leave_part (DomuimgBuildState *self, const DomuimgPart *part, GError **error)
{
  const DomuimgExtent *extent = domuimg_build_get_extent (self, part);
  g_autoptr (DomuimgRegion) region = NULL;
  Leaving leaving = { self->inside, extent->offset };

  if (part->role == DOMUIMG_PART_SWAP)
    domuimg_luks_leave (self->inside, extent->offset + SWAP_HEADER, extent->length - SWAP_HEADER);
  if (!g_str_has_prefix (part->fs, "ext"))
    return TRUE;
  region = domuimg_build_open_part (self, part, FALSE, error);
  return region != NULL && domuimg_ext_each_unused (region, leave_unused, &leaving, error);
}

gboolean
domuimg_build_finish_inside (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  const DomuimgPart *holder = domuimg_plan_find_part (self->plan, DOMUIMG_PART_HOLDER);

  if (self->inside == NULL || !holder->is_encrypted)
    return TRUE;
  for (guint i = 0; i < self->plan->parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (self->plan->parts, i);

      if (part->is_inside && !leave_part (self, part, error))
        return FALSE;
    }
  return domuimg_luks_fill (self->inside, cancellable, error);
}
