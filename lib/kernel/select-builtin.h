/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/kernel/initramfs.h"
#include "lib/tree/tree.h"

/* What a kernel has built in, by the files that are installed with it: modules.builtin and its
 * configuration. */
typedef struct _DomuimgBuiltin DomuimgBuiltin;

/* (nullable) The configuration that a kernel was built with. @modules (nullable): its directory of
 * modules in @tree. */
char *domuimg_builtin_read_config (DomuimgTree *tree, const char *modules, const char *version);
/* @modules (nullable) likewise. */
DomuimgBuiltin *domuimg_builtin_new (DomuimgTree *tree, const char *modules, const char *version);
void domuimg_builtin_free (DomuimgBuiltin *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgBuiltin, domuimg_builtin_free)

/* @option, "CONFIG_…" (nullable), is what builds the module. */
gboolean domuimg_builtin_has (DomuimgBuiltin *self, const char *module, const char *option);
/* Whether the kernel is known to have been built without @option. */
gboolean domuimg_builtin_lacks (DomuimgBuiltin *self, const char *option);
/* Whether one of the files was there: if not, nothing is known. */
gboolean domuimg_builtin_is_known (DomuimgBuiltin *self);
