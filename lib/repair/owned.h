/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What the guests of this host have: files, what their disks lie over, UUIDs and addresses. Looked up once for
 * all that one operation asks. */
typedef struct _DomuimgOwned DomuimgOwned;

DomuimgOwned *domuimg_owned_new (GError **error);
void domuimg_owned_free (DomuimgOwned *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgOwned, domuimg_owned_free)

/* EXISTS where the file @path is another guest's than the one whose manifest is @manifest, BUSY where a guest's
 * disk lies over it. */
gboolean domuimg_owned_check_path (const DomuimgOwned *self, const char *path,
                                   const char *manifest, GError **error);
/* EXISTS where another guest has it. */
gboolean domuimg_owned_check_uuid (const DomuimgOwned *self, const char *uuid,
                                   const char *manifest, GError **error);
gboolean domuimg_owned_check_address (const DomuimgOwned *self, const char *address,
                                      const char *manifest, GError **error);
/* Adds all addresses to @list (element-type utf8), which frees its elements. */
void domuimg_owned_add_addresses (const DomuimgOwned *self, GPtrArray *list);
/* (transfer full) (nullable) The names of the guests that have a disk over one of @paths (element-type filename),
 * with commas between. */
char *domuimg_owned_name_users (const DomuimgOwned *self, const GPtrArray *paths);
