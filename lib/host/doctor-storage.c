/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/guest/manifest-find.h"

/* Where images go: space, and what the filesystem can do. */

#define WANTED_BYTES ((guint64) 2 << 30)
#define BLOCK 4096

static const struct {
  long magic;
  const char *name;
} filesystems[] = {
  { EXT4_SUPER_MAGIC, "ext4" },   { XFS_SUPER_MAGIC, "xfs" },
  { BTRFS_SUPER_MAGIC, "btrfs" }, { TMPFS_MAGIC, "tmpfs" },
  { NFS_SUPER_MAGIC, "NFS" },     { OVERLAYFS_SUPER_MAGIC, "overlayfs" },
  { 0x2fc12fc1, "ZFS" },
};

static const char *
name_of (const struct statfs *status)
{
  for (guint i = 0; i < G_N_ELEMENTS (filesystems); i++)
    if (filesystems[i].magic == (long) status->f_type)
      return filesystems[i].name;
  return "another filesystem";
}

/* @path, or the first directory above it that there is. */
static char *
nearest (DomuimgDoctor *self, const char *path)
{
  g_autofree char *at = g_strdup (path);

  while (!domuimg_doctor_has (self, at) && at[1] != '\0')
    {
      g_autofree char *up = g_path_get_dirname (at);

      g_free (at);
      at = g_steal_pointer (&up);
    }
  return domuimg_doctor_path (self, at);
}

/* Whether a block can be shared between two files, tried with two that have no name. */
static gboolean
can_reflink (const char *directory)
{
  g_auto (DomuimgFd) from = open (directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  g_auto (DomuimgFd) to = open (directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  char block[BLOCK] = { 1 };

  return from >= 0 && to >= 0 && domuimg_write_all (from, block, sizeof block)
         && ioctl (to, FICLONE, from) == 0;
}

void
domuimg_doctor_look_at_storage (DomuimgDoctor *self)
{
  g_autofree char *directory = nearest (self, DOMUIMG_IMAGE_DIRECTORY);
  struct statfs status;
  guint64 free_bytes;
  g_autofree char *size = NULL;
  gboolean writable = access (directory, W_OK) == 0;
  gboolean reflink;

  if (statfs (directory, &status) != 0)
    return;
  free_bytes = (guint64) status.f_bavail * status.f_bsize;
  size = g_format_size_full (free_bytes, G_FORMAT_SIZE_IEC_UNITS);
  domuimg_doctor_add (self, "storage-space", free_bytes >= WANTED_BYTES, DOMUIMG_SEVERITY_WARNING,
                      g_strdup_printf ("%s free for " DOMUIMG_IMAGE_DIRECTORY ", on %s", size, name_of (&status)),
                      "images of guests, where --dir or --disk names no other place",
                      g_strdup ("make space, or choose another place by --dir"));
  if (!writable || *self->root != '\0')
    return;
  reflink = can_reflink (directory);
  domuimg_doctor_add (self, "storage-reflink", reflink, DOMUIMG_SEVERITY_INFO,
                      g_strdup_printf ("copies of images there %s their blocks (reflinks)",
                                       reflink ? "share" : "do not share"),
                      "check --fix without a second copy of the data",
                      g_strdup_printf ("have %s on btrfs, or on xfs with reflink=1", DOMUIMG_IMAGE_DIRECTORY));
}
