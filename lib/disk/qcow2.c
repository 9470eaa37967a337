/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a qcow2 file, whole by itself. */
#include "config.h"
#include "lib/disk/file.h"

const DomuimgDiskKind domuimg_disk_kind_qcow2 = {
  .name = "qcow2",
  .storage = "file",
  .format = "qcow2",
  .suffix = "qcow2",
  .describe = domuimg_disk_file_describe,
  .check = domuimg_disk_file_check,
  .create = domuimg_disk_file_create,
  .fill_domain = domuimg_disk_file_fill_domain,
};
