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
