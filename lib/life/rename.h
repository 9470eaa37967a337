/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/manifest.h"

/* A file that is named for its guest, and what it is called when the guest has another name. */
typedef struct {
  char *from;
  char *to;
} DomuimgRenamePath;

/* (element-type DomuimgRenamePath) Those of the files that the manifest at @path names. What was given a path
 * of its own when the guest was made keeps it; so does what is no file of this host's, or not the
 * guest's alone. */
GPtrArray *domuimg_rename_list_paths (const DomuimgManifest *manifest, const char *path,
                                      const char *name);
/* (nullable) What @path is called then, of @paths. */
const char *domuimg_rename_find (const GPtrArray *paths, const char *path);

/* The text of an xl.cfg and of libvirt's XML with the new name and paths; CORRUPT_INPUT where it cannot be
 * read as that. @file is for messages. */
char *domuimg_rename_config (const char *text, const char *file, const char *name,
                             const GPtrArray *paths, GError **error);
char *domuimg_rename_xml (const char *text, const char *file, const char *name,
                          const GPtrArray *paths, GError **error);
/* The same for a manifest. */
void domuimg_rename_manifest (DomuimgManifest *manifest, const char *name, const GPtrArray *paths);
