/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/spec/parse.h"

/* What kinds of disks that are files have in common. */

/* Makes an image that holds nothing: a file, or a qcow2 file, which may lie over @origin
 * (nullable), or else over what its block node will say; @disk (nullable) says how much of it is
 * allocated. Nothing may be there. */
gboolean domuimg_disk_file_allocate_raw (const DomuimgDiskSpec *disk, const char *path,
                                         guint64 size, const DomuimgDiskOrigin *origin,
                                         GCancellable *cancellable, GError **error);
gboolean domuimg_disk_file_allocate_qcow2 (const DomuimgDiskSpec *disk, const char *path,
                                           guint64 size, const DomuimgDiskOrigin *origin,
                                           GCancellable *cancellable, GError **error);
char *domuimg_disk_file_to_raw_node (const char *path);
char *domuimg_disk_file_to_qcow2_node (const char *path);
/* Has all of @fd's first @size bytes a place on the disk: NO_SPACE where there is none. */
gboolean domuimg_disk_file_preallocate (int fd, guint64 size, const char *path, GError **error);
/* By renaming. */
gboolean domuimg_disk_file_take (const char *path, const char *from);

char *domuimg_disk_file_describe (const DomuimgDiskSpec *disk, const DomuimgDiskOrigin *origin);
gboolean domuimg_disk_file_check (const DomuimgDiskSpec *disk, gboolean replace, GError **error);
char *domuimg_disk_file_create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making,
                                GError **error);
void domuimg_disk_file_fill_domain (const DomuimgDiskSpec *disk, DomuimgDomainDisk *domain_disk);

/* Whether a file can be made at @path: nothing is there, or @replace; the directory, or where that is
 * still to be made, the nearest one above it, can be written to. */
gboolean domuimg_check_place (const char *path, gboolean replace, GError **error);

/* The rows, each in the file of its kind. */
extern const DomuimgDiskKind domuimg_disk_kind_raw;
extern const DomuimgDiskKind domuimg_disk_kind_qcow2;
extern const DomuimgDiskKind domuimg_disk_kind_overlay;
extern const DomuimgDiskKind domuimg_disk_kind_archive;
extern const DomuimgDiskKind domuimg_disk_kind_vhd;
extern const DomuimgDiskKind domuimg_disk_kind_device;
extern const DomuimgDiskKind domuimg_disk_kind_lvm;
extern const DomuimgDiskKind domuimg_disk_kind_zvol;
extern const DomuimgDiskKind domuimg_disk_kind_pool;
