/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the headers of ELF files: the one place that knows how the two classes differ. */
#include "config.h"
#include "lib/elf/header.h"

#include <elf.h>

typedef struct {
  gsize segments, segment_size, n_segments;
  gsize sections, section_size, n_sections;
  gsize names;
} HeaderLayout;

typedef struct {
  gsize size, type, offset, address, length;
} PartLayout;

#define HEADER(type)                                                                            \
  { offsetof (type, e_phoff), offsetof (type, e_phentsize), offsetof (type, e_phnum),           \
    offsetof (type, e_shoff), offsetof (type, e_shentsize), offsetof (type, e_shnum),           \
    offsetof (type, e_shstrndx) }
#define SEGMENT(t)                                                                              \
  { sizeof (t), offsetof (t, p_type), offsetof (t, p_offset), offsetof (t, p_vaddr),            \
    offsetof (t, p_filesz) }
#define SECTION(t)                                                                              \
  { sizeof (t), offsetof (t, sh_type), offsetof (t, sh_offset), offsetof (t, sh_addr),          \
    offsetof (t, sh_size) }

static const HeaderLayout headers[] = { HEADER (Elf32_Ehdr), HEADER (Elf64_Ehdr) };
static const PartLayout segments[] = { SEGMENT (Elf32_Phdr), SEGMENT (Elf64_Phdr) };
static const PartLayout sections[] = { SECTION (Elf32_Shdr), SECTION (Elf64_Shdr) };

static guint
layout_of (const DomuimgElfHeader *header)
{
  return header->bits == 64 ? 1 : 0;
}

gboolean
domuimg_elf_is (DomuimgBytes bytes)
{
  return domuimg_bytes_starts_with (bytes, ELFMAG, SELFMAG);
}

gboolean
domuimg_elf_is_big_endian (DomuimgBytes bytes)
{
  guint8 order = 0;

  return domuimg_bytes_u8 (bytes, EI_DATA, &order) && order != ELFDATA2LSB;
}

gboolean
domuimg_elf_read_word (const DomuimgElfHeader *header, DomuimgBytes bytes, guint64 at,
                       guint64 *value)
{
  guint32 half;

  if (header->bits == 64)
    return domuimg_bytes_le64 (bytes, at, value);
  if (!domuimg_bytes_le32 (bytes, at, &half))
    return FALSE;
  *value = half;
  return TRUE;
}

static gboolean
read_table (const DomuimgElfHeader *header, DomuimgBytes bytes, gsize offset, gsize entry_size,
            gsize count, DomuimgElfTable *table)
{
  if (!domuimg_elf_read_word (header, bytes, offset, &table->offset)
      || !domuimg_bytes_le16 (bytes, entry_size, &table->entry_size)
      || !domuimg_bytes_le16 (bytes, count, &table->count))
    return FALSE;
  table->size = (guint64) table->count * table->entry_size;
  return TRUE;
}

gboolean
domuimg_elf_header_read (DomuimgBytes bytes, DomuimgElfHeader *header)
{
  const HeaderLayout *layout;
  guint8 class;

  if (!domuimg_elf_is (bytes) || domuimg_elf_is_big_endian (bytes)
      || !domuimg_bytes_u8 (bytes, EI_CLASS, &class)
      || (class != ELFCLASS32 && class != ELFCLASS64))
    return FALSE;
  header->bits = class == ELFCLASS64 ? 64 : 32;
  layout = &headers[layout_of (header)];
  return domuimg_bytes_le16 (bytes, offsetof (Elf64_Ehdr, e_machine), &header->machine)
         && read_table (header, bytes, layout->segments, layout->segment_size, layout->n_segments,
                        &header->segments)
         && read_table (header, bytes, layout->sections, layout->section_size, layout->n_sections,
                        &header->sections)
         && domuimg_bytes_le16 (bytes, layout->names, &header->names);
}

static gboolean
read_part (const DomuimgElfHeader *header, const PartLayout *layout, DomuimgBytes table,
           guint64 at, DomuimgElfPart *part)
{
  return domuimg_bytes_has (table, at, layout->size)
         && domuimg_bytes_le32 (table, at + layout->type, &part->type)
         && domuimg_elf_read_word (header, table, at + layout->offset, &part->offset)
         && domuimg_elf_read_word (header, table, at + layout->address, &part->address)
         && domuimg_elf_read_word (header, table, at + layout->length, &part->size);
}

gboolean
domuimg_elf_read_segment (const DomuimgElfHeader *header, DomuimgBytes table, guint index,
                          DomuimgElfPart *part)
{
  const PartLayout *layout = &segments[layout_of (header)];
  guint16 entry = header->segments.entry_size;

  part->name = 0;
  return entry >= layout->size && read_part (header, layout, table, (guint64) index * entry, part);
}

gboolean
domuimg_elf_read_section (const DomuimgElfHeader *header, DomuimgBytes table, guint index,
                          DomuimgElfPart *part)
{
  const PartLayout *layout = &sections[layout_of (header)];
  guint16 entry = header->sections.entry_size;

  return entry >= layout->size && read_part (header, layout, table, (guint64) index * entry, part)
         && domuimg_bytes_le32 (table, (guint64) index * entry, &part->name);
}
