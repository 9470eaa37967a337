/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys for a guest's encrypted disks, and what they open. */
#include "config.h"
#include "lib/check/luks-key.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/check/rules.h"
#include "lib/image/unlock.h"

DomuimgLuksKey *
domuimg_luks_key_parse (const char *text, GError **error)
{
  const char *colon = strchr (text, ':');
  g_autofree char *device = colon != NULL ? g_strndup (text, (gsize) (colon - text)) : NULL;
  gboolean is_device = FALSE;
  DomuimgLuksKey *self;
  guint disk, partition;

  if (device != NULL)
    is_device = domuimg_device_parse_kernel_name (device, &disk, &partition);
  if (access (is_device ? colon + 1 : text, R_OK) != 0)
    {
      domuimg_set_errno (error, errno, "reading the key of an encrypted disk from %s",
                         is_device ? colon + 1 : text);
      return NULL;
    }
  self = g_new0 (DomuimgLuksKey, 1);
  self->device = is_device ? g_steal_pointer (&device) : NULL;
  self->file = g_strdup (is_device ? colon + 1 : text);
  return self;
}

void
domuimg_luks_key_free (DomuimgLuksKey *self)
{
  g_free (self->device);
  g_free (self->file);
  g_free (self);
}

static gboolean
is_for (const DomuimgLuksKey *key, const char *name, const char *disk)
{
  return key->device == NULL || g_str_equal (key->device, name) || g_str_equal (key->device, disk);
}

/* Each key that may be meant is tried; only what all of them failed by is told. */
static void
unlock_one (DomuimgMachine *self, const char *disk, DomuimgImage *image, const DomuimgVolume *volume)
{
  g_autofree char *name = domuimg_device_name_volume (disk, volume);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->luks_keys->len; i++)
    {
      DomuimgLuksKey *key = g_ptr_array_index (self->luks_keys, i);

      if (!is_for (key, name, disk))
        continue;
      key->used = TRUE;
      g_clear_error (&error);
      if (domuimg_image_unlock (image, volume, key->file, &error))
        return;
    }
  if (error != NULL)
    domuimg_finding_advise (domuimg_machine_report (self, "image-unreadable", name,
                                                    "the encrypted disk %s was not opened: %s", name,
                                                    error->message),
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
  for (guint i = 0; self->luks_keys != NULL && i < self->luks_keys->len; i++)
    {
      DomuimgLuksKey *key = g_ptr_array_index (self->luks_keys, i);

      if (key->used)
        continue;
      key->used = TRUE;
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "image-unreadable", key->file,
                                 "the key in %s is for no disk: %s is not there, or not encrypted", key->file,
                                 key->device != NULL ? key->device : "a LUKS container");
    }
}
