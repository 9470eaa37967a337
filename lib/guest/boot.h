/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/boot/menu.h"
#include "lib/kernel/initramfs.h"
#include "lib/kernel/needs.h"
#include "lib/kernel/select-builtin.h"
#include "lib/tree/tree.h"

/* What a guest is started with, wherever its loader takes it from. */
typedef struct {
  DomuimgLoader loader;
  gboolean reads_all;           /* pygrub is domuimg-bootloader, which reads every menu */
  char *kernel_path;            /* (nullable) on the host, or in the guest where @in_guest */
  GPtrArray *initrd_paths;      /* (element-type utf8) likewise */
  gboolean in_guest;            /* they lie in the guest: pvgrub, pygrub, firmware */
  char *cmdline;                /* what the kernel will get; "" if nothing */
  DomuimgKernel *kernel;        /* (nullable) could not be read */
  DomuimgInitramfs *initramfs;  /* (nullable) none, or could not be read */
  DomuimgMenu *menu;            /* (nullable) of pvgrub, pygrub and firmware */
  const DomuimgMenuEntry *entry; /* (nullable) the one that will be taken */
  DomuimgBuiltin *builtin;      /* (nullable) of @kernel, once asked for */
} DomuimgGuestBoot;

void domuimg_guest_boot_init (DomuimgGuestBoot *self);
void domuimg_guest_boot_clear (DomuimgGuestBoot *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgGuestBoot, domuimg_guest_boot_clear)
/* Another kernel with its initramfs (taken) at @path. */
void domuimg_guest_boot_set_kernel (DomuimgGuestBoot *self, DomuimgKernel *kernel,
                                    DomuimgInitramfs *initramfs, const char *path);

/* (element-type utf8) All values of KEY=VALUE on the kernel's command line, in order, "" for a lone
 * KEY; quotes as Linux reads them. */
GPtrArray *domuimg_guest_boot_list_parameter (const DomuimgGuestBoot *self, const char *key);
/* The last of these; NULL where there is none. */
char *domuimg_guest_boot_get_parameter (const DomuimgGuestBoot *self, const char *key);
/* Whether the kernel has the module built in (by @option, "CONFIG_…") or in its initramfs. @root
 * (nullable) is the guest's. */
gboolean domuimg_guest_boot_has_driver (DomuimgGuestBoot *self, DomuimgTree *root,
                                        const char *module, const char *option);
/* Whether it is known to have been built without @option. */
gboolean domuimg_guest_boot_lacks (DomuimgGuestBoot *self, DomuimgTree *root, const char *option);
/* (nullable) The last value of KEY=VALUE as initramfs-tools reads it: in words between blanks, with
 * quotes as they stand. */
char *domuimg_guest_boot_get_raw (const DomuimgGuestBoot *self, const char *key);
/* Whether it has one of the drivers. */
gboolean domuimg_guest_boot_meets (DomuimgGuestBoot *self, DomuimgTree *root,
                                   const DomuimgNeed *need);
/* Whether anything tells what the kernel has built in. */
gboolean domuimg_guest_boot_knows_drivers (DomuimgGuestBoot *self, DomuimgTree *root);
