/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/chain.h"
#include "lib/image/ova.h"
#include "lib/image/xva.h"
#include "lib/source/foreign.h"

/* The inside of DomuimgForeign. */

typedef struct {
  char *name;               /* a path, or the name of a member of an archive */
  char *bus;                /* (nullable) */
  DomuimgImageChain *chain; /* (nullable) while it is to be unpacked */
  guint64 capacity;         /* bytes that it has once it is unpacked */
  /* Where it lies, packed by gzip. */
  gboolean is_gzip;
  guint64 offset;
  guint64 length;
} DomuimgForeignDisk;

struct _DomuimgForeign {
  char *path;
  char *description;         /* (nullable) a file beside @path */
  DomuimgHardware *hardware; /* (nullable) */
  DomuimgOva *ova;           /* (nullable) */
  DomuimgXva *xva;           /* (nullable) */
  GPtrArray *disks;          /* of DomuimgForeignDisk */
  gboolean allow_backing;
};

DomuimgForeignDisk *domuimg_foreign_add_disk (DomuimgForeign *self, const char *name);
/* Each fills the disks and the hardware. */
gboolean domuimg_foreign_open_image (DomuimgForeign *self, GError **error);
gboolean domuimg_foreign_open_description (DomuimgForeign *self, GError **error);
gboolean domuimg_foreign_open_ova (DomuimgForeign *self, GError **error);
gboolean domuimg_foreign_open_xva (DomuimgForeign *self, GError **error);
