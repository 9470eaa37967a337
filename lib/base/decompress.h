/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/bytes.h"

/* What kernels and initramfs are compressed with. */
typedef enum {
  DOMUIMG_COMPRESSION_NONE,
  DOMUIMG_COMPRESSION_GZIP,
  DOMUIMG_COMPRESSION_BZIP2,
  DOMUIMG_COMPRESSION_XZ,
  DOMUIMG_COMPRESSION_ZSTD,
  DOMUIMG_COMPRESSION_LZMA,
  DOMUIMG_COMPRESSION_LZO, /* in a container of lzop(1) */
  DOMUIMG_COMPRESSION_LZ4, /* the legacy frame of `lz4 -l` */
} DomuimgCompression;

/* By the first bytes; NONE where they are not a known magic. 8 bytes are enough. */
DomuimgCompression domuimg_compression_detect (DomuimgBytes head);
/* "gzip", ...; "none". */
const char *domuimg_compression_to_string (DomuimgCompression compression);

/* The dictionary, in bytes, that the first block of an xz stream needs (The .xz File Format, 3.1 and
 * 5.3.1), or that the header of an lzma file names; 0 where it does not tell, and for others. */
guint64 domuimg_compression_get_dictionary (DomuimgCompression compression, DomuimgBytes stream);

/* Bytes that may be read at any offset. */
typedef struct {
  /* Up to @length bytes; 0 at the end, -1 on error. */
  gssize (*read_at) (gpointer user_data, guint64 offset, void *buffer, gsize length,
                     GError **error);
  gpointer user_data;
  const char *name; /* for messages */
} DomuimgInput;

/* @bytes must stay where they are. */
DomuimgInput domuimg_input_of_bytes (const DomuimgBytes *bytes, const char *name);

/* Decompresses a stream, piece by piece: one member of gzip, and the others through libarchive (LZO,
 * for which Debian's libarchive would run a program, by liblzo2). */
typedef struct _DomuimgDecoder DomuimgDecoder;

/* @input is read from @offset; it must outlive the decoder. */
DomuimgDecoder *domuimg_decoder_new (DomuimgCompression compression, const DomuimgInput *input,
                                     guint64 offset, GError **error);
void domuimg_decoder_free (DomuimgDecoder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgDecoder, domuimg_decoder_free)
/* The length of the next piece, whose @data are the decoder's until the next call; 0 at the
 * end, -1 on error (CORRUPT_INPUT, or what the input said). */
gssize domuimg_decoder_read (DomuimgDecoder *self, const void **data, GError **error);
/* How much of the input the stream took; known at its end. */
guint64 domuimg_decoder_get_consumed (DomuimgDecoder *self);

/* All of a stream. More than @max bytes of output are CORRUPT_INPUT. @expected, where it is
 * not 0, is the size that the output ought to have: when it has, what follows the stream in
 * @in is of no interest. gzip tells by itself where it ends, and a checksum of it that does not
 * match is damage in any case. */
GBytes *domuimg_decompress (DomuimgCompression compression, DomuimgBytes in, const char *name,
                            guint64 expected, guint64 max, GError **error);
