/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sections of an EFI application. */
#include "config.h"
#include "lib/kernel/pe.h"

#define OFFSET_OF_HEADER 0x3c
#define FILE_HEADER 24 /* with the signature */
#define SECTION_HEADER 40
/* In the optional header, which follows. */
#define CHECKSUM 64
#define MAGIC_64_BIT 0x20b
#define DIRECTORIES 96
#define DIRECTORIES_64_BIT 112
#define DIRECTORY 8
#define SIGNATURE_DIRECTORY 4
#define NAME_MAX_LENGTH 8
#define SECTIONS_MAX 96

static gboolean
is_named (DomuimgBytes header, const char *name)
{
  char own[NAME_MAX_LENGTH + 1] = { 0 };

  return domuimg_bytes_read (header, 0, own, NAME_MAX_LENGTH) && g_str_equal (own, name);
}

/* What is in memory may be less than what is in the file, which is filled up. */
static gboolean
take_place (DomuimgBytes section, guint64 *offset, guint64 *length)
{
  guint32 virtual_size, raw_size, raw_offset;

  if (!domuimg_bytes_le32 (section, 8, &virtual_size)
      || !domuimg_bytes_le32 (section, 16, &raw_size)
      || !domuimg_bytes_le32 (section, 20, &raw_offset))
    return FALSE;
  *offset = raw_offset;
  *length = MIN (virtual_size, raw_size);
  return TRUE;
}

static gboolean
find_header (DomuimgBytes file, guint32 *start)
{
  return domuimg_bytes_starts_with (file, "MZ", 2)
         && domuimg_bytes_le32 (file, OFFSET_OF_HEADER, start)
         && domuimg_bytes_starts_with (domuimg_bytes_slice (file, *start, 4), "PE\0\0", 4);
}

gboolean
domuimg_pe_find_signed_fields (DomuimgBytes header, guint64 *checksum, guint64 *signature)
{
  guint32 start;
  guint16 magic;
  guint64 optional;

  if (!find_header (header, &start)
      || !domuimg_bytes_le16 (header, (guint64) start + FILE_HEADER, &magic))
    return FALSE;
  optional = (guint64) start + FILE_HEADER;
  *checksum = optional + CHECKSUM;
  *signature = optional + (magic == MAGIC_64_BIT ? DIRECTORIES_64_BIT : DIRECTORIES)
               + SIGNATURE_DIRECTORY * DIRECTORY;
  return TRUE;
}

gboolean
domuimg_pe_find_section (DomuimgBytes header, const char *name, guint64 *offset, guint64 *length)
{
  guint32 start;
  guint16 sections, optional;
  guint64 at;

  if (!find_header (header, &start)
      || !domuimg_bytes_le16 (header, (guint64) start + 6, &sections)
      || !domuimg_bytes_le16 (header, (guint64) start + 20, &optional))
    return FALSE;
  at = (guint64) start + FILE_HEADER + optional;
  for (guint i = 0; i < MIN (sections, SECTIONS_MAX); i++, at += SECTION_HEADER)
    {
      DomuimgBytes section = domuimg_bytes_slice (header, at, SECTION_HEADER);

      if (is_named (section, name))
        return take_place (section, offset, length);
    }
  return FALSE;
}

DomuimgBytes
domuimg_pe_section (DomuimgBytes file, const char *name)
{
  guint64 offset, length;

  if (!domuimg_pe_find_section (file, name, &offset, &length))
    return domuimg_bytes (NULL, 0);
  return domuimg_bytes_slice (file, offset, length);
}
