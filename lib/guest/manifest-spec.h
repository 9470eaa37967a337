/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/manifest.h"

/* The specification in a manifest: what somebody may have edited, so that whatever is not text is
 * as if it were not there. */

/* (transfer full) The keys in the order of the file; empty without a specification. */
char **domuimg_manifest_list_settings (const DomuimgManifest *self);
/* (transfer full) The values of @key; empty without. */
char **domuimg_manifest_get_setting (const DomuimgManifest *self, const char *key);
/* In place of all values of @key; NULL takes it out. Nothing without a specification. */
void domuimg_manifest_set_setting (DomuimgManifest *self, const char *key, const char *value);
