/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"
#include "domuimg/domain.h"
#include "domuimg/kernel.h"
#include "lib/boot/menu.h"
#include "lib/domain/xl/file.h"
#include "lib/guest/guest-info.h"
#include "lib/image/image.h"
#include "lib/kernel/initramfs.h"
#include "lib/kernel/select-builtin.h"
#include "lib/xen/version.h"
#include "lib/tree/tree.h"

/* What repairs have changed so far, see repair.h. */
typedef struct _DomuimgRepairWork DomuimgRepairWork;

/* The guest as its Linux will find it, put together from its configuration and images, for the
 * rules to look at. Built in the order of the fields; a rule must expect any pointer to be NULL
 * where what came before it was broken (and then already reported). */

/* A block device of the guest. */
typedef struct {
  char *name;                   /* as the guest's Linux calls it: "xvda", "xvda1", "xvda2" */
  DomuimgDomainDisk *disk;      /* (unowned) */
  DomuimgImage *image;          /* (unowned) (nullable) the image could not be opened */
  const DomuimgVolume *volume;  /* (unowned) (nullable) a whole disk with a partition table */
  DomuimgTree *tree;            /* (nullable) its files, once domuimg_machine_open_tree opened it */
  gboolean broken;              /* its tree could not be opened, and that is reported */
} DomuimgCheckDevice;

/* What is loaded, wherever the loader took it from. */
typedef struct {
  DomuimgLoader loader;
  gboolean reads_all;           /* pygrub is domuimg-bootloader, which reads every menu */
  char *kernel_path;            /* (nullable) on the host, or in the guest where @in_guest */
  GPtrArray *initrd_paths;      /* (element-type utf8) likewise */
  gboolean in_guest;            /* they lie in the guest: pvgrub, pygrub, firmware */
  char *cmdline;                /* what the kernel will get; "" if nothing */
  DomuimgKernel *kernel;        /* (nullable) could not be read, reported */
  DomuimgInitramfs *initramfs;  /* (nullable) none, or could not be read */
  DomuimgMenu *menu;            /* (nullable) of pvgrub, pygrub and firmware */
  const DomuimgMenuEntry *entry; /* (nullable) the one that will be taken */
} DomuimgCheckBoot;

typedef struct {
  DomuimgXenVersion xen;
  char *path;                   /* of the configuration, or with --image of the image */
  DomuimgXlFile *config;        /* (nullable) with --image */
  DomuimgDomain *domain;        /* never NULL: with --image made from the options */
  DomuimgGuestType type;        /* PV, PVH or HVM */
  gboolean type_is_chosen;      /* --image without --type: chosen to suit the kernel */
  GPtrArray *images;            /* (element-type DomuimgImage) by disk, NULL where it failed */
  GPtrArray *devices;           /* (element-type DomuimgCheckDevice) */
  DomuimgCheckBoot boot;
  DomuimgCheckDevice *root;     /* (unowned) (nullable) what root= means */
  DomuimgTree *tree;            /* (unowned) (nullable) the files of @root */
  DomuimgCheckDevice *boot_device; /* (unowned) (nullable) a separate /boot */
  DomuimgTree *boot_tree;       /* (unowned) (nullable) its files */
  DomuimgGuestInfo *info;       /* (nullable) with @tree */
  DomuimgBuiltin *builtin;      /* (nullable) of the kernel, once asked for */
  DomuimgReport *report;        /* what the rules find goes here */
  GHashTable *open;             /* (unowned) (nullable) see domuimg_check_use_images */
  DomuimgRepairWork *work;      /* (unowned) (nullable) between repairs: files are as it has them */
  GCancellable *cancellable;    /* (nullable) */
} DomuimgMachine;

/* Images that are open, by the path under which the configuration has them (element-type filename
 * DomuimgImage): they are looked into in place of what is there. They stay the caller's. */
void domuimg_check_use_images (DomuimgCheck *self, GHashTable *images);

DomuimgMachine *domuimg_machine_new (void);
void domuimg_machine_free (DomuimgMachine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgMachine, domuimg_machine_free)

/* The files of a device (unowned), opened on first use; NULL where that cannot be done, which is
 * reported once. */
DomuimgTree *domuimg_machine_open_tree (DomuimgMachine *self, DomuimgCheckDevice *device);
/* The device that holds an operating system (the first such), NULL where there is none. */
DomuimgCheckDevice *domuimg_machine_guess_root (DomuimgMachine *self);
/* A device by what a guest may call it: "/dev/xvda1", "UUID=…", "LABEL=…", "PARTUUID=…",
 * "PARTLABEL=…", "/dev/disk/by-uuid/…" and its kin, "/dev/VG/LV", "/dev/mapper/VG-LV"; NULL where
 * there is none such. */
DomuimgCheckDevice *domuimg_machine_find_device (DomuimgMachine *self, const char *spec);
/* Value of the last KEY=VALUE on the kernel's command line, NULL where there is none ("" for a
 * lone KEY); quotes as Linux reads them. */
char *domuimg_machine_get_parameter (DomuimgMachine *self, const char *key);
/* (element-type utf8) all values of KEY=VALUE, in order, as of console=. */
GPtrArray *domuimg_machine_list_parameter (DomuimgMachine *self, const char *key);
/* Whether the kernel has the module built in (by @option, "CONFIG_…") or in its initramfs. */
gboolean domuimg_machine_has_driver (DomuimgMachine *self, const char *module, const char *option);
/* Whether anything tells what the kernel has built in. */
gboolean domuimg_machine_knows_drivers (DomuimgMachine *self);
