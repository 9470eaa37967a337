/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/state.h"
#include "lib/fs/divide.h"

/* Bytes of the first disk whose root has @root, and of the root on a first disk of @disk (0: there is
 * no room for one). */
guint64 domuimg_build_to_disk_size (DomuimgBuildState *self, guint64 root);
guint64 domuimg_build_to_root_size (DomuimgBuildState *self, guint64 disk);
/* Bytes of disk @i, once the size of the root is known. */
guint64 domuimg_build_get_disk_size (DomuimgBuildState *self, guint i);
/* Makes the disks, each with its partition table and empty filesystems. */
gboolean domuimg_build_make_disks (DomuimgBuildState *self, GCancellable *cancellable,
                                   GError **error);
/* The bytes of a part, once the disks are made; those of the file beside, where it is made in one. */
DomuimgRegion *domuimg_build_open_part (DomuimgBuildState *self, const DomuimgPart *part,
                                        gboolean writable, GError **error);
/* The same, but always where they will be. */
DomuimgRegion *domuimg_build_open_place (DomuimgBuildState *self, const DomuimgPart *part,
                                         gboolean writable, GError **error);
/* The architecture of the guest, "amd64". */
const char *domuimg_build_get_architecture (DomuimgPlan *plan);
/* Where it lies on its disk. */
const DomuimgExtent *domuimg_build_get_extent (DomuimgBuildState *self, const DomuimgPart *part);
/* Whether the files of the guest go to more than one filesystem. */
gboolean domuimg_build_is_divided (DomuimgBuildState *self);
/* @stream, without what is for other filesystems than the root, which are filled from it. */
DomuimgDivide *domuimg_build_divide (DomuimgBuildState *self, DomuimgStream *stream,
                                     GError **error);
/* The root was filled and has stayed open; then all filesystems are in the state, the root first, and
 * its tree has the others mounted in it. */
gboolean domuimg_build_open_made (DomuimgBuildState *self, DomuimgDivide *divide,
                                  GCancellable *cancellable, GError **error);

/* holder.c: makes the LUKS container, the volume group or both that the root is in, in their place on the
 * first disk; then what is inside can be made. */
gboolean domuimg_build_make_holder (DomuimgBuildState *self, const DomuimgPart *holder,
                                    DomuimgRegion *disk, GError **error);
/* Adds what is inside to the volumes of the first disk, which is open. */
gboolean domuimg_build_show_inside (DomuimgBuildState *self, GError **error);
/* Once all filesystems are closed: what a guest may read of an encrypted disk is what it was meant to be. */
gboolean domuimg_build_finish_inside (DomuimgBuildState *self, GCancellable *cancellable,
                                      GError **error);

/* aside.c: whether @part cannot be made in @place, its bytes on the disk. */
gboolean domuimg_build_needs_aside (const DomuimgPart *part, const DomuimgRegion *place);
/* A file of its size, without a name, in which it is made until all is closed. */
DomuimgRegion *domuimg_build_make_aside (DomuimgBuildState *self, const DomuimgPart *part,
                                         GError **error);
/* (nullable) (unowned) That file. */
DomuimgRegion *domuimg_build_get_aside (DomuimgBuildState *self, const DomuimgPart *part);
/* The volumes of the disks, which are open, are those in these files. */
gboolean domuimg_build_show_asides (DomuimgBuildState *self, GError **error);
/* Takes them to their places. */
gboolean domuimg_build_finish_asides (DomuimgBuildState *self, GCancellable *cancellable,
                                      GError **error);
