/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GRUB's images for a BIOS, put in their places: grub-core/boot/i386/pc and util/setup.c of GRUB. */
#include "config.h"
#include "lib/disk/boot-code.h"

#include <errno.h>
#include <string.h>

#define SECTOR 512
/* In boot.img: the place of core.img, the drive, and what is done about BIOSes that do not tell it. */
#define KERNEL_SECTOR 0x5c
#define BOOT_DRIVE 0x64
#define DRIVE_CHECK 0x66
#define NOP 0x90
/* What the first sector keeps: parameters of a filesystem, and all from the disk's number on. */
#define PARAMETERS 0x03
#define PARAMETERS_END 0x5a
#define TABLE 0x1b8
/* In the first sector of core.img: where the others are, at the end of a list that is read from its
 * end. */
#define FIRST_BLOCKS (SECTOR - 12)

static void
put_64 (guint8 *at, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static gboolean
install_core (const DomuimgRegion *disk, GBytes *core, const DomuimgExtent *place, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (core, &size);
  gsize sectors = (size + SECTOR - 1) / SECTOR;
  g_autofree guint8 *image = g_malloc0 (sectors * SECTOR);
  guint16 others = GUINT16_TO_LE (sectors - 1);

  if (size < SECTOR || sectors > G_MAXUINT16 || sectors * SECTOR > place->length)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                         "%s: GRUB's image for the BIOS has %" G_GSIZE_FORMAT
                         " bytes, and its place %" G_GUINT64_FORMAT,
                         disk->name, size, place->length);
  memcpy (image, data, size);
  put_64 (image + FIRST_BLOCKS, place->offset / SECTOR + 1);
  memcpy (image + FIRST_BLOCKS + 8, &others, sizeof others);
  return domuimg_region_write (disk, place->offset, image, sectors * SECTOR)
         || domuimg_set_errno (error, errno, "%s: writing GRUB's image", disk->name);
}

gboolean
domuimg_boot_code_install (const DomuimgRegion *disk, GBytes *boot, GBytes *core,
                           const DomuimgExtent *place, GError **error)
{
  guint8 sector[SECTOR], there[SECTOR];

  if (g_bytes_get_size (boot) != SECTOR)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "boot.img of GRUB is damaged");
  if (!install_core (disk, core, place, error))
    return FALSE;
  if (!domuimg_region_read_all (disk, 0, there, SECTOR))
    return domuimg_set_errno (error, errno, "%s: reading its first sector", disk->name);
  memcpy (sector, g_bytes_get_data (boot, NULL), SECTOR);
  memcpy (sector + PARAMETERS, there + PARAMETERS, PARAMETERS_END - PARAMETERS);
  memcpy (sector + TABLE, there + TABLE, SECTOR - TABLE);
  put_64 (sector + KERNEL_SECTOR, place->offset / SECTOR);
  sector[BOOT_DRIVE] = 0xff;
  sector[DRIVE_CHECK] = sector[DRIVE_CHECK + 1] = NOP;
  return domuimg_region_write (disk, 0, sector, SECTOR)
         || domuimg_set_errno (error, errno, "%s: writing its first sector", disk->name);
}
