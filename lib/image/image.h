/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/fs/ext/state.h"
#include "lib/fs/appliance.h"
#include "lib/tree/tree.h"

/* What a disk image holds: its format, partition table and filesystems; the way from the path
 * of an image to trees. Opened read-only unless asked otherwise, never mounted. */

typedef struct _DomuimgImage DomuimgImage;

/* A filesystem, or something else, that fills the image, a partition or a logical volume. */
typedef struct {
  guint number;     /* of the partition; 0: the whole image, or a logical volume */
  char *lv;         /* (nullable) "VG/LV" of a logical volume */
  char *mapped;     /* (nullable) "xvda3_crypt": what an encrypted disk is mapped to */
  DomuimgRegion *inside; /* (nullable) its bytes, where these are not those of the image as they lie */
  gboolean is_encrypted; /* they lie in an encrypted disk */
  guint64 offset;   /* bytes; meaningless where @lv is set, or in a format that is not raw */
  guint64 length;   /* bytes, by the partition table */
  char *fs;         /* (nullable) as blkid(8) names it: "ext4", "xfs", "swap", "LVM2_member", ... */
  char *uuid;       /* (nullable) all of these as blkid(8) gives them */
  char *label;      /* (nullable) */
  char *partuuid;   /* (nullable) */
  char *partlabel;  /* (nullable) */
  char *part_type;  /* (nullable) "0x83", or the GUID of GPT */
  guint64 fs_size;  /* bytes that the filesystem says it has, 0 where unknown */
  gboolean active;  /* the boot flag of a DOS table */
} DomuimgVolume;

/* @format: "raw", "qcow2", ... as xl.cfg says it; NULL or "": by its content. NOT_FOUND,
 * PERMISSION, CORRUPT_INPUT (the header of a format is damaged). */
DomuimgImage *domuimg_image_open (const char *path, const char *format, GError **error);
/* The image that @region is, under the region's name; trees of it can be written to where the region
 * can. @appliance is for what this library does not read by itself. */
DomuimgImage *domuimg_image_new (DomuimgRegion *region, const char *format,
                                 DomuimgAppliance *appliance, GError **error);
/* The same image under another name, with the same appliance and, where they are known, volumes. */
DomuimgImage *domuimg_image_new_named (DomuimgImage *self, const char *name);
void domuimg_image_free (DomuimgImage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgImage, domuimg_image_free)

/* The image at @path, which is a copy of @self and may be opened as that may. */
DomuimgImage *domuimg_image_open_copy (const DomuimgImage *self, const char *path, GError **error);
/* Whether it takes content from other files that it names; nothing is opened then. */
gboolean domuimg_image_refers_on (const DomuimgImage *self);
/* Those files were looked at, and may be opened with it. */
void domuimg_image_set_vetted (DomuimgImage *self);

/* Its path, or what it is called where it has none. */
const char *domuimg_image_get_path (DomuimgImage *self);
/* By its content: "raw", "qcow2", "qcow", "vhd", "vhdx", "vmdk", "vdi", "qed". */
const char *domuimg_image_get_format (DomuimgImage *self);
/* Bytes that the guest sees. */
guint64 domuimg_image_get_size (DomuimgImage *self);
/* (unowned) (nullable) What the guest sees, as plain bytes; NULL where this host cannot show them. */
DomuimgRegion *domuimg_image_get_bytes (DomuimgImage *self);
/* "dos", "gpt", or NULL. */
const char *domuimg_image_get_table (DomuimgImage *self);
/* *@has: whether the first sector holds boot code for a BIOS / there is an EFI system partition.
 * FALSE with an error where it cannot be told. */
gboolean domuimg_image_has_boot_code (DomuimgImage *self, gboolean *has, GError **error);
gboolean domuimg_image_has_esp (DomuimgImage *self, gboolean *has, GError **error);
/* Whether it has a GPT whose first copy, which Linux goes by, is damaged; FALSE, too, where that cannot be
 * read. */
gboolean domuimg_image_has_damaged_gpt (DomuimgImage *self);
/* (element-type DomuimgVolume), by number, logical volumes last. For formats other than raw, and
 * for logical volumes, this starts libguestfs's appliance, which takes 10 to 20 s. */
GPtrArray *domuimg_image_list_volumes (DomuimgImage *self, GError **error);
/* Adds @volume, which is taken, and which nobody else has to look for: what is in a volume group or an
 * encrypted disk that was just made. */
gboolean domuimg_image_add_made (DomuimgImage *self, DomuimgVolume *volume, GError **error);
/* The same without logical volumes, where nobody has asked for those yet. */
GPtrArray *domuimg_image_list_partitions (DomuimgImage *self, GError **error);
/* (element-type utf8) Sentences on what is cut off or contradictory: "the partition table says
 * that partition 2 ends at byte N, and the image has M bytes only". */
GPtrArray *domuimg_image_get_problems (DomuimgImage *self);
/* (nullable) The bytes of a volume; NULL where they do not lie in one piece as they are. */
DomuimgRegion *domuimg_image_get_region (DomuimgImage *self, const DomuimgVolume *volume);
/* ext2/3/4 in raw images by libext2fs, all else by libguestfs (NOT_SUPPORTED without it; the
 * message says so). To be closed by domuimg_image_close_tree. */
DomuimgTree *domuimg_image_open_tree (DomuimgImage *self, const DomuimgVolume *volume,
                                      gboolean writable, GError **error);
/* Writes everything out where it was writable, and unrefs @tree. */
gboolean domuimg_image_close_tree (DomuimgImage *self, DomuimgTree *tree, GError **error);
/* NULL on an error, and without one if the volume is not ext or cannot be read directly. */
DomuimgExtState *domuimg_image_get_ext_state (DomuimgImage *self, const DomuimgVolume *volume,
                                              GError **error);
/* Whether it is an EFI system partition, by its type in the table. */
gboolean domuimg_volume_is_esp (const DomuimgVolume *self);
DomuimgVolume *domuimg_volume_copy (const DomuimgVolume *self);
void domuimg_volume_free (DomuimgVolume *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgVolume, domuimg_volume_free)
