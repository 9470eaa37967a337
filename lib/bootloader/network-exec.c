/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Becomes domuimg-netboot, the program for --net. */
#include "config.h"
#include "lib/bootloader/network.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/exec.h"

#define PROGRAM "domuimg-netboot"

gboolean
domuimg_network_exec (char **argv, GError **error)
{
  g_autofree char *path = domuimg_libexec_path (PROGRAM);

  execv (path, argv);
  return domuimg_set_errno (error, errno, "--net is done by %s; install all of domuimg", path);
}
