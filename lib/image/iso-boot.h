/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/bytes.h"

/* What an ISO image says of itself: how large it is, and what firmware can start it (ECMA-119 and "El Torito"
 * Bootable CD-ROM Format Specification 1.0; UEFI's number for it is of the UEFI specification, 13.3.2). */
typedef struct {
  guint64 size;     /* bytes of the volume, which the file has to have */
  guint64 catalog;  /* where its boot catalogue begins; 0: it has none */
  gboolean has_bios; /* a BIOS can start it */
  gboolean has_uefi;
} DomuimgIsoBoot;

#define DOMUIMG_ISO_SECTOR 2048
/* Its descriptors begin after this, and those that count are in the next two sectors. */
#define DOMUIMG_ISO_DESCRIPTORS_AT (16 * DOMUIMG_ISO_SECTOR)

/* @bytes: the two sectors there; fills size and catalog. CORRUPT_INPUT where it is not an ISO image. */
gboolean domuimg_iso_boot_read_descriptors (DomuimgBytes bytes, DomuimgIsoBoot *boot, GError **error);
/* @bytes: the sector of the catalogue; fills the rest. CORRUPT_INPUT. */
gboolean domuimg_iso_boot_read_catalog (DomuimgBytes bytes, DomuimgIsoBoot *boot, GError **error);
/* All of the file at @path; CORRUPT_INPUT for one that is cut off, too. */
gboolean domuimg_iso_boot_look (const char *path, DomuimgIsoBoot *boot, GError **error);
