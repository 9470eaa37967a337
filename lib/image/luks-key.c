/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys for a guest's encrypted disks, each for one of them or any. */
#include "config.h"
#include "lib/image/luks-key.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/image/devices.h"
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

/* Each key that may be meant is tried; only what the last of them failed by is told. */
gboolean
domuimg_luks_keys_unlock (GPtrArray *keys, DomuimgImage *image, const DomuimgVolume *container,
                          const char *disk, gboolean writable, GError **error)
{
  g_autofree char *name = domuimg_device_name_volume (disk, container);
  g_autoptr (GError) last = NULL;

  for (guint i = 0; keys != NULL && i < keys->len; i++)
    {
      DomuimgLuksKey *key = g_ptr_array_index (keys, i);

      if (!is_for (key, name, disk))
        continue;
      key->used = TRUE;
      g_clear_error (&last);
      if (domuimg_image_unlock (image, container, key->file, writable, &last))
        return TRUE;
    }
  if (last == NULL)
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&last), "the encrypted disk %s was not opened: ", name);
  return FALSE;
}

const DomuimgLuksKey *
domuimg_luks_keys_find_unused (GPtrArray *keys, char **why)
{
  for (guint i = 0; keys != NULL && i < keys->len; i++)
    {
      DomuimgLuksKey *key = g_ptr_array_index (keys, i);

      if (key->used)
        continue;
      key->used = TRUE;
      *why = g_strdup_printf ("the key in %s is for no disk: %s is not there, or not encrypted", key->file,
                              key->device != NULL ? key->device : "a LUKS container");
      return key;
    }
  return NULL;
}
