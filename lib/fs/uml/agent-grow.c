/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes mounted filesystems larger, by the calls that xfs_growfs(8) and btrfs-filesystem(8) make. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

#include "lib/base/fd.h"

#define XFS_MAGIC 0x58465342
#define BTRFS_MAGIC 0x9123683e

/* fs/xfs/libxfs/xfs_fs.h of Linux, which is in no header of the C library. */
struct xfs_geometry {
  guint32 blocksize, rtextsize, agblocks, agcount, logblocks, sectsize, inodesize, imaxpct;
  guint64 datablocks, rtblocks, rtextents, logstart;
  guint8 uuid[16];
  guint32 sunit, swidth;
  gint32 version;
  guint32 flags, logsectsize, rtsectsize, dirblocksize;
};

struct xfs_growth {
  guint64 newblocks;
  guint32 imaxpct;
};

#define XFS_GET_GEOMETRY _IOR ('X', 100, struct xfs_geometry)
#define XFS_GROW _IOW ('X', 110, struct xfs_growth)

static gboolean
grow_xfs (int fd, guint64 size)
{
  struct xfs_geometry geometry = { 0 };
  struct xfs_growth growth = { 0 };

  if (ioctl (fd, XFS_GET_GEOMETRY, &geometry) != 0 || geometry.blocksize == 0)
    return FALSE;
  growth.newblocks = size / geometry.blocksize;
  growth.imaxpct = geometry.imaxpct;
  return ioctl (fd, XFS_GROW, &growth) == 0;
}

static gboolean
grow_btrfs (int fd)
{
  struct btrfs_ioctl_vol_args arguments = { .name = "max" };

  return ioctl (fd, BTRFS_IOC_RESIZE, &arguments) == 0;
}

gboolean
domuimg_uml_agent_grow (DomuimgUmlMounted *mount, guint64 size, GError **error)
{
  g_auto (DomuimgFd) fd = open (mount->at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct statfs status;

  if (fd < 0 || fstatfs (fd, &status) != 0)
    return domuimg_set_errno (error, errno, "looking at the filesystem");
  if ((guint32) status.f_type == XFS_MAGIC ? grow_xfs (fd, size)
      : (guint32) status.f_type == BTRFS_MAGIC ? grow_btrfs (fd)
                                     : (errno = EOPNOTSUPP, FALSE))
    return TRUE;
  return domuimg_set_errno (error, errno, "making it larger");
}
