/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/spec/disk-kind.h"
#include "lib/spec/layout-spec.h"

/* "4G", "512M", "1.5G", "64K", "2T", "10MiB": powers of 1024. A bare number counts
 * @unit bytes. */
gboolean domuimg_parse_size (const char *text, guint64 unit, guint64 *bytes, GError **error);
/* "a, b or c". */
char *domuimg_join_words (const GPtrArray *words);
gboolean domuimg_parse_bool (const char *text, gboolean *value, GError **error);
/* Prefix length of "ADDRESS/PREFIX" or the family's default; IPv4 or IPv6. */
gboolean domuimg_parse_address (const char *text, char **address, guint *prefix, GError **error);

/* Splits "a=b,c=d" and hands each pair to @take. A first part without "=" is given as the
 * value of @bare. */
typedef gboolean (*DomuimgTakePair) (gpointer into, const char *key, const char *value,
                                     GError **error);
gboolean domuimg_parse_pairs (const char *text, const char *bare, DomuimgTakePair take,
                              gpointer into, GError **error);

/* What of a disk is allocated before there is anything in it. */
typedef enum {
  DOMUIMG_DISK_PREALLOC_NONE,
  DOMUIMG_DISK_PREALLOC_METADATA,
  DOMUIMG_DISK_PREALLOC_FULL
} DomuimgDiskPrealloc;

/* One --disk. */
struct _DomuimgDiskSpec {
  char *path;      /* NULL: NAME.img, NAME-xvdb.img ... in the directory */
  guint64 size;    /* bytes, 0: by the content */
  char *vdev;      /* NULL: the next of xvda, xvdb, ... */
  char *fs;        /* "ext4", ... or "swap" */
  char *label;     /* NULL for none */
  char *mount;     /* of a further disk; NULL: not mounted */
  char *uuid;      /* NULL: a new one */
  char *features;  /* NULL: the usual ones; as mke2fs -O takes them, beside those */
  guint64 inodes;  /* 0: by the size */
  char *volume;    /* POOL/VOLUME of libvirt's */
  char *connect;   /* libvirt's URI; NULL: the usual one */
  const DomuimgDiskKind *format; /* of which it is to be made where that is not its kind; NULL: any */
  char *thin;      /* the pool that a thin volume is made in; NULL: none */
  DomuimgDiskPrealloc prealloc;
  gboolean is_compressed;
  double reserved; /* percent of the blocks, for root; 0: as usual, negative: none */
  gboolean grows;  /* it takes all of a larger disk, when the guest first boots */
  DomuimgLayoutSpec layout;
  char *luks; /* (nullable) file with the passphrase of the container that the root is in */
  char *lvm;  /* (nullable) the volume group that it is in */
  const DomuimgDiskKind *kind;
  gboolean has_content; /* fs, label, mount or inodes was given: it is to be made empty */
  guint64 grown_from;   /* bytes of the disk that it is a larger copy of; 0: it is none */
};

DomuimgDiskSpec *domuimg_disk_spec_parse (const char *text, GError **error);
/* One --partition: what is in it, with the size of the partition. Nothing is said of where it is. */
DomuimgDiskSpec *domuimg_partition_spec_parse (const char *text, GError **error);
/* A disk of which nothing is said. */
DomuimgDiskSpec *domuimg_disk_spec_new (void);
DomuimgDiskSpec *domuimg_disk_spec_copy (const DomuimgDiskSpec *self);
void domuimg_disk_spec_free (DomuimgDiskSpec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgDiskSpec, domuimg_disk_spec_free)

/* One --nic. */
typedef struct {
  char *mac;      /* NULL: a random one */
  char *bridge;   /* NULL: Xen's default */
  char *model;
  char *script;
  char *address;  /* NULL: by DHCP, unless @unmanaged */
  guint prefix;
  gboolean is_v6; /* @address is */
  char *pool;     /* (nullable) of addresses, one of which it gets when it is made: "NET/PREFIX" or a file */
  char *gateway;
  char **dns;     /* never NULL */
  gboolean unmanaged; /* the guest's files are not touched for it */
  gboolean has_ip;    /* ip= was given */
  gboolean is_none;   /* there is to be no interface at all */
  /* These are known of a machine that is converted. */
  char *network;      /* (nullable) the name of the network that the card was on */
  gboolean is_mapped; /* @bridge was given for that network */
  gboolean was_down;  /* it was not connected at power on */
} DomuimgNicSpec;

DomuimgNicSpec *domuimg_nic_spec_parse (const char *text, GError **error);
/* An interface of which nothing is said. */
DomuimgNicSpec *domuimg_nic_spec_new (void);
DomuimgNicSpec *domuimg_nic_spec_copy (const DomuimgNicSpec *self);
void domuimg_nic_spec_free (DomuimgNicSpec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgNicSpec, domuimg_nic_spec_free)

/* One --config or --map-network: what is before and after its "=". */
typedef struct {
  char *key;
  char *value;
} DomuimgPairSpec;

/* @equals points at the "=" in @text. */
DomuimgPairSpec *domuimg_pair_spec_new (const char *text, const char *equals);
void domuimg_pair_spec_free (DomuimgPairSpec *self);
