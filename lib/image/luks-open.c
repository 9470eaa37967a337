/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens LUKS containers, of which libcryptsetup reads the header in memory. */
#include "config.h"
#include "lib/image/luks.h"

#include <errno.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/image/luks-device.h"

#define SECTOR 512
#define PAGE 4096
#define CHUNK 65536
/* Headers and key slots: cryptsetup makes 16 MiB of them, and 2 MiB in version 1. */
#define HEAD_MAX ((guint64) 32 << 20)

static gboolean
is_zero (const guint8 *bytes, gsize length)
{
  return bytes[0] == 0 && memcmp (bytes, bytes + 1, length - 1) == 0;
}

/* libcryptsetup reads files only, and minds that they have the container's size. */
static gboolean
copy_head (const DomuimgRegion *region, int fd, GError **error)
{
  guint8 buffer[CHUNK];

  for (guint64 at = 0; at < MIN (region->length, HEAD_MAX); at += CHUNK)
    {
      gssize got = domuimg_region_read (region, at, buffer, CHUNK);

      if (got < 0 || (got > 0 && !is_zero (buffer, (gsize) got)
                      && !domuimg_pwrite_all (fd, buffer, (gsize) got, at)))
        return domuimg_set_errno (error, errno, "%s: reading the header of the LUKS container",
                                  region->name);
    }
  return TRUE;
}

static DomuimgLuksDevice *
load (int fd, const DomuimgRegion *region, GError **error)
{
  int code;
  g_autoptr (DomuimgLuksDevice) device = domuimg_luks_device_new (fd, &code);

  if (device != NULL)
    code = crypt_load (device, CRYPT_LUKS, NULL);
  if (code == 0)
    return g_steal_pointer (&device);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the header of the LUKS container is damaged: %s",
                region->name, g_strerror (-code));
  return NULL;
}

static gboolean
check_cipher (DomuimgLuksDevice *device, const char *name, GError **error)
{
  int size = crypt_get_volume_key_size (device);
  struct crypt_params_integrity integrity = { 0 };

  if (g_strcmp0 (crypt_get_cipher (device), "aes") == 0
      && g_strcmp0 (crypt_get_cipher_mode (device), "xts-plain64") == 0 && (size == 32 || size == 64)
      && (crypt_get_integrity_info (device, &integrity) != 0 || integrity.integrity == NULL))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: its encryption, %s-%s with a key of %d bits, is not read here, only aes-xts-plain64"
                       " without integrity",
                       name, crypt_get_cipher (device), crypt_get_cipher_mode (device), size * 8);
}

static gboolean
try_key (DomuimgLuksDevice *device, DomuimgLuksSecret *secret, gsize length)
{
  gsize size = sizeof secret->key;

  return length > 0
         && crypt_volume_key_get (device, CRYPT_ANY_SLOT, (char *) secret->key, &size,
                                  secret->passphrase, length) >= 0;
}

/* A passphrase that somebody has typed into a file has a line end that is not part of it. */
static gboolean
find_key (DomuimgLuksDevice *device, const char *name, const char *key_file, DomuimgLuksSecret *secret,
          GError **error)
{
  gboolean has_newline;

  if (!domuimg_luks_read_key_file (key_file, secret, error))
    return FALSE;
  has_newline = secret->passphrase[secret->length - 1] == '\n';
  if ((has_newline && try_key (device, secret, secret->length - 1))
      || try_key (device, secret, secret->length))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_PERMISSION, "%s: the key in %s does not open it", name,
                       key_file);
}

static DomuimgRegion *
show_content (DomuimgLuksDevice *device, DomuimgRegion *region, const DomuimgLuksSecret *secret,
              gboolean writable, GError **error)
{
  DomuimgLuksCipher cipher = { secret->key, (gsize) crypt_get_volume_key_size (device),
                               (gsize) crypt_get_sector_size (device) };
  guint64 offset = crypt_get_data_offset (device) * SECTOR;
  g_autoptr (DomuimgRegion) payload = NULL;

  if (offset >= region->length || cipher.sector < SECTOR || cipher.sector > PAGE
      || PAGE % cipher.sector != 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                    "%s: the LUKS container is cut off, or its header is damaged", region->name);
      return NULL;
    }
  payload = domuimg_region_new_part (region, offset, region->length - offset);
  return domuimg_luks_new_opened (payload, &cipher, writable, error);
}

DomuimgRegion *
domuimg_luks_open (DomuimgRegion *region, const char *key_file, gboolean writable, GError **error)
{
  g_autoptr (DomuimgLuksSecret) secret = domuimg_luks_secret_new ();
  g_auto (DomuimgFd) fd = domuimg_memory_file ("domuimg-luks", region->length);
  g_autoptr (DomuimgLuksDevice) device = NULL;

  if (fd < 0)
    {
      domuimg_set_errno (error, errno, "%s: opening the LUKS container", region->name);
      return NULL;
    }
  if (!copy_head (region, fd, error) || (device = load (fd, region, error)) == NULL
      || !check_cipher (device, region->name, error)
      || !find_key (device, region->name, key_file, secret, error))
    return NULL;
  return show_content (device, region, secret, writable, error);
}
