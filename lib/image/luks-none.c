/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In place of LUKS, where this was built without libcryptsetup or libcrypto. */
#include "config.h"
#include "lib/image/luks.h"

gboolean
domuimg_luks_is_possible (void)
{
  return FALSE;
}

DomuimgRegion *
domuimg_luks_make (const DomuimgLuks *self, DomuimgRegion *region, GError **error)
{
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: this domuimg was built without libcryptsetup: leave out luks=", region->name);
  return NULL;
}

void
domuimg_luks_leave (DomuimgRegion *content, guint64 offset, guint64 length)
{
}

gboolean
domuimg_luks_fill (DomuimgRegion *content, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

DomuimgRegion *
domuimg_luks_open (DomuimgRegion *region, const char *key_file, gboolean writable, GError **error)
{
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: this domuimg was built without libcryptsetup, and cannot look into a LUKS container",
                region->name);
  return NULL;
}
