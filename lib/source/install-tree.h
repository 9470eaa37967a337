/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/netboot/places.h"
#include "lib/source/install-files.h"

/* What an install tree is, and which installers it has. */

typedef struct {
  char *kernel; /* paths in the tree */
  char *initrd;
  char *kernel_checksum; /* (nullable) */
  char *initrd_checksum; /* (nullable) */
  GChecksumType kernel_type, initrd_type; /* of the checksums */
  const char *option;    /* (nullable) before the address of the tree, for the installer */
  gboolean is_xen;       /* for PV guests only */
} DomuimgInstallImages;

typedef struct {
  DomuimgInstallerKind kind;
  char *name;        /* for a person: "Fedora 42" */
  gboolean reads_seed; /* Ubuntu's live installer, if it takes its answers from one */
  GPtrArray *images; /* (element-type DomuimgInstallImages) at least one, the best first */
} DomuimgInstallTree;

/* @arch as rpm has it; @wants_pv: installers for PV guests come first, where there are any. NOT_FOUND where it
 * is not an install tree, NOT_SUPPORTED for one of another architecture, CORRUPT_INPUT, UNSAFE_INPUT, and the
 * errors of servers. */
DomuimgInstallTree *domuimg_install_tree_find (DomuimgInstallFiles *files, const char *arch,
                                               gboolean wants_pv, GCancellable *cancellable, GError **error);

/* Bytes of memory that an installer needs, and of a disk for what it installs. */
typedef struct {
  guint64 memory;
  guint64 disk_size;
} DomuimgInstallNeeds;

DomuimgInstallNeeds domuimg_install_tree_get_needs (const DomuimgInstallTree *self);
void domuimg_install_tree_free (DomuimgInstallTree *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgInstallTree, domuimg_install_tree_free)
