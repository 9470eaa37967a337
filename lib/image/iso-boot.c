/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads an ISO image's descriptors and boot catalogue. */
#include "config.h"
#include "lib/image/iso-boot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

#define SECTOR DOMUIMG_ISO_SECTOR
/* A descriptor: its type, and a name. */
#define NAME "CD001"
#define NAME_AT 1
#define TYPE_PRIMARY 1
#define TYPE_BOOT 0
#define SIZE_AT 80
#define BLOCK_SIZE_AT 128
#define SYSTEM "EL TORITO SPECIFICATION"
#define SYSTEM_AT 7
#define CATALOG_AT 0x47
/* An entry of the catalogue. */
#define ENTRY 32
#define VALIDATION 1
#define KEY_AT 30
#define BOOTABLE 0x88
#define SECTION 0x90
#define LAST_SECTION 0x91
#define PLATFORM_X86 0
#define PLATFORM_UEFI 0xef

static gboolean
fail (GError **error, const char *what)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "the ISO image is damaged: %s", what);
}

static gboolean
is_descriptor (DomuimgBytes bytes, guint64 at, guint8 type)
{
  return domuimg_bytes_has (bytes, at, SECTOR) && bytes.data[at] == type
         && memcmp (bytes.data + at + NAME_AT, NAME, strlen (NAME)) == 0;
}

static guint64
find_catalog (DomuimgBytes bytes)
{
  guint32 sector = 0;

  if (is_descriptor (bytes, SECTOR, TYPE_BOOT)
      && memcmp (bytes.data + SECTOR + SYSTEM_AT, SYSTEM, strlen (SYSTEM)) == 0)
    domuimg_bytes_le32 (bytes, SECTOR + CATALOG_AT, &sector);
  return sector * (guint64) SECTOR;
}

gboolean
domuimg_iso_boot_read_descriptors (DomuimgBytes bytes, DomuimgIsoBoot *boot, GError **error)
{
  guint32 blocks;
  guint16 block;

  *boot = (DomuimgIsoBoot){ 0 };
  if (!is_descriptor (bytes, 0, TYPE_PRIMARY) || !domuimg_bytes_le32 (bytes, SIZE_AT, &blocks)
      || !domuimg_bytes_le16 (bytes, BLOCK_SIZE_AT, &block))
    return fail (error, "it does not begin with the descriptor of a volume");
  if (block < 512 || block > SECTOR || (block & (block - 1)) != 0)
    return fail (error, "the size of its blocks is wrong");
  boot->size = blocks * (guint64) block;
  boot->catalog = find_catalog (bytes);
  return TRUE;
}

/* An entry of what @platform starts; FALSE behind the end. */
static gboolean
take_entry (DomuimgBytes bytes, guint64 at, guint8 platform, DomuimgIsoBoot *boot)
{
  if (!domuimg_bytes_has (bytes, at, ENTRY))
    return FALSE;
  if (bytes.data[at] != BOOTABLE)
    return TRUE;
  boot->has_bios |= platform == PLATFORM_X86;
  boot->has_uefi |= platform == PLATFORM_UEFI;
  return TRUE;
}

/* The sum of all words of the first entry is zero. */
static gboolean
is_valid (DomuimgBytes bytes)
{
  guint16 sum = 0;

  if (!domuimg_bytes_has (bytes, 0, ENTRY))
    return FALSE;
  for (guint i = 0; i < ENTRY; i += 2)
    {
      guint16 word = 0;

      domuimg_bytes_le16 (bytes, i, &word);
      sum = (guint16) (sum + word);
    }
  return bytes.data[0] == VALIDATION && bytes.data[KEY_AT] == 0x55 && bytes.data[KEY_AT + 1] == 0xaa
         && sum == 0;
}

gboolean
domuimg_iso_boot_read_catalog (DomuimgBytes bytes, DomuimgIsoBoot *boot, GError **error)
{
  guint64 at = ENTRY;
  guint8 type = SECTION;

  if (!is_valid (bytes))
    return fail (error, "its boot catalogue is not one");
  take_entry (bytes, at, bytes.data[1], boot);
  while (type == SECTION)
    {
      guint64 section = at + ENTRY;
      guint16 n;
      guint8 platform;

      if (!domuimg_bytes_u8 (bytes, section, &type)
          || (type != SECTION && type != LAST_SECTION)
          || !domuimg_bytes_u8 (bytes, section + 1, &platform)
          || !domuimg_bytes_le16 (bytes, section + 2, &n))
        break;
      for (at = section; n > 0 && take_entry (bytes, at + ENTRY, platform, boot); n--)
        at += ENTRY;
    }
  return TRUE;
}

static gboolean
read_at (int fd, guint64 at, guint8 *data, gsize length, gsize *got, GError **error)
{
  gssize had = pread (fd, data, length, (off_t) at);

  *got = (gsize) MAX (had, 0);
  return had >= 0 || domuimg_set_errno (error, errno, "reading");
}

static gboolean
look (int fd, DomuimgIsoBoot *boot, GError **error)
{
  guint8 data[2 * SECTOR];
  struct stat status;
  gsize got;

  if (fstat (fd, &status) != 0)
    return domuimg_set_errno (error, errno, "reading");
  if (!read_at (fd, DOMUIMG_ISO_DESCRIPTORS_AT, data, sizeof data, &got, error)
      || !domuimg_iso_boot_read_descriptors (domuimg_bytes (data, got), boot, error))
    return FALSE;
  if ((guint64) status.st_size < boot->size)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "the ISO image is cut off: it should have %" G_GUINT64_FORMAT
                         " bytes and has %" G_GINT64_FORMAT "; fetch it again",
                         boot->size, (gint64) status.st_size);
  if (boot->catalog == 0)
    return TRUE;
  return read_at (fd, boot->catalog, data, SECTOR, &got, error)
         && domuimg_iso_boot_read_catalog (domuimg_bytes (data, got), boot, error);
}

gboolean
domuimg_iso_boot_look (const char *path, DomuimgIsoBoot *boot, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0)
    return domuimg_set_errno (error, errno, "opening %s", path);
  if (look (fd, boot, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}
