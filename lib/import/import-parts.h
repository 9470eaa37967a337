/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/chain/chain.h"
#include "lib/import/archive/ova.h"
#include "lib/import/archive/xva.h"
#include "lib/import/import.h"

/* The inside of DomuimgImport. */

typedef struct {
  char *name;               /* a path, or the name of a member of an archive */
  char *bus;                /* (nullable) */
  DomuimgImageChain *chain; /* (nullable) while it is to be unpacked */
  guint64 capacity;         /* bytes that it has once it is unpacked */
  /* Where it lies, packed by gzip. */
  gboolean is_gzip;
  guint64 offset;
  guint64 length;
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
};

DomuimgImportDisk *domuimg_import_add_disk (DomuimgImport *self, const char *name);
void domuimg_import_note (DomuimgImport *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Each fills the disks and the hardware. */
gboolean domuimg_import_open_image (DomuimgImport *self, GError **error);
gboolean domuimg_import_open_description (DomuimgImport *self, GError **error);
gboolean domuimg_import_open_ova (DomuimgImport *self, GError **error);
gboolean domuimg_import_open_xva (DomuimgImport *self, GError **error);
