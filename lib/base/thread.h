/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A thread that may be refused: there is a limit on them (ulimit -u, a cgroup), and g_thread_new ()
 * ends the process where it is reached. BUSY. */
GThread *domuimg_thread_start (const char *name, GThreadFunc run, gpointer data, GError **error);
