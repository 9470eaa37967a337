/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/image/iso-boot.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The two sectors of an ISO image's descriptors, and that of its boot catalogue. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gsize first = MIN (size, 2 * DOMUIMG_ISO_SECTOR);
  DomuimgIsoBoot boot;
  g_autoptr (GError) error = NULL;

  if (!domuimg_iso_boot_read_descriptors (domuimg_bytes (data, first), &boot, &error))
    {
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
      return 0;
    }
  g_assert_no_error (error);
  if (!domuimg_iso_boot_read_catalog (domuimg_bytes (data + first, size - first), &boot, &error))
    g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  return 0;
}
