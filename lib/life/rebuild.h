/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/clone.h"
#include "domuimg/spec.h"
#include "lib/guest/manifest.h"

/* What is said where a guest is made again. */
typedef struct {
  const char *root_password_file; /* (nullable) in place of that of the specification */
  gboolean allow_unbootable;
} DomuimgRebuildOptions;

/* The specification that makes the guest of @manifest again, with its UUID, MAC addresses, and disks of data.
 * NOT_SUPPORTED where that cannot be, NOT_FOUND with the names of all inputs that are not there any more. */
DomuimgSpec *domuimg_rebuild_make_spec (const DomuimgManifest *manifest,
                                        const DomuimgRebuildOptions *options, GError **error);
/* What both it and a clone that is made again have of the specification, and of @options. */
gboolean domuimg_rebuild_add_kept (DomuimgSpec *spec, const DomuimgManifest *manifest,
                                   const DomuimgRebuildOptions *options, GError **error);
/* The clone of @manifest, to be made again of what it was made of (rebuild-clone.c); errors likewise. */
DomuimgClone *domuimg_rebuild_make_clone (const DomuimgManifest *manifest,
                                          const DomuimgRebuildOptions *options, GError **error);
/* Adds an option for each disk that is kept, to @spec's disks; NOT_FOUND for one that is missing. */
gboolean domuimg_rebuild_add_disks (DomuimgSpec *spec, const DomuimgManifest *manifest, GError **error);

/* (element-type utf8 utf8) (nullable) The packages of a guest, as of domuimg_packages_list (), with a line in
 * @lines where they cannot be read. */
GHashTable *domuimg_rebuild_read_packages (const DomuimgManifest *manifest, GPtrArray *lines);
/* Adds a line for each thing that the new guest has otherwise than the old one. */
void domuimg_rebuild_compare (const DomuimgManifest *before, const DomuimgManifest *after,
                              GPtrArray *lines);
/* What one of them has and the other has not: whoever has edited the old configuration is told what is lost. */
void domuimg_rebuild_compare_configs (const char *path, const char *before, const char *after,
                                      GPtrArray *lines);
void domuimg_rebuild_compare_packages (GHashTable *before, GHashTable *after, GPtrArray *lines);
