/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* The files of the host that repairs have changed so far: copies, until everything appears under
 * its name, all of it or nothing. A block device cannot be copied: it is changed in place, and an
 * error may leave a part of the changes there, which the error says. */
typedef struct _DomuimgRepairWork DomuimgRepairWork;

DomuimgRepairWork *domuimg_repair_work_new (GCancellable *cancellable);
/* Without a commit all copies go. */
void domuimg_repair_work_free (DomuimgRepairWork *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgRepairWork, domuimg_repair_work_free)
/* Nobody else changes what has these names, until the end. */
gboolean domuimg_repair_work_lock (DomuimgRepairWork *self, const char *const *paths,
                                   GError **error);
/* The files of a volume of @image, writable, in the image's copy. */
DomuimgTree *domuimg_repair_work_open (DomuimgRepairWork *self, DomuimgImage *image,
                                       const DomuimgVolume *volume, GError **error);
/* Closes the tree of @volume, if it is open. */
gboolean domuimg_repair_work_close (DomuimgRepairWork *self, const DomuimgVolume *volume,
                                    GError **error);
/* The path that the changes of the file @path go to. */
const char *domuimg_repair_work_file (DomuimgRepairWork *self, const char *path, GError **error);
/* Where the file @path is to be read: its copy, if there is one. @self may be NULL. */
const char *domuimg_repair_where (DomuimgRepairWork *self, const char *path);
/* The configuration as it stands and as it will; (nullable) not changed yet. */
void domuimg_repair_work_set_config (DomuimgRepairWork *self, const char *path, const char *before,
                                     const char *text);
const char *domuimg_repair_work_get_config (DomuimgRepairWork *self);
/* Files of the guest whose originals are kept, a set. */
GHashTable *domuimg_repair_work_get_kept (DomuimgRepairWork *self);
/* What shall stand in the file @path, which says @before; BUSY where it says something else by now. */
gboolean domuimg_repair_work_replace (DomuimgRepairWork *self, const char *path, const char *before,
                                      const char *text, GError **error);
/* NAME.xml beside NAME.cfg is the same guest's (xml.c). */
gboolean domuimg_repair_work_follow_with_xml (DomuimgRepairWork *self, const char *config,
                                              const char *before, const char *text,
                                              GPtrArray *changes, GError **error);
/* Writes the trees out, so that what is in them can be read again. */
gboolean domuimg_repair_work_close_all (DomuimgRepairWork *self, GError **error);
/* Writes the configuration, too; then everything appears. */
gboolean domuimg_repair_work_commit (DomuimgRepairWork *self, GPtrArray *changes, GError **error);
/* (nullable) A block device that has been changed in place. */
const char *domuimg_repair_work_get_in_place (DomuimgRepairWork *self);
