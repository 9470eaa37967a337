/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* GRUB's images, made by grub-mkimage of GRUB's modules on this host. Each finds its menu by the UUID
 * of the filesystem that holds it, and has all modules that such a menu takes, so that nothing of
 * GRUB has to lie in the guest. */

typedef enum {
  DOMUIMG_GRUB_BIOS,
  DOMUIMG_GRUB_EFI,
  DOMUIMG_GRUB_N, /* how many there are */
} DomuimgGrubPlatform;

/* What an image looks for. */
typedef struct {
  const char *fs;     /* of the filesystem with the menu */
  const char *uuid;
  const char *prefix; /* the directory of the menu there: "/boot/grub" */
} DomuimgGrubPlace;

/* MISSING_TOOL, which names the Debian package, where the host lacks what is needed; @instead is what
 * to ask for without it. */
gboolean domuimg_grub_check (DomuimgGrubPlatform platform, const char *instead, GError **error);
/* An image while grub-mkimage makes it, which takes a core for a tenth of a second. Freeing it ends
 * the program. */
typedef struct _DomuimgGrubJob DomuimgGrubJob;
DomuimgGrubJob *domuimg_grub_start (DomuimgGrubPlatform platform, const DomuimgGrubPlace *place,
                                    const char *work_directory, GCancellable *cancellable,
                                    GError **error);
/* Waits for its end. */
GBytes *domuimg_grub_finish (DomuimgGrubJob *self, GError **error);
void domuimg_grub_job_free (DomuimgGrubJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgGrubJob, domuimg_grub_job_free)
/* The first sector of a disk that a BIOS starts. */
GBytes *domuimg_grub_read_boot_sector (GError **error);
/* What an image begins with, and what a grub.cfg beside an EFI program says. */
char *domuimg_grub_make_config (const DomuimgGrubPlace *place);
