/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Kernels and initramfs that no compiler made, small and with any mistake a test wants. */

/* Where the notes of an ELF file lie. */
typedef enum { NOTES_IN_SEGMENT, NOTES_IN_SECTION, NOTES_IN_GUEST_SECTION } NotesPlace;

void note_add (GByteArray *notes, const char *name, guint32 type, const void *value, guint32 size);
/* Its name has 0 bytes. */
void note_add_nameless (GByteArray *notes, guint32 type, const void *value, guint32 size);
void note_add_text (GByteArray *notes, guint32 type, const char *text);
/* What Linux has; without ENTRY or PHYS32_ENTRY where they are not wanted. */
GByteArray *notes_of_linux (gboolean pv, gboolean pvh);

/* An ELF file of 4 KiB and more with "Linux version 6.1.0-fixture" in it. */
GBytes *elf_new (guint bits, guint16 machine, GByteArray *notes, NotesPlace place);
GBytes *elf_of_linux (gboolean pv, gboolean pvh);

/* Magic words as in bzimage.c; @plain_size is appended as Linux's build does, unless 0. */
GBytes *bzimage_new (guint16 protocol, GBytes *payload, guint32 plain_size, const char *version);
/* With the checksum that Linux's build puts at the end of a bzImage. */
GBytes *bzimage_add_checksum (GBytes *image);
/* In gzip. */
GBytes *bzimage_of_linux (const char *version, gboolean pv, gboolean pvh);

typedef struct {
  const char *name; /* as the library says it */
  const char *argv[5];
} Compressor;

extern const Compressor compressors[];
extern const guint n_compressors;
/* By the real program. */
GBytes *compress_bytes (const Compressor *compressor, GBytes *bytes);

/* Of names and contents, NULL at the end; a name without content is a directory, and
 * "->TARGET" a symlink. */
GBytes *cpio_new (const char *name, const char *content, ...) G_GNUC_NULL_TERMINATED;
GBytes *concat_bytes (GBytes *one, gsize zeros, GBytes *other);
/* A copy with @value, little-endian, in @width bytes at @offset. */
GBytes *patch_bytes (GBytes *bytes, gsize offset, gsize width, guint64 value);

/* Gives each file of tests/mustfail/@target, with its name. */
void for_each_must_fail (const char *target, void (*use) (GBytes *bytes, const char *name));
