/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* The root filesystem of the guest that an image holds. */
typedef struct {
  DomuimgImage *image;
  const DomuimgVolume *volume; /* (unowned) */
  DomuimgTree *tree; /* with its /boot, where that is another filesystem of the image */
} DomuimgGuestRoot;

/* NOT_FOUND where no filesystem in it holds an operating system, and the errors of
 * domuimg_image_open and domuimg_image_open_tree. */
DomuimgGuestRoot *domuimg_guest_root_open (const char *path, GError **error);
void domuimg_guest_root_free (DomuimgGuestRoot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgGuestRoot, domuimg_guest_root_free)
/* Puts the filesystem for /boot into the tree of a root that was found otherwise, where its own /boot
 * has no kernel and another filesystem of the image has. */
gboolean domuimg_guest_root_mount_boot (DomuimgGuestRoot *self, GError **error);
/* Whether a tree holds an operating system: /etc, and programs. */
gboolean domuimg_guest_root_is (DomuimgTree *tree);
/* Whether files could be in the volume. */
gboolean domuimg_guest_root_has_files (const DomuimgVolume *volume);
