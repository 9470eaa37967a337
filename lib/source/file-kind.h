/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a file is that was given to a source, told by its first bytes and, of an archive, by what is in
 * it. */
typedef enum {
  DOMUIMG_WANTED_ROOT,    /* an archive of a root */
  DOMUIMG_WANTED_MACHINE, /* a disk image, or what describes a machine */
} DomuimgWanted;

/* (nullable) For a person, one line: what @path is and what to do with it, where it is known not to be
 * what is wanted. @is_quick: nothing is unpacked. */
char *domuimg_file_kind_explain (const char *path, DomuimgWanted wanted, gboolean is_quick);
