/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* Where the domain of a check comes from. */

/* Finds what @what means, the path of a configuration or manifest or the name of a guest, and reads
 * it in whatever language it is: sets the machine's path, domain and, where it is an xl.cfg, file.
 * FALSE with an error where nothing can be read, FALSE without one where it is reported as broken:
 * the machine has no domain then. */
gboolean domuimg_subject_read_config (DomuimgMachine *machine, const char *what, GError **error);
/* Makes up the domain of a guest whose only disk is the image @path. */
gboolean domuimg_subject_invent (DomuimgMachine *machine, const char *path, DomuimgGuestType type,
                                 GError **error);
