/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "domuimg/result.h"
#include "domuimg/spec.h"
#include "lib/disk/layout.h"
#include "lib/guest/manifest-find.h"
#include "lib/kernel/select.h"
#include "lib/source/source.h"
#include "lib/spec/kernel-policy.h"
#include "lib/spec/parse.h"
#include "lib/spec/seed-spec.h"
#include "lib/spec/spec-keys.h"
#include "lib/xen/profile.h"

/* A specification with every choice made that can be made without work. */
struct _DomuimgPlan {
  GObject parent_instance;

  DomuimgSpec *spec; /* the plan's own */
  char *name;
  char *uuid;
  const DomuimgSourceType *source_type;
  DomuimgSource *source;
  DomuimgImport *import; /* (unowned) (nullable) the machine whose disks the source gives */
  const DomuimgInstaller *installer; /* (nullable) that the source gives: the disks stay empty */
  DomuimgGuestType type;
  DomuimgKernelSpec *kernel;
  guint memory; /* MiB */
  guint maxmem; /* MiB */
  guint vcpus;
  GPtrArray *disks; /* of DomuimgDiskSpec: paths absolute, vdevs given */
  GPtrArray *parts; /* of DomuimgPart: what is on the disks; none of disks that are converted */
  GPtrArray *nics;  /* of DomuimgNicSpec: MACs and bridges given */
  GPtrArray *notes; /* of char *: what the guest will not have of what it is made from */
  char *archive_path; /* (nullable) an XVA of all, in place of images and configurations */
  char *config_path;  /* (nullable) */
  char *xml_path;     /* (nullable) */
  char *manifest_path;
  char *document_paths[DOMUIMG_DOCUMENT_N]; /* each (nullable) */
  char *kernel_path;  /* (nullable) where none is copied out */
  char *ramdisk_path; /* likewise */
  /* (nullable) The guest while it is installed: what starts the installer, which lies beside. */
  char *install_config_path;
  char *install_kernel_path;
  char *install_ramdisk_path;
  const DomuimgSeedSpec *seed; /* (unowned) (nullable) what cloud-init or Ignition is to read */
  gboolean seed_is_asked;      /* it is made even if nothing in the guest reads it */
  char *seed_path;    /* (nullable) */
  char *seed_vdev;    /* (nullable) */
  gboolean has_files_elsewhere; /* these are paths of the host that the disk is on */
  DomuimgProfile *profile; /* (nullable) of the host that it is for; NULL: this machine */
  gboolean force;
  DomuimgManifest *replaced; /* (nullable) of the guest that this one replaces */
};

/* What a rehearsal of a plan has found. */
typedef struct {
  DomuimgGuestType type;
  GPtrArray *changes;        /* (element-type utf8) in the guest */
  GPtrArray *warnings;       /* (element-type utf8) */
  const char *system;        /* (nullable) of the machine */
  const char *kernel_reason; /* (nullable) */
  const char *verdict;
} DomuimgFound;

/* The source that @spec asks for, with nothing done yet. */
DomuimgSource *domuimg_plan_make_source (DomuimgSpec *spec, GError **error);
/* What @source has to download is there. Nothing of a plan changes after this. */
DomuimgPlan *domuimg_plan_new (DomuimgSpec *spec, DomuimgSource *source, GError **error);
/* For a person, and as JSON; @found (nullable) without a rehearsal. */
char *domuimg_plan_describe (DomuimgPlan *self, const DomuimgFound *found);
char *domuimg_plan_describe_json (DomuimgPlan *self, const DomuimgFound *found);
const DomuimgDiskSpec *domuimg_plan_get_disk (DomuimgPlan *self, guint i);
/* What is said of how the disk is divided, and that layout. */
const DomuimgLayoutSpec *domuimg_plan_get_layout_spec (DomuimgPlan *self, guint disk);
const DomuimgLayout *domuimg_plan_get_layout (DomuimgPlan *self, guint disk);
/* (element-type DomuimgPart) (transfer container) Those of one disk. */
GPtrArray *domuimg_plan_list_parts (DomuimgPlan *self, guint disk);
/* (nullable) The first with this role. */
const DomuimgPart *domuimg_plan_find_part (DomuimgPlan *self, DomuimgPartRole role);
/* What the guest's Linux calls it, "xvda3". */
char *domuimg_plan_name_part (DomuimgPlan *self, const DomuimgPart *part);
/* (nullable) What the guest maps its encrypted disk to, "xvda3_crypt". */
char *domuimg_plan_name_container (DomuimgPlan *self);
/* Whether a BIOS is to start the first disk, and whether any firmware is. */
gboolean domuimg_plan_has_bios (DomuimgPlan *self);
gboolean domuimg_plan_has_menu (DomuimgPlan *self);
/* (transfer container) (element-type filename) The paths of all that is made, disks first; the strings are the
 * plan's. */
GPtrArray *domuimg_plan_list_results (DomuimgPlan *self);
/* The guest that --force replaces, where there is one; its manifest may be damaged. */
gboolean domuimg_plan_read_replaced (DomuimgPlan *self, GError **error);
/* The UUID and MAC addresses that nobody has given are those of the guest that is replaced, unless
 * builds are to be reproducible. */
char *domuimg_plan_find_uuid (DomuimgPlan *self);
const char *domuimg_plan_get_replaced_mac (DomuimgPlan *self, guint i);
/* Adds a line for each file of the guest that is replaced that no longer is any guest's. */
void domuimg_plan_list_left (DomuimgPlan *self, GPtrArray *lines);
/* Random, but the same again for the same guest and @what where builds are to be reproducible. */
char *domuimg_plan_make_uuid (DomuimgPlan *self, const char *what);
/* Whether results must be the same for the same input: SOURCE_DATE_EPOCH is set. */
gboolean domuimg_plan_is_reproducible (void);
/* The Xen that the guest is for. */
DomuimgXenVersion domuimg_plan_get_xen (DomuimgPlan *self);
/* What its kernel is to start there. */
DomuimgKernelTarget domuimg_plan_get_target (DomuimgPlan *self);
/* @key's value, or @fallback. */
const char *domuimg_plan_get (DomuimgPlan *self, const char *key, const char *fallback);
