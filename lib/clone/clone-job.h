/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"
#include "domuimg/spec.h"
#include "lib/base/undo.h"
#include "lib/repair/owned.h"
#include "lib/clone/clone-source.h"
#include "lib/guest/customise.h"
#include "lib/spec/parse.h"

/* One clone: planned in one thread, and made in any. */

typedef struct {
  const char *mac;          /* of the source's card; NULL: it has none */
  char *new_mac;
  DomuimgNicSpec *spec;     /* (nullable) what was asked for; an address of a pool comes when it is made */
  char *lease;              /* (nullable) what that is given to */
} DomuimgCloneNic;

typedef struct _DomuimgCloneVerdicts DomuimgCloneVerdicts;

typedef struct {
  const DomuimgCloneSource *source; /* (unowned) */
  DomuimgCloneVerdicts *verdicts;   /* (unowned) */
  DomuimgSpec *spec;
  const DomuimgCopyWay *const *ways; /* (unowned) for each disk of the source */
  guint64 cleaners;
  char *name, *uuid;
  char *directory;         /* of images, the manifest and libvirt's XML */
  char *config_path, *xml_path, *manifest_path, *seed_path; /* (nullable), but for the manifest */
  char *kernel_path, *ramdisk_path; /* (nullable) */
  GPtrArray *paths;        /* (element-type utf8) of the disks */
  GPtrArray *nics;         /* of DomuimgCloneNic */
  GPtrArray *uuids;        /* of DomuimgCloneUuid */
  const GPtrArray *addresses; /* (unowned) (element-type utf8) which no pool may give it; NULL at the end */
  GPtrArray *changes, *warnings; /* (element-type utf8) */
  DomuimgManifest *replaced; /* (nullable) of the guest that was made under this name before */
  char *replaced_label;    /* (nullable) of its file, from before it was read */
  char *root_password;     /* (nullable) that was made */
  DomuimgReport *report;   /* (nullable) what a check said of it; NULL, too, without a configuration */
  gboolean has_seed, has_xml;
} DomuimgCloneJob;

typedef struct {
  const DomuimgCopyWay *const *ways;
  DomuimgCloneVerdicts *verdicts;
  guint64 cleaners;
  GHashTable *taken; /* a set of files, UUIDs and addresses that other clones have */
  const DomuimgOwned *owned; /* (unowned) */
  GPtrArray *addresses;      /* (element-type utf8) of other guests, and those given to clones by hand */
  GHashTable *pools;         /* (element-type utf8 guint) of addresses: how many are to be given out */
} DomuimgClonePlan;

/* What is wrong with it is known here, before anything is made. */
DomuimgCloneJob *domuimg_clone_job_plan (const DomuimgCloneSource *source, DomuimgSpec *spec,
                                         const DomuimgClonePlan *plan, GError **error);
void domuimg_clone_job_free (DomuimgCloneJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCloneJob, domuimg_clone_job_free)

/* (element-type utf8) (transfer container) All files that it may have. */
GPtrArray *domuimg_clone_job_list_results (const DomuimgCloneJob *self);

/* What a clone keeps of the guest that it replaces (clone-replaced.c). NOT_SUPPORTED where something of that
 * guest would be left behind. */
gboolean domuimg_clone_job_read_replaced (DomuimgCloneJob *self, GError **error);
const DomuimgManifestNic *domuimg_clone_job_get_replaced_nic (const DomuimgCloneJob *self, guint nic);
/* Gives its cards addresses of their pools, and those of the guest that it replaces back with the commit. */
gboolean domuimg_clone_job_lease (DomuimgCloneJob *self, DomuimgUndo *undo, GError **error);

/* A clone would be made of itself (clone-check.c). */
gboolean domuimg_clone_job_check_is_other (DomuimgCloneJob *self, GError **error);
/* Whether the files that it reads are there, and its values are valid. */
gboolean domuimg_clone_job_check (DomuimgCloneJob *self, GError **error);

/* All of it or nothing, as one transaction. */
gboolean domuimg_clone_job_run (DomuimgCloneJob *self, GCancellable *cancellable, GError **error);

/* The disks of a clone while they are made (clone-disks.c). */
typedef struct {
  GPtrArray *places;  /* (element-type utf8) where they are until the commit */
  GPtrArray *regions; /* (element-type DomuimgRegion) */
  GPtrArray *images;  /* (element-type DomuimgImage) those that another Linux opens, while trees are open */
} DomuimgCloneDisks;

gboolean domuimg_clone_disks_begin (DomuimgCloneJob *self, DomuimgCloneDisks *disks,
                                    GCancellable *cancellable, GError **error);
/* The files of the guest, in its new disks; NULL without an error where there are none. */
DomuimgTree *domuimg_clone_disks_open (DomuimgCloneJob *self, DomuimgCloneDisks *disks,
                                       GPtrArray *trees, GError **error);
gboolean domuimg_clone_disks_end (DomuimgCloneJob *self, DomuimgCloneDisks *disks, GError **error);

/* What is changed in the guest's files (clone-customise.c). */
gboolean domuimg_clone_customise (DomuimgCloneJob *self, DomuimgTree *tree, const char *seed,
                                  GCancellable *cancellable, GError **error);

/* The texts of the configuration (nullable), of libvirt's XML (nullable) and of the manifest
 * (clone-config.c). */
gboolean domuimg_clone_write_config (DomuimgCloneJob *self, char **config, char **xml,
                                     DomuimgDomain **domain, GError **error);
char *domuimg_clone_write_manifest (DomuimgCloneJob *self, DomuimgDomain *domain);
