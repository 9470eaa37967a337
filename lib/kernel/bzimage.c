/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The header of a bzImage. */
#include "config.h"
#include "lib/kernel/bzimage.h"

#include <string.h>

#include "lib/base/decompress.h"
#include "lib/base/inflate.h"
#include "lib/kernel/pe.h"

#define SECTOR 512

#define SETUP_SECTS 0x1f1
#define SYSSIZE 0x1f4
#define BOOT_FLAG 0x1fe
#define HEADER 0x202
#define PROTOCOL 0x206
#define KERNEL_VERSION 0x20e
#define LOADFLAGS 0x211
#define XLOADFLAGS 0x236
#define PAYLOAD_OFFSET 0x248
#define PAYLOAD_LENGTH 0x24c

#define LOADED_HIGH 0x01
#define XLF_KERNEL_64 0x0001
#define VERSION_MAX 256
/* Where all that signing changes lies. */
#define HEAD 4096

gboolean
domuimg_bzimage_is (DomuimgBytes bytes)
{
  guint16 flag = 0;

  return domuimg_bytes_le16 (bytes, BOOT_FLAG, &flag) && flag == 0xaa55
         && domuimg_bytes_starts_with (domuimg_bytes_slice (bytes, HEADER, 4), "HdrS", 4);
}

static char *
read_version (DomuimgBytes bytes)
{
  guint16 offset = 0;
  DomuimgBytes text;
  gsize start, length;

  if (!domuimg_bytes_le16 (bytes, KERNEL_VERSION, &offset) || offset == 0)
    return NULL;
  start = (gsize) offset + SECTOR;
  if (start >= bytes.size)
    return NULL;
  text = domuimg_bytes_slice (bytes, start, MIN (VERSION_MAX, bytes.size - start));
  length = strnlen ((const char *) text.data, text.size);
  return length > 0 && length < text.size
             ? g_utf8_make_valid ((const char *) text.data, (gssize) length)
             : NULL;
}

/* Linux's build appends a CRC-32 of all that precedes, without the usual last complement
 * (arch/x86/boot/tools/build.c, until 6.15). A signature was added later, behind it and in the header,
 * where zeros were before. */
static gboolean
is_whole (DomuimgBytes bytes, guint8 setup_sects)
{
  guint8 head[HEAD];
  guint32 paragraphs = 0, crc, expected = 0;
  guint64 checksum, signature, end;

  domuimg_bytes_le32 (bytes, SYSSIZE, &paragraphs);
  end = ((guint64) setup_sects + 1) * SECTOR + (guint64) paragraphs * 16;
  if (end < HEAD + sizeof crc || !domuimg_bytes_le32 (bytes, end - sizeof crc, &expected)
      || !domuimg_bytes_read (bytes, 0, head, HEAD))
    return FALSE;
  if (domuimg_pe_find_signed_fields (domuimg_bytes (head, HEAD), &checksum, &signature))
    {
      if (signature + 8 > HEAD)
        return FALSE;
      memset (head + checksum, 0, 4);
      memset (head + signature, 0, 8);
    }
  crc = domuimg_crc32 (0, head, HEAD);
  return domuimg_crc32 (crc, bytes.data + HEAD, end - sizeof crc - HEAD) == ~expected;
}

static gboolean
read_payload (DomuimgBytes bytes, guint8 setup_sects, const char *name, DomuimgBzimage *self,
              GError **error)
{
  guint32 offset = 0, length = 0;
  guint64 start;

  if (!domuimg_bytes_le32 (bytes, PAYLOAD_OFFSET, &offset)
      || !domuimg_bytes_le32 (bytes, PAYLOAD_LENGTH, &length))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the bzImage is cut off", name);
  /* memtest86+ and others take the header of Linux only to be started as it is. */
  if (length == 0)
    return TRUE;
  start = ((guint64) setup_sects + 1) * SECTOR + offset;
  if (length < 8 || !domuimg_bytes_has (bytes, start, length))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: damaged or cut off: the bzImage has %" G_GSIZE_FORMAT
                         " bytes, and its kernel is said to lie at %" G_GUINT64_FORMAT
                         " to %" G_GUINT64_FORMAT,
                         name, bytes.size, start, start + length);
  self->payload = domuimg_bytes_slice (bytes, start, length);
  domuimg_bytes_le32 (self->payload, length - 4, &self->plain_size);
  /* gzip ends with this size itself; for all others Linux's build appends it. */
  if (domuimg_compression_detect (self->payload) != DOMUIMG_COMPRESSION_GZIP)
    self->payload.size -= 4;
  return TRUE;
}

gboolean
domuimg_bzimage_parse (DomuimgBytes bytes, const char *name, DomuimgBzimage *bzimage,
                       GError **error)
{
  g_auto (DomuimgBzimage) self = { 0 };
  guint8 setup_sects = 0, flags = 0;
  guint16 more_flags = 0;

  if (!domuimg_bzimage_is (bytes) || !domuimg_bytes_le16 (bytes, PROTOCOL, &self.protocol)
      || !domuimg_bytes_u8 (bytes, LOADFLAGS, &flags))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not a bzImage", name);
  domuimg_bytes_u8 (bytes, SETUP_SECTS, &setup_sects);
  /* 0 means 4, for very old kernels. */
  setup_sects = setup_sects > 0 ? setup_sects : 4;
  self.loaded_high = flags & LOADED_HIGH;
  self.version = read_version (bytes);
  if (self.protocol >= 0x020c && domuimg_bytes_le16 (bytes, XLOADFLAGS, &more_flags))
    self.is_64bit = more_flags & XLF_KERNEL_64;
  if (self.protocol >= 0x0208 && !read_payload (bytes, setup_sects, name, &self, error))
    return FALSE;
  self.is_whole = is_whole (bytes, setup_sects);
  *bzimage = self;
  self.version = NULL;
  return TRUE;
}

void
domuimg_bzimage_clear (DomuimgBzimage *self)
{
  g_clear_pointer (&self->version, g_free);
}
