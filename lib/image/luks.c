/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New LUKS2 containers, by libcryptsetup. */
#include "config.h"
#include "lib/image/luks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/image/luks-device.h"

#define SECTOR 512
#define PASSPHRASE_MAX DOMUIMG_PASSPHRASE_MAX
#define CHUNK 65536
/* Nobody measures this machine, which says nothing of the guest's: four rounds over as much memory take
 * a second on a slow processor. */
#define PASSES 4
#define MEMORY_MIN 32768
#define MEMORY_MAX 262144

typedef DomuimgLuksSecret Secret;

DomuimgLuksSecret *
domuimg_luks_secret_new (void)
{
  return g_new0 (DomuimgLuksSecret, 1);
}

void
domuimg_luks_secret_free (DomuimgLuksSecret *self)
{
  explicit_bzero (self, sizeof *self);
  g_free (self);
}

gboolean
domuimg_luks_is_possible (void)
{
  return TRUE;
}

gboolean
domuimg_luks_read_key_file (const char *path, DomuimgLuksSecret *secret, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  gssize got = 0;

  if (fd < 0)
    return domuimg_set_errno (error, errno, "luks: reading the passphrase from %s", path);
  while (secret->length < sizeof secret->passphrase
         && (got = read (fd, secret->passphrase + secret->length,
                         sizeof secret->passphrase - secret->length)) > 0)
    secret->length += got;
  if (got < 0)
    return domuimg_set_errno (error, errno, "luks: reading the passphrase from %s", path);
  if (secret->length > PASSPHRASE_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "luks: %s has more than the %u bytes that a passphrase can have", path,
                         PASSPHRASE_MAX);
  return secret->length > 0
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "luks: %s is empty; the passphrase is its content", path);
}

static gboolean
read_passphrase (const char *path, Secret *secret, GError **error)
{
  if (!domuimg_luks_read_key_file (path, secret, error))
    return FALSE;
  if (secret->passphrase[secret->length - 1] == '\n')
    secret->length--;
  return secret->length > 0
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "luks: the first line of %s is empty; the passphrase is its content", path);
}

static gboolean
make_key (Secret *secret, GError **error)
{
  return getrandom (secret->key, sizeof secret->key, 0) == (gssize) sizeof secret->key
         || domuimg_set_errno (error, errno, "luks: making a random key");
}

static int
format (DomuimgLuksDevice *device, const DomuimgLuks *self, const Secret *secret)
{
  struct crypt_pbkdf_type pbkdf
      = { .type = CRYPT_KDF_ARGON2ID,
          .hash = "sha256",
          .iterations = PASSES,
          .max_memory_kb = CLAMP (self->memory * 256, MEMORY_MIN, MEMORY_MAX),
          .parallel_threads = 1,
          .flags = CRYPT_PBKDF_NO_BENCHMARK };
  struct crypt_params_luks2 params = { .pbkdf = &pbkdf, .sector_size = SECTOR };
  int code = crypt_set_data_offset (device, DOMUIMG_LUKS_HEAD / SECTOR);

  if (code == 0)
    code = crypt_format (device, CRYPT_LUKS2, "aes", "xts-plain64", self->uuid,
                         (const char *) secret->key, sizeof secret->key, &params);
  if (code == 0)
    code = crypt_keyslot_add_by_volume_key (device, CRYPT_ANY_SLOT, (const char *) secret->key,
                                            sizeof secret->key, secret->passphrase, secret->length);
  return MIN (code, 0);
}

/* libcryptsetup makes the header in a file in memory that has the container's size. */
static gboolean
make_header (int fd, const DomuimgLuks *self, const Secret *secret, const char *name,
             GError **error)
{
  int code;
  g_autoptr (DomuimgLuksDevice) device = domuimg_luks_device_new (fd, &code);

  if (device != NULL)
    code = format (device, self, secret);
  return code == 0
         || domuimg_set_errno (error, -code, "%s: making the header of the LUKS container", name);
}

static gboolean
copy_header (int fd, const DomuimgRegion *region, GError **error)
{
  guint8 buffer[CHUNK];

  for (guint64 at = 0; at < DOMUIMG_LUKS_HEAD; at += CHUNK)
    if (pread (fd, buffer, CHUNK, at) != CHUNK || !domuimg_region_write (region, at, buffer, CHUNK))
      return domuimg_set_errno (error, errno, "%s: writing the header of the LUKS container",
                                region->name);
  return TRUE;
}

DomuimgRegion *
domuimg_luks_make (const DomuimgLuks *self, DomuimgRegion *region, GError **error)
{
  g_autoptr (DomuimgLuksSecret) secret = domuimg_luks_secret_new ();
  g_auto (DomuimgFd) fd = domuimg_memory_file ("domuimg-luks", region->length);
  g_autoptr (DomuimgRegion) payload = NULL;

  if (fd < 0)
    {
      domuimg_set_errno (error, errno, "%s: making the LUKS container", region->name);
      return NULL;
    }
  if (!read_passphrase (self->key_file, secret, error) || !make_key (secret, error)
      || !make_header (fd, self, secret, region->name, error)
      || !copy_header (fd, region, error))
    return NULL;
  payload = domuimg_region_new_part (region, DOMUIMG_LUKS_HEAD, region->length - DOMUIMG_LUKS_HEAD);
  return domuimg_luks_new_content (payload, secret->key, error);
}
