/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Starts User-mode Linux as a process that has nothing but what it was given: this is what our
 * program does on the host, before it becomes that. Its arguments: a directory for its memory, which
 * must be gone from its name soon, then numbers of descriptors of files that it may open again as
 * /dev/fd/N, "--", and the program with its arguments. */
#define DOMUIMG_UML_LAUNCH "--launch"

/* Its exit status. */
int domuimg_uml_launch (int argc, char **argv);
