/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/undo.h"
#include "lib/guest/manifest.h"

/* What a guest has in storage pools of libvirt's, when it is deleted. @volumes are those that go, of
 * DomuimgManifestVolume (unowned). */

/* Adds a line of what is done. */
void domuimg_delete_add_line (GStrvBuilder *lines, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Adds @volume to them if it still is the one that was made, with a line where another one has its name;
 * BUSY where a guest runs on it. */
gboolean domuimg_delete_add_pool_volume (GPtrArray *volumes, const DomuimgManifestVolume *volume,
                                         GStrvBuilder *lines, GError **error);
gboolean domuimg_delete_record_pool_volumes (DomuimgUndo *undo, const GPtrArray *volumes,
                                             GError **error);
/* Once the files are gone, which can be put back until then: deletes the volumes, with a line for each,
 * and tells the pools that showed files of @manifest (nullable). */
void domuimg_delete_pool_volumes (const GPtrArray *volumes, const DomuimgManifest *manifest,
                                  GStrvBuilder *lines);
