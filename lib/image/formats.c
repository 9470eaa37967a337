/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which format an image has, by its first and last bytes. */
#include "config.h"
#include "lib/image/formats.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"

#define HEAD 512
#define VHD_FOOTER 512
#define SECTOR 512
/* What no disk of a guest exceeds: a larger number is damage. */
#define SIZE_MAX_SANE ((guint64) 1 << 60)

typedef struct {
  const char *name;
  const char *magic;
  gsize length;
  guint64 at;        /* offset of the magic */
  guint64 size_at;   /* of the virtual size, 0: not there */
  gboolean big_endian;
  guint unit;        /* bytes */
} Magic;

/* qcow: docs/interop/qcow2.rst of QEMU; VHD: Microsoft's Virtual Hard Disk Image Format
 * Specification (a dynamic one starts with a copy of its footer); VHDX: MS-VHDX; VMDK: VMware's
 * Virtual Disk Format 5.0; VDI: VirtualBox's VDICore.h; QED: docs/interop/qed_spec of QEMU. */
static const Magic magics[] = {
  { "qcow2", "QFI\xfb\0\0\0\2", 8, 0, 24, TRUE, 1 },
  { "qcow2", "QFI\xfb\0\0\0\3", 8, 0, 24, TRUE, 1 },
  { "qcow", "QFI\xfb\0\0\0\1", 8, 0, 24, TRUE, 1 },
  { "vhd", "conectix", 8, 0, 48, TRUE, 1 },
  { "vhdx", "vhdxfile", 8, 0, 0, FALSE, 0 },
  { "vmdk", "KDMV", 4, 0, 12, FALSE, SECTOR },
  { "vmdk", "# Disk DescriptorFile", 21, 0, 0, FALSE, 0 },
  { "vmdk", "\xef\xbb\xbf# Disk DescriptorFile", 24, 0, 0, FALSE, 0 },
  { "vdi", "\x7f\x10\xda\xbe", 4, 0x40, 0x170, FALSE, 1 },
  { "qed", "QED\0", 4, 0, 48, FALSE, 1 },
};

static gboolean
read_size (DomuimgBytes head, const Magic *magic, const char *path, guint64 *size, GError **error)
{
  guint64 value;

  *size = 0;
  if (magic->size_at == 0)
    return TRUE;
  if (!(magic->big_endian ? domuimg_bytes_be64 (head, magic->size_at, &value)
                          : domuimg_bytes_le64 (head, magic->size_at, &value)))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its %s header is cut off", path,
                         magic->name);
  if (value > SIZE_MAX_SANE / magic->unit)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its %s header is damaged: it gives a size of %" G_GUINT64_FORMAT,
                         path, magic->name, value);
  *size = value * magic->unit;
  return TRUE;
}

/* One of a fixed size is the raw disk, and the footer after it. */
static gboolean
look_for_footer (const DomuimgRegion *region, DomuimgImageFormat *format, GError **error)
{
  guint64 size = region->length;
  guint8 footer[VHD_FOOTER];
  gssize got;

  *format = (DomuimgImageFormat){ "raw", size };
  if (size < 2 * VHD_FOOTER || size % SECTOR != 0)
    return TRUE;
  got = domuimg_region_read (region, size - sizeof footer, footer, sizeof footer);
  if (got < 0)
    return domuimg_set_errno (error, errno, "reading %s", region->name);
  if (got == sizeof footer && memcmp (footer, "conectix", 8) == 0)
    *format = (DomuimgImageFormat){ "vhd", size - VHD_FOOTER };
  return TRUE;
}

gboolean
domuimg_image_detect_format (const DomuimgRegion *region, DomuimgImageFormat *format,
                             GError **error)
{
  guint8 buffer[HEAD];
  gssize got = domuimg_region_read (region, 0, buffer, sizeof buffer);
  DomuimgBytes head = domuimg_bytes (buffer, MAX (got, 0));

  if (got < 0)
    return domuimg_set_errno (error, errno, "reading %s", region->name);
  for (guint i = 0; i < G_N_ELEMENTS (magics); i++)
    if (domuimg_bytes_has (head, magics[i].at, magics[i].length)
        && memcmp (buffer + magics[i].at, magics[i].magic, magics[i].length) == 0)
      {
        format->name = magics[i].name;
        return read_size (head, &magics[i], region->name, &format->size, error);
      }
  return look_for_footer (region, format, error);
}
