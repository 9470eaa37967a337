/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks into a guest's encrypted disks with the keys that a check was given. */
#include "config.h"
#include "lib/check/unlock.h"

#include "lib/check/rules.h"

static void
unlock_one (DomuimgMachine *self, const char *disk, DomuimgImage *image, const DomuimgVolume *volume)
{
  g_autofree char *name = domuimg_device_name_volume (disk, volume);
  g_autoptr (GError) error = NULL;

  if (!domuimg_luks_keys_unlock (self->luks_keys, image, volume, disk, FALSE, &error))
    domuimg_finding_advise (
        domuimg_machine_report_error (self, "image-unreadable", name, error),
        "give the key that belongs to it, as %s:FILE", name);
}

void
domuimg_check_unlock (DomuimgMachine *self, const char *disk, DomuimgImage *image, GPtrArray *volumes)
{
  guint n = volumes->len; /* what is in them comes behind them */

  if (self->luks_keys == NULL || self->luks_keys->len == 0)
    return;
  for (guint i = 0; i < n; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (g_strcmp0 (volume->fs, "crypto_LUKS") == 0)
        unlock_one (self, disk, image, volume);
    }
}

void
domuimg_check_unused_keys (DomuimgMachine *self)
{
  const DomuimgLuksKey *key;
  char *why;

  while ((key = domuimg_luks_keys_find_unused (self->luks_keys, &why)) != NULL)
    {
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "image-unreadable", key->file, "%s", why);
      g_free (why);
    }
}
