/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/stream.h"

/* A stream of a root that another stream gives, without what only a container's host understands:
 * the marks of deletion in a layer of an image, and owners that are shifted, as those of an
 * unprivileged container are. */
#define DOMUIMG_TYPE_ROOT_FILTER (domuimg_root_filter_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgRootFilter, domuimg_root_filter, DOMUIMG, ROOT_FILTER, GObject)

/* The owner that root has become; 0: it is root. */
typedef struct {
  gboolean is_known;
  guint32 uid;
  guint32 gid;
} DomuimgRootOwner;

DomuimgRootFilter *domuimg_root_filter_new (DomuimgStream *inner);
/* Gives all owners from those of @owner on back what they were, of files, ACLs and capabilities; where
 * it is not known, from those of the first entry on. */
void domuimg_root_filter_shift (DomuimgRootFilter *self, const DomuimgRootOwner *owner);
/* The owner of the root directory or, where that has no entry, of the first file. */
const DomuimgRootOwner *domuimg_root_filter_get_owner (DomuimgRootFilter *self);
/* Adds what a user should know (char *) of what has passed. */
void domuimg_root_filter_tell (DomuimgRootFilter *self, GPtrArray *warnings);
