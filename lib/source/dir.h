/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/dir-excludes.h"
#include "lib/tree/stream.h"
#include "lib/tree/dir.h"

/* A directory of the host as a stream: depth first, in the order of names, with hard links
 * and holes found. What vanishes while it is read (a live root changes) is left out. */
#define DOMUIMG_TYPE_DIR_STREAM (domuimg_dir_stream_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgDirStream, domuimg_dir_stream, DOMUIMG, DIR_STREAM, GObject)

/* @excludes must outlive the stream; @with_data FALSE gives entries only. */
DomuimgStream *domuimg_dir_stream_new (DomuimgTreeDir *tree, DomuimgExcludes *excludes,
                                       gboolean with_data);
