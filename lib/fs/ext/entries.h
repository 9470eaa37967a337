/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/fs.h"
#include "lib/fs/ext/names.h"

/* The blocks of one directory as they fill with entries. */
typedef struct {
  DomuimgExtFs *ext;
  GByteArray *blocks;
  guint end;  /* of the entries in the last block: a checksum may follow */
  guint used; /* of the last block */
  guint last; /* where in the last block its last entry starts */
} DomuimgExtEntries;

/* What a leaf has for entries. */
guint domuimg_ext_entries_leaf_size (const DomuimgExtFs *ext);
/* Ends the last block and adds one of zeros. Only a leaf has its checksum behind the entries. */
void domuimg_ext_entries_start_block (DomuimgExtEntries *self, gboolean is_leaf);
/* Stretches the last entry to where the entries of its block end. */
void domuimg_ext_entries_end_block (DomuimgExtEntries *self);
/* What the last block has left; 0 if there is no block. */
guint domuimg_ext_entries_room (const DomuimgExtEntries *self);
/* The last block must have room for EXT2_DIR_REC_LEN of the name's length. */
void domuimg_ext_entries_add (DomuimgExtEntries *self, const char *name, ext2_ino_t ino,
                              int file_type);
/* "." and "..". */
void domuimg_ext_entries_add_dots (DomuimgExtEntries *self, const DomuimgExtName *directory);
