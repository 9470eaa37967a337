/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/install-answers.h"

/* What an installer's kernel is started with. */

/* Adds the files of @answers to the initramfs @ramdisk. */
gboolean domuimg_install_boot_append (const DomuimgInstallAnswers *answers, const char *ramdisk,
                                      GError **error);
/* @origin: (nullable) where it gets the rest of what it installs; @answers and @extra_args: (nullable). */
char *domuimg_install_boot_make_cmdline (const DomuimgInstallTarget *target, const char *origin,
                                         const DomuimgInstallAnswers *answers,
                                         const char *extra_args);
