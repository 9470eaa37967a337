/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"

/* Headers of little-endian ELF files of both classes: what kernels and programs have in common. */

/* Where a table lies in the file, and what it takes. */
typedef struct {
  guint64 offset;
  guint64 size;
  guint16 entry_size;
  guint16 count;
} DomuimgElfTable;

typedef struct {
  guint bits;      /* 32 or 64 */
  guint16 machine; /* EM_386, ... */
  DomuimgElfTable segments;
  DomuimgElfTable sections;
  guint16 names; /* the section with the sections' names */
} DomuimgElfHeader;

/* A segment or section. */
typedef struct {
  guint32 type;
  guint32 name; /* only of a section: where its name begins */
  guint64 offset;
  guint64 address;
  guint64 size;
} DomuimgElfPart;

#define DOMUIMG_ELF_HEADER_MAX 64

gboolean domuimg_elf_is (DomuimgBytes bytes);
gboolean domuimg_elf_is_big_endian (DomuimgBytes bytes);
/* FALSE where @bytes do not hold the whole header of a little-endian ELF file. */
gboolean domuimg_elf_header_read (DomuimgBytes bytes, DomuimgElfHeader *header);
/* An entry of a table, whose bytes are @table. FALSE where it is not in it, or too small. */
gboolean domuimg_elf_read_segment (const DomuimgElfHeader *header, DomuimgBytes table, guint index,
                                   DomuimgElfPart *part);
gboolean domuimg_elf_read_section (const DomuimgElfHeader *header, DomuimgBytes table, guint index,
                                   DomuimgElfPart *part);
/* A number that is as wide as the file's addresses. */
gboolean domuimg_elf_read_word (const DomuimgElfHeader *header, DomuimgBytes bytes, guint64 at,
                                guint64 *value);
