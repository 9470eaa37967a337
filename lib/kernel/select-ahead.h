/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/kernel/initramfs.h"
#include "lib/tree/stream.h"
#include "lib/tree/tree.h"

/* A guest's files on their way into a filesystem, and beside, on another processor, a look at its
 * newest kernel and initramfs as soon as they are written: unpacking them takes as long as writing
 * the rest. Nothing depends on it. What it does not know, or could not read, is read later from the
 * tree, with the same result or the same error. */
#define DOMUIMG_TYPE_LOOK_AHEAD (domuimg_look_ahead_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgLookAhead, domuimg_look_ahead, DOMUIMG, LOOK_AHEAD, GObject)

/* It is a stream itself: that of @inner, for the writer. */
DomuimgLookAhead *domuimg_look_ahead_new (DomuimgStream *inner);
/* From now on what it saw is known of @tree, which is over the filesystem that was written. */
void domuimg_look_ahead_attach (DomuimgLookAhead *self, DomuimgTree *tree);

/* The file at @path, which is resolved, if it was looked at and is the same file still; it is waited
 * for where that is under way. NULL where it has to be read. */
DomuimgKernel *domuimg_look_ahead_find_kernel (DomuimgTree *tree, const char *path);
DomuimgInitramfs *domuimg_look_ahead_find_initramfs (DomuimgTree *tree, const char *path);
