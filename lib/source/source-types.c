/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sources that there are. */
#include "config.h"
#include "lib/source/source.h"

const DomuimgSourceType *const domuimg_source_types[] = {
  &domuimg_source_type_debian, &domuimg_source_type_ubuntu, &domuimg_source_type_tar,
  &domuimg_source_type_dir,    &domuimg_source_type_disk,   NULL,
};
