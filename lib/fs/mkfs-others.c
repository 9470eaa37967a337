/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Empty XFS, btrfs and F2FS filesystems, as their own programs make them, and how large they are. */
#include "config.h"
#include "lib/fs/mkfs.h"

#include <errno.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/unnamed.h"

#define MIB ((guint64) 1048576)

static guint64
round_up (guint64 value)
{
  return (value + MIB - 1) / MIB * MIB;
}

/* mkfs.xfs makes none below 300 MiB; of one that is small, its log takes 64 MiB. */
guint64
domuimg_mkfs_xfs_min_size (const DomuimgUsage *usage)
{
  guint64 content = usage->data_bytes + usage->other_bytes + usage->entries * 512;

  return round_up (MAX (content + content / 20 + 96 * MIB, 300 * MIB));
}

/* Its metadata is there twice, in pieces of some size. */
guint64
domuimg_mkfs_btrfs_min_size (const DomuimgUsage *usage)
{
  guint64 metadata = usage->other_bytes + usage->entries * 1024;
  guint64 size = usage->data_bytes + usage->data_bytes / 50 + 2 * metadata;

  return round_up (MAX (size + size / 10 + 160 * MIB, 256 * MIB));
}

/* What it keeps free for its cleaning is a part of all. */
guint64
domuimg_mkfs_f2fs_min_size (const DomuimgUsage *usage)
{
  guint64 size = usage->data_bytes + usage->other_bytes + usage->entries * 4096;

  return round_up (size + size / 8 + 160 * MIB);
}

/* What loaders can read that are older than the program, GRUB of Debian 12 among them. */
static void
add_xfs (const DomuimgMkfs *self, DomuimgExec *exec)
{
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "-K");
  domuimg_exec_argf (exec, "-muuid=%s,crc=1,finobt=1,reflink=1,rmapbt=0,bigtime=0,inobtcount=0",
                     self->uuid);
  domuimg_exec_arg (exec, "-isparse=1,nrext64=0");
  if (self->label != NULL)
    domuimg_exec_argf (exec, "-L%s", self->label);
}

static void
add_btrfs (const DomuimgMkfs *self, DomuimgExec *exec)
{
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "-K");
  domuimg_exec_argf (exec, "-U%s", self->uuid);
  domuimg_exec_arg (exec, "-mdup");
  domuimg_exec_arg (exec, "-dsingle");
  if (self->label != NULL)
    domuimg_exec_argf (exec, "-L%s", self->label);
}

static void
add_f2fs (const DomuimgMkfs *self, DomuimgExec *exec)
{
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "-t0");
  domuimg_exec_argf (exec, "-U%s", self->uuid);
  domuimg_exec_arg (exec, "-Oextra_attr,inode_checksum,sb_checksum");
  if (self->label != NULL)
    domuimg_exec_argf (exec, "-l%s", self->label);
}

static gboolean
run (const DomuimgMkfs *self, int fd, GCancellable *cancellable, GError **error)
{
  g_autofree char *program = g_strconcat ("mkfs.", self->fs_type, NULL);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (program);
  g_autofree char *path = domuimg_exec_pass_fd (exec, fd);

  if (g_str_equal (self->fs_type, "xfs"))
    add_xfs (self, exec);
  else if (g_str_equal (self->fs_type, "btrfs"))
    add_btrfs (self, exec);
  else
    add_f2fs (self, exec);
  domuimg_exec_arg (exec, path);
  return domuimg_exec_run (exec, cancellable, error);
}

gboolean
domuimg_mkfs_run_other (const DomuimgMkfs *self, const DomuimgRegion *region,
                        GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_memory_file ("domuimg-mkfs", region->length);

  if (fd < 0)
    return domuimg_set_errno (error, errno, "%s: making the filesystem", region->name);
  return run (self, fd, cancellable, error) && domuimg_mkfs_copy (fd, region, error);
}
