/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that libblkid has found. */
#include "config.h"
#include "lib/image/blkid.h"

char *
domuimg_blkid_lookup (DomuimgBlkidProbe *probe, const char *name)
{
  const char *value = NULL;

  return blkid_probe_lookup_value (probe, name, &value, NULL) == 0 && value != NULL
             ? g_utf8_make_valid (value, -1)
             : NULL;
}
