/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/image/image.h"

/* Apart from the rest of an image, for those who need no appliance. */

void
domuimg_volume_free (DomuimgVolume *self)
{
  g_free (self->lv);
  g_free (self->fs);
  g_free (self->uuid);
  g_free (self->label);
  g_free (self->partuuid);
  g_free (self->partlabel);
  g_free (self->part_type);
  g_free (self);
}
