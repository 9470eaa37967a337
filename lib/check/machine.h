/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"
#include "domuimg/domain-config.h"
#include "lib/domain/xl/file.h"
#include "lib/guest/application.h"
#include "lib/guest/boot.h"
#include "lib/guest/guest-info.h"
#include "lib/guest/manifest.h"
#include "lib/image/devices.h"
#include "lib/repair/work.h"
#include "lib/tree/tree.h"
#include "lib/xen/profile.h"
#include "lib/xen/version.h"

/* What somebody has just made, see run.h. */
typedef struct _DomuimgMade DomuimgMade;

/* MAX_GUEST_CMDLINE of Xen's public headers: what a PV guest's start_info has room for. */
#define DOMUIMG_PV_CMDLINE_ROOM 1024

/* The guest as its Linux will find it, put together from its configuration and images, for the
 * rules to look at. Built in the order of the fields; a rule must expect any pointer to be NULL
 * where what came before it was broken (and then already reported). */

typedef struct {
  DomuimgXenVersion xen;
  const DomuimgProfile *profile; /* (unowned) (nullable) of the host that it is to run on */
  GPtrArray *unlooked;          /* (element-type utf8) what depends on a host that is not known */
  char *path;                   /* of the configuration, or with --image of the image */
  DomuimgManifest *manifest;    /* (nullable) what was made, where that was written down */
  gboolean allow_backing;       /* of images: files outside of their directories */
  GPtrArray *luks_keys;         /* (unowned) (nullable) (element-type DomuimgLuksKey) */
  gboolean is_image;            /* there is no configuration, only an image and options */
  DomuimgConfigFormat format;   /* of the configuration */
  DomuimgXlFile *config;        /* (nullable) where the configuration is an xl.cfg */
  DomuimgDomain *domain;        /* never NULL while rules run */
  const DomuimgMade *made;      /* (unowned) (nullable) it has just been made, and is open */
  DomuimgGuestType type;        /* PV, PVH or HVM */
  gboolean type_is_chosen;      /* --image without --type: chosen to suit the kernel */
  GPtrArray *images;            /* (element-type DomuimgImage) that can be read, in their order */
  GPtrArray *opened;            /* those that are ours */
  GPtrArray *devices;           /* (element-type DomuimgDevice) */
  DomuimgGuestBoot boot;
  DomuimgInitramfs *ahead;      /* (nullable) of @boot, before its rule has looked at it */
  GError *ahead_error;          /* (nullable) why it could not be read */
  const char *ahead_unopened;   /* (nullable) which part of it could not be opened */
  gboolean installs;            /* an installer is started, which brings what it needs itself */
  DomuimgDevice *root;          /* (unowned) (nullable) what root= means */
  gboolean root_is_elsewhere;   /* what root= means is not one of @devices */
  DomuimgTree *tree;            /* (unowned) (nullable) the files of @root */
  DomuimgTree *whole;           /* (nullable) the same with a /usr that the initramfs mounts */
  DomuimgDevice *boot_device; /* (unowned) (nullable) a separate /boot */
  DomuimgTree *boot_tree;       /* (unowned) (nullable) its files */
  DomuimgDevice *unread;        /* (unowned) (nullable) has a menu, where its loader cannot look */
  DomuimgGuestInfo *info;       /* (nullable) with @tree */
  DomuimgApplication *application; /* (nullable) all that the guest runs, by an init of ours */
  DomuimgReport *report;        /* what the rules find goes here */
  DomuimgRepairWork *work;      /* (unowned) (nullable) between repairs: files are as it has them */
  GCancellable *cancellable;    /* (nullable) */
} DomuimgMachine;

DomuimgMachine *domuimg_machine_new (void);
/* The Xen that a guest is to run on: what was asked for, else what the host's profile (nullable) says. */
DomuimgXenVersion domuimg_machine_choose_xen (const DomuimgProfile *profile, DomuimgXenVersion asked);
void domuimg_machine_free (DomuimgMachine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgMachine, domuimg_machine_free)

/* Where the file of the host @path, as the domain names it, is to be read (unowned). */
const char *domuimg_machine_where (DomuimgMachine *self, const char *path);
/* The files of a device (unowned), opened on first use; NULL where that cannot be done, which is
 * reported once. */
DomuimgTree *domuimg_machine_open_tree (DomuimgMachine *self, DomuimgDevice *device);
/* The device that holds an operating system (the first such), NULL where there is none. */
DomuimgDevice *domuimg_machine_guess_root (DomuimgMachine *self);
/* Whether @path, as the loader names it, is the file @known of the guest (nullable); without a loader
 * that looks into the guest, any is. */
gboolean domuimg_machine_is_same_file (DomuimgMachine *self, const char *path, const char *known);
/* Whether the disk with this number, from 0, could be read. */
gboolean domuimg_machine_has_devices (DomuimgMachine *self, guint disk);
/* A device by what a guest may call it (domuimg_device_is_called); NULL if there is none. */
DomuimgDevice *domuimg_machine_find_device (DomuimgMachine *self, const char *spec);
/* Likewise by GRUB's name for a partition, in a menu of @format: "(hd1,msdos1)". */
DomuimgDevice *domuimg_machine_find_grub_device (DomuimgMachine *self, const char *name,
                                                 DomuimgMenuFormat format);
/* Value of the last KEY=VALUE on the kernel's command line, NULL where there is none ("" for a
 * lone KEY); quotes as Linux reads them. */
char *domuimg_machine_get_parameter (DomuimgMachine *self, const char *key);
/* (element-type utf8) all values of KEY=VALUE, in order, as of console=. */
GPtrArray *domuimg_machine_list_parameter (DomuimgMachine *self, const char *key);
/* Whether the kernel has the module built in (by @option, "CONFIG_…") or in its initramfs. */
gboolean domuimg_machine_has_driver (DomuimgMachine *self, const char *module, const char *option);
/* Whether anything tells what the kernel has built in. */
gboolean domuimg_machine_knows_drivers (DomuimgMachine *self);
