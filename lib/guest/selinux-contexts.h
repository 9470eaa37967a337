/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* What a guest's policy says of the labels of its files (file_contexts(5)). */
typedef struct _DomuimgSelinuxContexts DomuimgSelinuxContexts;

/* Reads the policy @name ("targeted") in @tree. *@contexts is NULL where it has none. */
gboolean domuimg_selinux_contexts_read (DomuimgTree *tree, const char *name,
                                        DomuimgSelinuxContexts **contexts, GError **error);
void domuimg_selinux_contexts_free (DomuimgSelinuxContexts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgSelinuxContexts, domuimg_selinux_contexts_free)
/* (nullable) The label of @entry; NULL: it gets none. */
const char *domuimg_selinux_contexts_find (DomuimgSelinuxContexts *self,
                                           const DomuimgEntry *entry);
