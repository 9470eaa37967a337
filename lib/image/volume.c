/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of a volume, apart from the rest of an image for code that needs no appliance. */
#include "config.h"
#include "lib/image/image.h"

#define ESP_GPT "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define ESP_DOS "0xef"

gboolean
domuimg_volume_is_esp (const DomuimgVolume *self)
{
  return g_strcmp0 (self->part_type, ESP_GPT) == 0 || g_strcmp0 (self->part_type, ESP_DOS) == 0;
}

DomuimgVolume *
domuimg_volume_copy (const DomuimgVolume *self)
{
  DomuimgVolume *copy = g_memdup2 (self, sizeof *self);

  copy->lv = g_strdup (self->lv);
  copy->mapped = g_strdup (self->mapped);
  copy->inside = self->inside != NULL ? domuimg_region_ref (self->inside) : NULL;
  copy->fs = g_strdup (self->fs);
  copy->uuid = g_strdup (self->uuid);
  copy->label = g_strdup (self->label);
  copy->partuuid = g_strdup (self->partuuid);
  copy->partlabel = g_strdup (self->partlabel);
  copy->part_type = g_strdup (self->part_type);
  return copy;
}

void
domuimg_volume_free (DomuimgVolume *self)
{
  g_free (self->lv);
  g_free (self->mapped);
  g_clear_pointer (&self->inside, domuimg_region_unref);
  g_free (self->fs);
  g_free (self->uuid);
  g_free (self->label);
  g_free (self->partuuid);
  g_free (self->partlabel);
  g_free (self->part_type);
  g_free (self);
}
