/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/base/base.h"

/* How a guest's kernel is chosen: a row for each word of --kernel. Nobody else knows the words. */

typedef enum {
  DOMUIMG_KERNEL_OF_ANY,   /* the guest's if it can boot, else the host's; copied beside the image */
  DOMUIMG_KERNEL_OF_GUEST, /* copied beside the image */
  DOMUIMG_KERNEL_OF_HOST,  /* likewise, and its modules into the guest */
  DOMUIMG_KERNEL_OF_FILE,  /* likewise, without modules */
  DOMUIMG_KERNEL_STAYS,    /* on the guest's disk, where a loader finds it */
  DOMUIMG_KERNEL_OF_NETWORK, /* the loader fetches it at each start */
} DomuimgKernelOrigin;

typedef struct {
  const char *name;        /* "host" */
  const char *placeholder; /* (nullable) what follows the name: ":VMLINUZ[,INITRD]", "[:URL]" */
  DomuimgKernelOrigin origin;
  DomuimgLoader loader;
  const char *program; /* (nullable) for bootloader=, where it is not pygrub of Xen's */
  const char *plan; /* (nullable) one line; NULL where it depends on more than the policy */
} DomuimgKernelPolicy;

/* One --kernel. */
typedef struct {
  const DomuimgKernelPolicy *policy;
  char *text;    /* as it was given */
  char *kernel;  /* (nullable) the file, where one is named */
  char *ramdisk; /* (nullable) likewise */
  char *address; /* (nullable) the URL or server, where one is named */
} DomuimgKernelSpec;

DomuimgKernelSpec *domuimg_kernel_spec_parse (const char *text, GError **error);
/* What is done where nothing is said. */
DomuimgKernelSpec *domuimg_kernel_spec_new (void);
/* The disk's own boot loader starts the guest. */
DomuimgKernelSpec *domuimg_kernel_spec_new_firmware (void);
DomuimgKernelSpec *domuimg_kernel_spec_copy (const DomuimgKernelSpec *self);
void domuimg_kernel_spec_free (DomuimgKernelSpec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgKernelSpec, domuimg_kernel_spec_free)
/* The one whose boot loader is the project's own, which unpacks what Xen does not. */
const DomuimgKernelPolicy *domuimg_kernel_policy_get_own_loader (void);
/* "auto (default), guest, … or firmware", for help and errors. */
char *domuimg_kernel_policy_list (void);
