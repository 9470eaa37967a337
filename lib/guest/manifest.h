/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "domuimg/types.h"
#include "lib/base/base.h"

/* The manifest, NAME.json: what was made for a guest, from what, and where it is. This is the only
 * place that knows its format; what a newer version wrote into it stays when it is written again.
 * Strings are NULL where the manifest has null or nothing. */

typedef struct {
  guint number;
  gint64 size;       /* bytes */
  char *fs, *uuid, *mount;
} DomuimgManifestPart;

/* The image that an overlay lies over, as it was when the overlay was made. */
typedef struct {
  char *path;
  char *digest;      /* its label (base/label.h), by which it is told whether it is still the same */
  gint64 mtime;      /* seconds since 1970 */
  gint64 size;       /* bytes of the file */
} DomuimgManifestBase;

typedef struct {
  char *path;
  char *kind;        /* where it lives: "file"; NULL in manifests before there were kinds */
  char *format;      /* "raw", "qcow2", "xva" */
  char *vdev;
  gint64 size;       /* bytes, as the guest sees it */
  char *fs, *uuid;   /* of the filesystem that was made in it; of several, that of the root */
  GPtrArray *parts;  /* (element-type DomuimgManifestPart) partitions, while it is made only */
  char *from;        /* a disk that was converted, in the format @from_format */
  char *from_format;
  char *volume;      /* the ID of a volume that was made for it */
  char *backing;     /* of an overlay: what it needs beside itself */
  DomuimgManifestBase *base; /* (nullable) of a clone that shares the bytes of what it was made of */
  JsonObject *json;  /* as it was read; (nullable) it was not */
} DomuimgManifestDisk;

typedef struct {
  char *mac, *bridge, *address;
  char *network; /* that a card of a machine that was converted was on */
  char *pool;    /* the file of the pool that @address is of (base/addresses.h), and what it is given to */
  char *lease;
} DomuimgManifestNic;

/* What a storage pool of libvirt's has of the guest. */
typedef struct {
  char *path;    /* on its host */
  char *address; /* "URI#POOL/VOLUME" */
  char *id;      /* of a volume; NULL: a file of this host, which the pool shows */
} DomuimgManifestVolume;

typedef struct {
  char *policy;
  char *from;        /* "guest", "host" or "file" */
  char *version;
  char *reason;
  char *path;        /* of the copy outside of the guest */
  char *ramdisk;     /* likewise */
  char *loader;      /* "direct", "pvgrub", "pygrub", "firmware" */
  char *loader_path;
} DomuimgManifestKernel;

/* What is written beside a guest about its files. */
typedef enum {
  DOMUIMG_DOCUMENT_REASONS,   /* why each is there */
  DOMUIMG_DOCUMENT_SPDX,      /* a bill of materials */
  DOMUIMG_DOCUMENT_CYCLONEDX, /* likewise */
  DOMUIMG_DOCUMENT_N,
} DomuimgDocument;

/* What a guest that has yet to be installed is first started with. */
typedef struct {
  char *config;      /* paths; NULL where no installer was made */
  char *kernel;
  char *ramdisk;
  char *cmdline;
  char *name;        /* of what it installs, for a person */
} DomuimgManifestInstaller;

typedef struct {
  char *domuimg;     /* the version that wrote it */
  char *name, *uuid;
  DomuimgGuestType type;
  guint memory, maxmem; /* MiB */
  guint vcpus;
  char *source;
  char *made;        /* when, as ISO 8601 in UTC */
  char *directory;   /* that relative paths of @spec are of */
  gboolean converted; /* from another hypervisor's machine: @system and @unused are known */
  char *system;
  gint64 unused;     /* bytes of its disks that were left out */
  char *verdict;     /* of the check of what was made: "boots", "fails", "unknown" */
  JsonNode *check;   /* its report */
  DomuimgManifestKernel kernel;
  DomuimgManifestInstaller installer;
  GPtrArray *disks;  /* (element-type DomuimgManifestDisk) the one with the root first */
  GPtrArray *nics;   /* (element-type DomuimgManifestNic) */
  GPtrArray *volumes; /* (element-type DomuimgManifestVolume) */
  char *defined;     /* the URI of the libvirt that knows it */
  char *config, *xml, *manifest; /* paths; of the manifest itself, too */
  char *documents[DOMUIMG_DOCUMENT_N]; /* likewise; each may be NULL */
  char *clone_of;      /* (nullable) the manifest, configuration or image that it is a clone of */
  GPtrArray *identity; /* (element-type utf8) the cleaners (identity.h) that a clone went through */
  GPtrArray *changes;  /* (element-type utf8) in the guest */
  GPtrArray *warnings; /* (element-type utf8) */
  JsonNode *spec;    /* (nullable) the specification: each key with its value or values */
  JsonObject *json;  /* as it was read; (nullable) it was not */
} DomuimgManifest;

DomuimgManifest *domuimg_manifest_new (void);
void domuimg_manifest_free (DomuimgManifest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgManifest, domuimg_manifest_free)

/* Empty ones, owned by @self. */
DomuimgManifestDisk *domuimg_manifest_add_disk (DomuimgManifest *self);
DomuimgManifestNic *domuimg_manifest_add_nic (DomuimgManifest *self);
DomuimgManifestVolume *domuimg_manifest_add_volume (DomuimgManifest *self);
/* The source of a guest that was made elsewhere, whose manifest came later. */
#define DOMUIMG_MANIFEST_ADOPTED "adopted"
gboolean domuimg_manifest_is_adopted (const DomuimgManifest *self);
/* Whether the kernel and its ramdisk are this guest's alone, and not a file of the host that it was found
 * to start with. */
gboolean domuimg_manifest_owns_kernel (const DomuimgManifest *self);
/* Whether @path is of a volume, and not of a file of this host. */
gboolean domuimg_manifest_is_elsewhere (const DomuimgManifest *self, const char *path);
DomuimgManifestPart *domuimg_manifest_add_part (DomuimgManifestDisk *self);
/* The file @path, as it is now. */
DomuimgManifestBase *domuimg_manifest_base_new (const char *path, GError **error);
void domuimg_manifest_base_free (DomuimgManifestBase *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgManifestBase, domuimg_manifest_base_free)
/* Whether it is so still: BUSY where it was changed, NOT_FOUND where it is gone. */
gboolean domuimg_manifest_base_check (const DomuimgManifestBase *self, GError **error);
/* Gives @self a copy of @base for its own. */
void domuimg_manifest_set_base (DomuimgManifestDisk *self, const DomuimgManifestBase *base);
/* Whether the bases of all disks are as they were: BUSY names one that was changed, NOT_FOUND one that is
 * gone. */
gboolean domuimg_manifest_check_bases (const DomuimgManifest *self, GError **error);

/* The text of the file. */
char *domuimg_manifest_write (const DomuimgManifest *self);
/* NOT_FOUND where there is no such file, CORRUPT_INPUT where it is damaged or something else, with
 * its path; PERMISSION, IO. */
DomuimgManifest *domuimg_manifest_read (const char *path, GError **error);
/* Like domuimg_manifest_read, but a missing file is not an error: *@manifest is then NULL. FALSE on
 * an error. */
gboolean domuimg_manifest_read_if_any (const char *path, DomuimgManifest **manifest,
                                       GError **error);
