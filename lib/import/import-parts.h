/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/chain/chain.h"
#include "lib/import/archive/ova.h"
#include "lib/import/archive/xva.h"
#include "lib/import/import.h"

/* The inside of DomuimgImport. */

/* A file, or a part of one, that a disk is divided into. */
typedef struct {
  char *path;
  guint64 offset;
  guint64 length;
} DomuimgImportPiece;

typedef struct {
  char *name;               /* a path, or the name of a member of an archive */
  char *bus;                /* (nullable) */
  char *own_file;           /* (nullable) that an installer wrote */
  DomuimgImageChain *chain; /* (nullable) while it is to be unpacked */
  guint64 capacity;         /* bytes that it has once it is unpacked */
  /* Where it lies, packed by gzip. */
  gboolean is_gzip;
  guint64 offset;
  guint64 length;
  GPtrArray *pieces;        /* (nullable) of DomuimgImportPiece; packed as a whole if it @is_gzip */
} DomuimgImportDisk;

struct _DomuimgImport {
  char *path;
  char *description;         /* (nullable) a file beside @path */
  DomuimgHardware *hardware; /* (nullable) */
  DomuimgOva *ova;           /* (nullable) */
  DomuimgXva *xva;           /* (nullable) */
  GPtrArray *disks;          /* of DomuimgImportDisk */
  GPtrArray *notes;          /* of char *: what was not taken as it is said */
  gboolean allow_backing;
  gboolean is_to_be_installed; /* the one disk is yet to be written */
};

DomuimgImportDisk *domuimg_import_add_disk (DomuimgImport *self, const char *name);
void domuimg_import_note (DomuimgImport *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A disk that is in pieces, which lie in the archive or in @directory. */
gboolean domuimg_import_add_pieces (DomuimgImport *self, const DomuimgHardwareDisk *from,
                                    const char *directory, GError **error);
/* Bytes of all of them. */
guint64 domuimg_import_get_pieces_length (const DomuimgImportDisk *disk);
/* Puts them together as the file @path. */
gboolean domuimg_import_join (const DomuimgImportDisk *disk, const char *path,
                              GCancellable *cancellable, GError **error);
/* Each fills the disks and the hardware. */
gboolean domuimg_import_open_image (DomuimgImport *self, GError **error);
gboolean domuimg_import_open_description (DomuimgImport *self, GError **error);
gboolean domuimg_import_open_ova (DomuimgImport *self, GError **error);
gboolean domuimg_import_open_xva (DomuimgImport *self, GError **error);
