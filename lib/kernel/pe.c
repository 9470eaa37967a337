/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/kernel/pe.h"

#define OFFSET_OF_HEADER 0x3c
#define FILE_HEADER 24 /* with the signature */
#define SECTION_HEADER 40
#define NAME_MAX_LENGTH 8
#define SECTIONS_MAX 96

static gboolean
is_named (DomuimgBytes header, const char *name)
{
  char own[NAME_MAX_LENGTH + 1] = { 0 };

  return domuimg_bytes_read (header, 0, own, NAME_MAX_LENGTH) && g_str_equal (own, name);
}

/* What is in memory may be less than what is in the file, which is filled up. */
static DomuimgBytes
content_of (DomuimgBytes file, DomuimgBytes header)
{
  guint32 virtual_size, raw_size, offset;

  if (!domuimg_bytes_le32 (header, 8, &virtual_size) || !domuimg_bytes_le32 (header, 16, &raw_size)
      || !domuimg_bytes_le32 (header, 20, &offset))
    return domuimg_bytes (NULL, 0);
  return domuimg_bytes_slice (file, offset, MIN (virtual_size, raw_size));
}

DomuimgBytes
domuimg_pe_section (DomuimgBytes file, const char *name)
{
  guint32 header;
  guint16 sections, optional;
  guint64 at;

  if (!domuimg_bytes_starts_with (file, "MZ", 2)
      || !domuimg_bytes_le32 (file, OFFSET_OF_HEADER, &header)
      || !domuimg_bytes_starts_with (domuimg_bytes_slice (file, header, 4), "PE\0\0", 4)
      || !domuimg_bytes_le16 (file, (guint64) header + 6, &sections)
      || !domuimg_bytes_le16 (file, (guint64) header + 20, &optional))
    return domuimg_bytes (NULL, 0);
  at = (guint64) header + FILE_HEADER + optional;
  for (guint i = 0; i < MIN (sections, SECTIONS_MAX); i++, at += SECTION_HEADER)
    {
      DomuimgBytes section = domuimg_bytes_slice (file, at, SECTION_HEADER);

      if (is_named (section, name))
        return content_of (file, section);
    }
  return domuimg_bytes (NULL, 0);
}
