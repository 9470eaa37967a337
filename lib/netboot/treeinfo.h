/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What an install tree says of itself in its .treeinfo, from bytes:
 * https://productmd.readthedocs.io/en/latest/treeinfo-1.0.html. */

#define DOMUIMG_TREEINFO_MAX (1 << 20)

typedef struct {
  char *family;   /* (nullable) "Fedora", "openSUSE Leap" */
  char *version;  /* (nullable) */
  char *arch;     /* (nullable) "x86_64" */
  GKeyFile *file;
} DomuimgTreeinfo;

typedef struct {
  char *kernel; /* paths in the tree, without "." and ".." */
  char *initrd;
} DomuimgTreeImages;

/* CORRUPT_INPUT where it is not such a file. @name is for messages. */
DomuimgTreeinfo *domuimg_treeinfo_parse (const char *text, gsize length, const char *name,
                                         GError **error);
void domuimg_treeinfo_free (DomuimgTreeinfo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgTreeinfo, domuimg_treeinfo_free)

/* Those of the section images-@platform, "xen" or an architecture: *@images is NULL where there is no such
 * section. UNSAFE_INPUT where one of them lies outside of the tree. */
gboolean domuimg_treeinfo_find_images (DomuimgTreeinfo *self, const char *platform,
                                       DomuimgTreeImages **images, GError **error);
/* (nullable) The digest of a file of the tree in hexadecimal digits, with its kind. */
char *domuimg_treeinfo_get_checksum (DomuimgTreeinfo *self, const char *path, GChecksumType *type);
/* Whether it is of SUSE's kind. */
gboolean domuimg_treeinfo_is_suse (DomuimgTreeinfo *self);

DomuimgTreeImages *domuimg_tree_images_new (const char *kernel, const char *initrd);
void domuimg_tree_images_free (DomuimgTreeImages *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgTreeImages, domuimg_tree_images_free)
