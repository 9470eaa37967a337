/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/spec/layout-spec.h"

/* What is on a disk around its filesystems: a row for each layout, and the parts that a disk is
 * divided into. */

typedef enum {
  DOMUIMG_PART_ROOT,
  DOMUIMG_PART_BOOT, /* /boot, of its own */
  DOMUIMG_PART_ESP,
  DOMUIMG_PART_BIOS, /* no filesystem: GRUB's image */
  DOMUIMG_PART_SWAP,
  DOMUIMG_PART_HOLDER, /* no filesystem: a LUKS container, a volume group, or one in the other */
  DOMUIMG_PART_DATA,
} DomuimgPartRole;

/* What will be in one place of a disk. */
typedef struct {
  guint disk;      /* of the guest, from 0 */
  guint number;    /* of the partition; 0: all of the disk */
  DomuimgPartRole role;
  char *fs;        /* (nullable) "ext4", "vfat", "swap" */
  char *uuid;      /* (nullable) of the filesystem, as blkid has it */
  char *part_uuid; /* (nullable) of the partition */
  char *mount;     /* (nullable) */
  char *label;     /* (nullable) */
  char *features;  /* (nullable) */
  guint64 size;    /* bytes; 0: what is left of the disk */
  guint64 inodes;  /* 0: by the size */
  double reserved; /* percent; 0: as usual, negative: none */
  gboolean grows;  /* with its disk, when the guest first boots */
  gboolean is_inside; /* lies in the holder of its disk, and its extent is counted from there */
  char *lv;           /* (nullable) "VG/LV", where that is a volume group */
  gboolean is_encrypted; /* of a holder */
  char *group;           /* (nullable) of a holder: the volume group's name */
} DomuimgPart;

/* What LVM's metadata takes, and what its volumes are multiples of. */
#define DOMUIMG_LVM_HEAD ((guint64) 1 << 20)
#define DOMUIMG_LVM_EXTENT ((guint64) 4 << 20)

void domuimg_part_free (DomuimgPart *self);

/* Where a part lies on its disk, in bytes. */
typedef struct {
  guint64 offset;
  guint64 length;
} DomuimgExtent;

/* A partition table to be written. */
typedef struct {
  const char *uuid;          /* of the disk; a DOS table has its first four bytes */
  const char *architecture;  /* "amd64", for the type of the root */
  const GPtrArray *parts;    /* (element-type DomuimgPart) of this disk */
  const DomuimgExtent *extents; /* of each */
} DomuimgTable;

typedef struct {
  guint64 step; /* sizes and places are multiples of it */
  guint64 head; /* bytes before the first part ... */
  guint64 tail; /* ... and behind the last */
  guint max_parts;
  gboolean has_esp;  /* unless it is said otherwise */
  gboolean has_bios; /* GRUB's image has a partition of its own */
  gboolean (*write) (const DomuimgTable *table, const DomuimgRegion *disk, GError **error);
} DomuimgLayout;

/* The rows, each in the file of its layout. */
extern const DomuimgLayout domuimg_layout_none;
extern const DomuimgLayout domuimg_layout_gpt;
extern const DomuimgLayout domuimg_layout_mbr;

const DomuimgLayout *domuimg_layout_find (DomuimgLayoutKind kind);
/* Bytes of a disk of @size, in whole steps. */
guint64 domuimg_layout_round_size (const DomuimgLayout *self, guint64 size);
/* Bytes of a disk with @parts (element-type DomuimgPart), whose part without a size has @rest. What is inside of
 * a holder comes behind it, and the holder is the last one in the table. */
guint64 domuimg_layout_add_up (const DomuimgLayout *self, const GPtrArray *parts, guint64 rest);
/* Where each of @parts lies on a disk of @size, one behind another; the one without a size takes what
 * is left. FALSE where that is nothing. */
gboolean domuimg_layout_place (const DomuimgLayout *self, const GPtrArray *parts, guint64 size,
                               DomuimgExtent *extents);

/* (nullable) What systemd calls the type of a root's partition on a GPT: "root-x86-64". */
const char *domuimg_layout_gpt_name_root (const char *architecture);

/* Writes a partition table of libfdisk's kind @name, "gpt" or "dos", in which @types are those of the
 * parts, and the one at @active (-1: none) is to be booted from. */
gboolean domuimg_table_write (const DomuimgTable *self, const char *name, const char *disk_id,
                              const char *const *types, int active, const DomuimgRegion *disk,
                              GError **error);
/* Makes the table that is on @disk, a whole file that has become larger, one for its new size, and
 * partition @number, which must be the last, as long as it can be. */
gboolean domuimg_table_grow (const DomuimgRegion *disk, guint number, DomuimgExtent *extent,
                             GError **error);
/* Where the last partition may end on a disk of @size with a table of this kind, "gpt" or "dos". */
guint64 domuimg_table_round_end (const char *table, guint64 size);
/* Makes the table in the file of @disk one for the length of @disk, which is less than that of the file,
 * and gives partition @number, which must be the last, @length bytes. */
gboolean domuimg_table_shrink (const DomuimgRegion *disk, guint number, guint64 length,
                               GError **error);
