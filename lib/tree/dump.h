/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* The canonical text of a tree: one line an entry, in the order of domuimg_tree_walk. The
 * same for every back end, so that trees can be compared by diff, and short enough to
 * write by hand as a fixture:
 *
 *   PATH TYPE MODE UID:GID MTIME SIZE RDEV TARGET CONTENT [XATTR=VALUE]...
 *
 * fields separated by one space, "-" for what does not apply. PATH starts with "/". TYPE
 * is one of f d l c b p s h (h: a further name of the file TARGET, nothing else given).
 * MODE is octal, MTIME is SEC.NNNNNNNNN, SIZE is a file's, RDEV is MAJOR:MINOR. CONTENT and
 * VALUE are quoted C-like strings ("127.0.0.1\tlocalhost\n", \xNN for bytes outside
 * printable ASCII); the CONTENT of files over @inline_max bytes is sha256:HEX instead. In
 * PATH, TARGET and XATTR, non-printable bytes and any of space " \ = are \xNN. */
typedef struct {
  gsize inline_max;
  gboolean times; /* FALSE: "-" for every MTIME */
} DomuimgTreeDumpOptions;

/* Without @options: 4096 bytes inline, and times. */
char *domuimg_tree_dump (DomuimgTree *self, const DomuimgTreeDumpOptions *options,
                         GError **error);
/* Reads a dump (content inline) into @tree. Blank lines and lines that start with "#" are
 * skipped; parents that are not named are made. Fields may be further apart, and left out
 * at the end of a line; "-" is root's 0644, 0755 (directories) or 0777 (symlinks) at the
 * tree's time, and an empty file. A mistake names its line. */
gboolean domuimg_tree_load (DomuimgTree *tree, const char *dump, GError **error);
