/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nearly every file includes, compiled once where -Db_pch=true asks for it. Each file still
 * includes what it uses: the test suite also builds without it. */
#ifndef DOMUIMG_PCH_H
#define DOMUIMG_PCH_H

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#endif
