/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/manifest.h"

/* Where a guest's manifest is: beside its configuration, or where images are without --dir. */

#define DOMUIMG_IMAGE_DIRECTORY "/var/lib/xen/images"

/* The manifest that was written with @config, beside it or in @images; *@path is where. *@manifest
 * stays NULL, without an error, where there is none, or only that of another configuration. */
gboolean domuimg_manifest_find_for (const char *config, const char *images,
                                    DomuimgManifest **manifest, char **path, GError **error);
/* The manifest of the guest that @what means: its own path, that of its configuration, or the
 * guest's name, as domuimg_domain_find_config takes it. */
DomuimgManifest *domuimg_manifest_find (const char *what, const char *images, char **path,
                                        GError **error);
/* The same; with @dir (nullable), that of the guest that was made there, which is @what's name. Where
 * the manifest names no guest, it gets @what for a name. */
DomuimgManifest *domuimg_manifest_find_guest (const char *what, const char *dir, char **path,
                                              GError **error);
