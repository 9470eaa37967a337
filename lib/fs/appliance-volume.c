/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an appliance found, apart from the rest for code that has no appliance. */
#include "config.h"
#include "lib/fs/appliance.h"

void
domuimg_appliance_volume_free (DomuimgApplianceVolume *self)
{
  g_free (self->lv);
  g_strfreev (self->tags);
  g_clear_pointer (&self->head, g_bytes_unref);
  g_free (self);
}
