/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/tree/tree.h"

/* Another Linux, for what nothing here reads by itself: filesystems without a row in fs.c, logical
 * volumes, images of formats that nothing shows as plain bytes. It is User-mode Linux where that is
 * installed and does (lib/fs/uml), else libguestfs's virtual machine (lib/fs/guestfs), which takes 10
 * to 20 s to start. Nobody outside knows which. */

typedef struct _DomuimgAppliance DomuimgAppliance;

/* Something that it found on a disk. */
typedef struct {
  guint number;   /* of the partition; 0: the whole disk, or a logical volume */
  char *lv;       /* (nullable) "VG/LV" */
  guint64 length; /* bytes */
  char **tags;    /* name, value, name, ...: as `blkid -p -o export` has them */
  GBytes *head;   /* its first bytes */
} DomuimgApplianceVolume;

/* Where a filesystem is. */
typedef struct {
  const char *fs; /* (nullable) as blkid names it */
  const char *lv; /* (nullable) "VG/LV" */
  guint number;   /* of the partition, 0: the whole disk */
  /* Where that is in the disk, if it is raw. */
  guint64 offset;
  guint64 length;
} DomuimgAppliancePlace;

/* An appliance for the image at @path, in a @format from domuimg_image_get_format. Nothing is
 * started yet. */
DomuimgAppliance *domuimg_appliance_new (const char *path, const char *format);
/* An appliance for the raw disk in @region, a whole file, which need not have a name. libguestfs
 * reads it through a socket in @directory while it runs. The path of a socket is short: @directory
 * has at most DOMUIMG_SOCKET_DIRECTORY_MAX bytes. */
#define DOMUIMG_SOCKET_DIRECTORY_MAX 80
DomuimgAppliance *domuimg_appliance_new_for_region (DomuimgRegion *region, const char *directory);
/* The image at the path is shown in @region as plain bytes, while the appliance is used. */
void domuimg_appliance_set_region (DomuimgAppliance *self, DomuimgRegion *region);
DomuimgAppliance *domuimg_appliance_ref (DomuimgAppliance *self);
void domuimg_appliance_unref (DomuimgAppliance *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgAppliance, domuimg_appliance_unref)

/* (element-type DomuimgApplianceVolume) The partitions, or the whole disk. NOT_SUPPORTED where there
 * is no appliance, TOOL_FAILED where it does not start. */
GPtrArray *domuimg_appliance_list_partitions (DomuimgAppliance *self, GError **error);
/* @members: (element-type DomuimgAppliancePlace) the parts of the disk that are LVM's. */
void domuimg_appliance_set_members (DomuimgAppliance *self, const GArray *members);
/* (element-type DomuimgApplianceVolume) The logical volumes. */
GPtrArray *domuimg_appliance_list_lvs (DomuimgAppliance *self, GError **error);
/* The first bytes of the disk; FALSE where they cannot be read. */
gboolean domuimg_appliance_read_head (DomuimgAppliance *self, guint8 *buffer, gsize length,
                                      GError **error);
void domuimg_appliance_volume_free (DomuimgApplianceVolume *self);

/* All trees of a place show the same; one that is writable starts an appliance that only reads once
 * more. To be closed by domuimg_appliance_close_tree. */
DomuimgTree *domuimg_appliance_open_tree (DomuimgAppliance *self,
                                          const DomuimgAppliancePlace *place, gboolean writable,
                                          GError **error);
/* Has what was changed in the filesystem. */
gboolean domuimg_appliance_flush_tree (DomuimgTree *tree, GError **error);
/* Writes everything out; @tree is still to be unreffed, and later calls of it fail. */
gboolean domuimg_appliance_close_tree (DomuimgTree *tree, GError **error);
