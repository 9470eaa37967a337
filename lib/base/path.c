/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths of the host at which there may be nothing. */
#include "config.h"
#include "lib/base/path.h"

#include <errno.h>

gboolean
domuimg_path_look (const char *path, struct stat *status, GError **error)
{
  if (stat (path, status) == 0)
    return TRUE;
  *status = (struct stat){ 0 };
  return errno == ENOENT || errno == ENOTDIR || domuimg_set_errno (error, errno, "looking at %s", path);
}
