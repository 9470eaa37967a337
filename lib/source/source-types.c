/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sources that there are. */
#include "config.h"
#include "lib/source/source.h"

#define DOMUIMG_SOURCE_ROW(name) &domuimg_source_type_##name,
const DomuimgSourceType *const domuimg_source_types[] = {
#include "lib/source/source-list.h"
  NULL,
};
