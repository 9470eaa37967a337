/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/spec/spec-keys.h"
#include "lib/tree/tree.h"

/* Makes a guest's files fit the guest that is wanted: an ordered table of steps over any
 * tree. Nothing of the guest is run, and a second run changes nothing. */

typedef struct {
  char *spec;        /* "UUID=..." */
  char *mount_point; /* absolute */
  char *fs;          /* "ext4", "swap", ... */
  char *options;     /* nullable: "defaults" */
} DomuimgGuestMount;

/* A filesystem that takes all of its disk when the guest first boots. */
typedef struct {
  char *uuid;
  char *mount_point;
  char *fs;
  gboolean has_partition; /* the last of its disk, which grows first */
  const char *root_type;  /* (nullable) of a root's partition, by which systemd knows it */
} DomuimgGuestGrowth;

typedef enum {
  DOMUIMG_GUEST_NIC_DHCP,
  DOMUIMG_GUEST_NIC_STATIC,
  DOMUIMG_GUEST_NIC_NONE, /* there, but left down */
} DomuimgGuestNicMode;

typedef struct {
  char *mac; /* "00:16:3e:xx:xx:xx" */
  DomuimgGuestNicMode mode;
  char *address;    /* of STATIC: "192.0.2.10/24"; nullable if @address6 is there */
  char *gateway;    /* nullable */
  char *address6;   /* nullable: "2001:db8::10/64", in addition to either mode */
  char *gateway6;   /* nullable */
  GPtrArray *dns;   /* (element-type utf8): addresses */
  char *dns_search; /* nullable: domains, separated by spaces */
} DomuimgGuestNic;

/* A name of something that is another one now: it is replaced wherever the guest's files have it. */
typedef struct {
  char *old, *new;
} DomuimgGuestRenamed;

typedef enum {
  DOMUIMG_ROOT_PASSWORD_KEEP,
  DOMUIMG_ROOT_PASSWORD_HASH,
  DOMUIMG_ROOT_PASSWORD_LOCK,
} DomuimgRootPassword;

typedef struct {
  DomuimgGuestType type; /* PV and PVH talk on hvc0, HVM on ttyS0 */
  char *hostname;        /* nullable: kept; a name, with or without its domain */
  char *root_uuid;       /* nullable: fstab and crypttab are left alone */
  char *root_spec;       /* nullable: in place of @root_uuid, for what has none: "/dev/xvda" */
  char *root_fs;         /* "ext4" */
  gboolean is_read_only; /* the root: what is written to goes into memory */
  char *crypt_name;      /* nullable: what the disk with the root, encrypted, is mapped to ... */
  char *crypt_uuid;      /* ... and its UUID */
  GPtrArray *mounts;     /* (element-type DomuimgGuestMount) */
  GPtrArray *growths;    /* (element-type DomuimgGuestGrowth) */
  GPtrArray *nics;       /* (element-type DomuimgGuestNic); none: network files are kept */
  gboolean has_seeded_network; /* cloud-init writes network files, for a tool that has to run */
  DomuimgRootPassword root_password;
  char *root_password_hash;   /* crypt(3) text, for HASH */
  gboolean root_password_expired; /* it is to be changed at the first login */
  GPtrArray *authorized_keys; /* (element-type utf8): lines of authorized_keys, for root */
  char *locale;               /* nullable: "de_DE.UTF-8" */
  char *timezone;             /* nullable: "Europe/Berlin" */
  char *keymap;               /* nullable: "de" */
  char *kernel_version;       /* nullable: the newest in the guest's /lib/modules */
  gboolean all_consoles;      /* it may run as any type: a login on hvc0 and on ttyS0 */
  gboolean device_nodes;      /* for guests without devtmpfs */
  gboolean fresh_identity;    /* machine-id, seeds, leases */
  DomuimgHostKeys host_keys;
  gboolean is_clone;          /* of a guest: only what tells it from its copies is changed */
  guint64 cleaners;           /* a set of them (identity.h) */
  GPtrArray *macs;            /* (element-type DomuimgGuestRenamed) of cards */
  GPtrArray *uuids;           /* (element-type DomuimgGuestRenamed) of filesystems */
  gboolean forgets_macs;      /* network files go by any Ethernet card */
} DomuimgCustomise;

DomuimgCustomise *domuimg_customise_new (void);
void domuimg_customise_free (DomuimgCustomise *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCustomise, domuimg_customise_free)

DomuimgGuestMount *domuimg_customise_add_mount (DomuimgCustomise *self, const char *spec,
                                                const char *mount_point, const char *fs,
                                                const char *options);
/* Whether @path is on one of the mounts. */
gboolean domuimg_customise_has_disk_at (const DomuimgCustomise *self, const char *path);
/* A filesystem that is all of a disk; the caller changes the rest. Owned by @self. */
DomuimgGuestGrowth *domuimg_customise_add_growth (DomuimgCustomise *self, const char *uuid,
                                                  const char *mount_point, const char *fs);
/* A NIC by DHCP; the caller changes the rest. Owned by @self. */
DomuimgGuestNic *domuimg_customise_add_nic (DomuimgCustomise *self, const char *mac);

void domuimg_customise_add_mac (DomuimgCustomise *self, const char *old, const char *new);
void domuimg_customise_add_uuid (DomuimgCustomise *self, const char *old, const char *new);

/* INVALID_ARGUMENT for a value that would break, or break out of, the file it goes to. */
gboolean domuimg_customise_validate (const DomuimgCustomise *self, GError **error);

/* @changes (element-type utf8, nullable) gets one line for each change, for the manifest;
 * what could not be done as wished is a line that starts with "warning: ". */
gboolean domuimg_customise_run (const DomuimgCustomise *self, DomuimgTree *tree,
                                GPtrArray *changes, GCancellable *cancellable, GError **error);

/* One that nobody guesses; freed with what it said. */
char *domuimg_password_new (GError **error);
void domuimg_password_free (char *password);
/* crypt(3) text of @password: SHA-512 with a random salt. INVALID_ARGUMENT for an empty
 * password, or one with a newline. */
char *domuimg_password_hash (const char *password, GError **error);
