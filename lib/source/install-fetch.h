/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/install-files.h"

/* Large files of an install tree, into the work directory. */
typedef struct {
  const char *path;      /* in the tree */
  const char *checksum;  /* (nullable) in hexadecimal digits, where the tree says it */
  GChecksumType type;    /* of @checksum */
  const char *to;        /* a file that is not there yet */
  guint64 max;           /* bytes */
  gboolean use_cache;    /* what comes from a server and has a checksum is kept, and so is a part of it */
} DomuimgInstallFetch;

/* What breaks off is tried again from where it was, a few times; CORRUPT_INPUT where the checksum is
 * another one. */
gboolean domuimg_install_fetch (DomuimgInstallFiles *files, const DomuimgInstallFetch *what,
                                DomuimgProgress *progress, GCancellable *cancellable,
                                GError **error);
