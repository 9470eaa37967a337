/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk in an XVA, Xen's archive of a whole guest: a raw image until everything is packed. */
#include "config.h"
#include "lib/disk/file.h"

/* The archive itself is a result of the build; the work directory goes in any case. */
static char *
create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error)
{
  return g_strdup_printf ("%s/image%u", making->work_directory, making->number);
}

const DomuimgDiskKind domuimg_disk_kind_archive = {
  .scheme = "xva",
  .placeholder = "FILE",
  .name = "xva",
  .storage = "archive",
  .format = "raw",
  .suffix = "xva",
  .traits = DOMUIMG_DISK_HOLDS_ALL,
  .describe = domuimg_disk_file_describe,
  .check = domuimg_disk_file_check,
  .create = create,
  .open = domuimg_region_open,
  .fill_domain = domuimg_disk_file_fill_domain,
};
