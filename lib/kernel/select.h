/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/kernel/initramfs.h"
#include "lib/tree/tree.h"
#include "lib/xen/version.h"

/* A kernel in a tree. Paths are below the tree's root, normalised, symlinks resolved. */
typedef struct {
  char *vmlinuz;
  char *initrd;  /* (nullable) */
  char *modules; /* (nullable) its directory, "usr/lib/modules/VERSION" */
  char *version; /* as uname(1) would say it; until it is loaded, what the file's name says */
  char *cmdline; /* (nullable) what the guest's boot menu starts it with, where only that names it */
  char *reason;  /* (nullable) why it was selected, one sentence with its full stop */
  DomuimgKernel *kernel; /* (nullable) not before it is loaded */
  DomuimgInitramfs *initramfs; /* (nullable) not before somebody wanted to know what is in it */
} DomuimgKernelChoice;

void domuimg_kernel_choice_free (DomuimgKernelChoice *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgKernelChoice, domuimg_kernel_choice_free)

/* Kernels in /boot, / and /lib/modules/VERSION, without rescue kernels; newest first. Not
 * loaded, so that this is quick. */
GPtrArray *domuimg_kernel_list (DomuimgTree *tree, GError **error);
/* The version that the list would give a kernel at @path, by its name; NULL where it would not be
 * listed. Likewise where an initramfs is looked for. */
char *domuimg_kernel_version_of_path (const char *path);
char *domuimg_initrd_version_of_path (const char *path);
/* Whether anything in the directory has the name of a kernel: quicker than a list. */
gboolean domuimg_kernel_is_in (DomuimgTree *tree, const char *directory);
/* Reads the kernel, which tells its true version. */
gboolean domuimg_kernel_choice_load (DomuimgKernelChoice *self, DomuimgTree *tree, GError **error);

/* @path is followed where it is a symlink; the file is read in pieces. */
DomuimgInitramfs *domuimg_initramfs_new_for_tree (DomuimgTree *tree, const char *path,
                                                  GError **error);

/* What a kernel is to start. */
typedef struct {
  DomuimgGuestType type; /* AUTO: PVH, else PV */
  DomuimgXenVersion xen; /* of the host that will */
} DomuimgKernelTarget;

/* The first of @choices (of domuimg_kernel_list ()'s kind) that will do as this says: */
DomuimgKernelChoice *domuimg_kernel_select_from (DomuimgTree *tree, GPtrArray *choices,
                                                 const DomuimgKernelTarget *target, const char *root_fs,
                                                 DomuimgGuestType *type_out, GError **error);
/* The same, by another test than drivers in an initramfs: @accepts says in @text (transfer full) why it
 * will do, or why not. */
typedef gboolean (*DomuimgKernelAccept) (DomuimgTree *tree, DomuimgKernelChoice *choice,
                                         DomuimgGuestType type, gpointer user_data, char **text);
DomuimgKernelChoice *domuimg_kernel_select_accepted (DomuimgTree *tree, GPtrArray *choices,
                                                     const DomuimgKernelTarget *target,
                                                     DomuimgKernelAccept accepts, gpointer user_data,
                                                     DomuimgGuestType *type_out, GError **error);
/* The newest kernel that starts @target and can reach its root: the
 * driver for Xen's disks and that of @root_fs (nullable: not checked) are inside of it or in its
 * initramfs. NOT_BOOTABLE says for each kernel why it was refused. */
DomuimgKernelChoice *domuimg_kernel_select (DomuimgTree *tree, const DomuimgKernelTarget *target,
                                            const char *root_fs, DomuimgGuestType *type_out,
                                            GError **error);
