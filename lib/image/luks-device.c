/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one way to libcryptsetup. */
#include "config.h"
#include "lib/image/luks-device.h"

static void
ignore_message (int level, const char *message, void *user_data)
{
}

DomuimgLuksDevice *
domuimg_luks_device_new (int fd, int *code)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  DomuimgLuksDevice *device = NULL;

  *code = crypt_init (&device, path);
  if (*code != 0)
    return NULL;
  crypt_set_log_callback (device, ignore_message, NULL);
  return device;
}
