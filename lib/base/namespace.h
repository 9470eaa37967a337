/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"

/* A program that runs as root of a namespace: with many users where we are not root ourselves
 * (those of /etc/subuid, by newuidmap), and with own mounts and processes, which go with it however
 * it ends. The arguments that follow are the program's, its name first. */
DomuimgExec *domuimg_namespace_exec_new (void);
/* Whether such a program can have many users here; the error says what is missing. */
gboolean domuimg_namespace_check (GError **error);
