/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* What an archive is, told by the names in it: a root, a root below one directory, or something that
 * is known and is not a root. */
typedef struct _DomuimgTarContents DomuimgTarContents;

DomuimgTarContents *domuimg_tar_contents_new (void);
void domuimg_tar_contents_free (DomuimgTarContents *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgTarContents, domuimg_tar_contents_free)

void domuimg_tar_contents_add (DomuimgTarContents *self, const DomuimgEntry *entry);
/* FALSE where the archive, called @name, is known not to be a root. *@root (transfer full): the
 * directory that is the root, "" for the top of the archive. */
gboolean domuimg_tar_contents_find_root (DomuimgTarContents *self, const char *name, char **root,
                                         GError **error);
/* (nullable) For a person, one line: what it is and what to do with it, where it is not a root. */
char *domuimg_tar_contents_explain (DomuimgTarContents *self, const char *name);
/* Whether there is a root anywhere in it. */
gboolean domuimg_tar_contents_has_root (DomuimgTarContents *self);
