/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Names of files as another system's machine has them: with that system's paths, and without a
 * difference between "Disk.VMDK" and "disk.vmdk". */

/* The last component of a path of any system, of "[datastore] machine/disk.vmdk", or of
 * "storage:100/vm-100-disk-0.qcow2". */
const char *domuimg_name_last_part (const char *path);
/* Whether @path begins with a drive, as in "D:\VMs\disk.vmdk". */
gboolean domuimg_name_has_drive (const char *path);
/* Whether a system that does not tell the case of letters, nor how accents are put together, takes
 * them for one name. */
gboolean domuimg_name_is_same (const char *one, const char *other);
/* The path of the file in @directory with this last component; where there is none, of the only one
 * that domuimg_name_is_same says of. NULL where there is none, or several. */
char *domuimg_name_find (const char *directory, const char *name);
