/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/domain.h"
#include "lib/guest/customise.h"
#include "lib/guest/manifest.h"
#include "lib/image/image.h"
#include "lib/spec/disk-kind.h"

/* What clones are made of: a guest with its configuration, or an image alone. It is read once, whatever
 * number of clones there are, and not changed. */

typedef struct {
  char *vdev;
  DomuimgImage *image;
  DomuimgDiskOriginal original; /* its texts and bytes are the image's */
  DomuimgManifestBase *base;    /* as it was before its first byte was read */
  const DomuimgDiskKind *kind;
  int index;                    /* among the domain's disks; -1 without a domain */
} DomuimgCloneDisk;

/* A filesystem of the guest, and where it is mounted. */
typedef struct {
  guint disk;
  const DomuimgVolume *volume; /* (unowned) */
  char *point;                 /* without a slash in front; "": the root, which is the first one */
  gboolean is_direct;          /* it is written to where it lies in the disk's bytes */
} DomuimgCloneMount;

typedef struct {
  char *name;                /* as it was given */
  char *path;                /* of the guest's manifest or configuration, or of the image; absolute */
  char *config_text;         /* (nullable) of the guest's configuration */
  DomuimgDomain *domain;     /* (nullable) what that means */
  DomuimgManifest *manifest; /* (nullable) */
  GPtrArray *disks;          /* of DomuimgCloneDisk: what is copied */
  GPtrArray *mounts;         /* of DomuimgCloneMount; empty where no system was found */
  char *seed_path;           /* (nullable) a seed of the guest's, which clones do not share */
  GPtrArray *notes;          /* (element-type utf8) what clones will not have, for each of them */
} DomuimgCloneSource;

/* @what: a guest's name, the path of its manifest or configuration, or that of an image; @dir (nullable):
 * where a guest of that name was made. BUSY where a disk is in use. */
DomuimgCloneSource *domuimg_clone_source_open (const char *what, const char *dir, GError **error);
/* The same of the image @path alone. */
DomuimgCloneSource *domuimg_clone_source_open_image (const char *path, GError **error);
void domuimg_clone_source_free (DomuimgCloneSource *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCloneSource, domuimg_clone_source_free)

/* Finds where the guest's filesystems are (clone-mounts.c). */
gboolean domuimg_clone_source_find_mounts (DomuimgCloneSource *self, GError **error);
/* What is given a UUID of its own (clone-uuids.c). */
typedef struct {
  guint disk;
  const DomuimgVolume *volume; /* (unowned) with the old ones */
  char *uuid;                  /* (nullable) of its filesystem */
  char *partuuid;              /* (nullable) of the partition */
} DomuimgCloneUuid;

void domuimg_clone_uuid_free (DomuimgCloneUuid *self);
/* (element-type DomuimgCloneUuid) Nothing without such a cleaner. Adds to @notes what stays as it is; NOT_SUPPORTED
 * where the guest would not start any more. */
GPtrArray *domuimg_clone_source_plan_uuids (const DomuimgCloneSource *self, guint64 cleaners, GPtrArray *notes,
                                            GError **error);
/* Those of a disk, whose @bytes are open for writing. */
gboolean domuimg_clone_uuids_set (const GPtrArray *uuids, guint disk, DomuimgRegion *bytes, GError **error);
/* That the guest's files are to name them. */
void domuimg_clone_uuids_tell (const GPtrArray *uuids, DomuimgCustomise *customise);
/* @text with those in place of the old ones. */
char *domuimg_clone_uuids_apply (const GPtrArray *uuids, const char *text);
/* (nullable) */
const DomuimgCloneUuid *domuimg_clone_uuids_find (const GPtrArray *uuids, const DomuimgVolume *volume);

/* (nullable) The kernel, or with @ramdisk its initramfs, that is the guest's own and not a file of the
 * host, of which each clone gets its own. */
const char *domuimg_clone_source_get_own (const DomuimgCloneSource *self, gboolean ramdisk);
