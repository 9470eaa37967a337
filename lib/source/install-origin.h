/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/netboot/places.h"
#include "lib/source/install-answers.h"
#include "lib/source/install-files.h"

/* How an installer gets at the rest of what it installs. */

/* INVALID_ARGUMENT where neither the tree, nor @extra_args (nullable), nor @answers (nullable) tell it. */
gboolean domuimg_install_origin_check (DomuimgInstallFiles *files, DomuimgInstallerKind kind,
                                       const char *extra_args, const DomuimgInstallAnswers *answers,
                                       GError **error);
/* The words for its command line: @option (nullable), which takes the address, and where the tree is.
 * *@words is NULL where it is told nothing. @address: (nullable) the tree's on a server, as the guest has to call
 * it; @media_vdev: what an ISO image is in the guest. */
gboolean domuimg_install_origin_make (DomuimgInstallFiles *files, const char *option,
                                      const char *address, const char *media_vdev, char **words, GError **error);
