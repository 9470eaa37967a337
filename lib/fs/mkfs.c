/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Empty ext and FAT filesystems and swap spaces, as mke2fs, mkfs.vfat and mkswap make them, and how large they are. */
#include "config.h"
#include "lib/fs/mkfs.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/sparse.h"
#include "lib/base/unnamed.h"

#define MIB ((guint64) 1048576)
#define INODE_SIZE 256
#define BLOCK_SIZE 4096
#define BYTES_PER_INODE 16384

/* Said in full, so that a machine's mke2fs.conf does not change what a guest gets; and what
 * all loaders can read: GRUB of Debian 12 refuses metadata_csum_seed and orphan_file. */
#define EXT2_FEATURES "none,sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr"
#define EXT3_FEATURES EXT2_FEATURES ",has_journal"
#define EXT4_FEATURES                                                                         \
  EXT3_FEATURES ",extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize"

/* The default of mke2fs(8), but at most 64 MiB: that is enough for a guest. */
static guint64
journal_mib (guint64 size)
{
  if (size < 128 * MIB)
    return 4;
  if (size < 1024 * MIB)
    return 16;
  if (size < 2048 * MIB)
    return 32;
  return 64;
}

static const char *
features_of (const char *fs_type)
{
  if (g_str_equal (fs_type, "ext2"))
    return EXT2_FEATURES;
  return g_str_equal (fs_type, "ext3") ? EXT3_FEATURES : EXT4_FEATURES;
}

/* mke2fs takes commas. */
static char *
join_features (const DomuimgMkfs *self)
{
  char *all = self->features != NULL
                  ? g_strdup_printf ("%s,%s", features_of (self->fs_type), self->features)
                  : g_strdup (features_of (self->fs_type));

  return g_strdelimit (all, ":", ',');
}

static guint64
inode_count (const DomuimgMkfs *self, const DomuimgRegion *region)
{
  return self->inodes > 0 ? self->inodes : MAX (region->length / BYTES_PER_INODE, 1024);
}

static double
reserved_of (const DomuimgMkfs *self)
{
  if (self->reserved == 0)
    return 1;
  return self->reserved < 0 ? 0 : self->reserved;
}

static gboolean
run_mke2fs_on (const DomuimgMkfs *self, const DomuimgRegion *region, GCancellable *cancellable,
            GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mke2fs");
  g_autofree char *path = domuimg_exec_pass_fd (exec, region->fd);
  const char *epoch = g_getenv ("SOURCE_DATE_EPOCH");
  gboolean journal = !g_str_equal (self->fs_type, "ext2");
  g_autofree char *features = join_features (self);
  char reserved[G_ASCII_DTOSTR_BUF_SIZE];

  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-F");
  domuimg_exec_argf (exec, "-t%s", self->fs_type);
  domuimg_exec_argf (exec, "-b%d", BLOCK_SIZE);
  domuimg_exec_argf (exec, "-I%d", INODE_SIZE);
  domuimg_exec_argf (exec, "-N%" G_GUINT64_FORMAT, inode_count (self, region));
  domuimg_exec_argf (exec, "-m%s",
                     g_ascii_formatd (reserved, sizeof reserved, "%g", reserved_of (self)));
  domuimg_exec_argf (exec, "-U%s", self->uuid);
  domuimg_exec_argf (exec, "-O%s", features);
  if (journal)
    domuimg_exec_argf (exec, "-Jsize=%" G_GUINT64_FORMAT, journal_mib (region->length));
  if (self->label != NULL)
    domuimg_exec_argf (exec, "-L%s", self->label);
  /* The file is new, sparse and so full of zeros: nothing has to be written or discarded. */
  domuimg_exec_argf (exec,
                     "-Ehash_seed=%s,nodiscard,lazy_itable_init=1,lazy_journal_init=1,"
                     "root_owner=0:0,offset=%" G_GUINT64_FORMAT,
                     self->uuid, region->offset);
  domuimg_exec_arg (exec, path);
  domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT, region->length / BLOCK_SIZE);
  /* mke2fs 1.47.0 knows the time only by this; later ones take SOURCE_DATE_EPOCH too. */
  if (epoch != NULL)
    domuimg_exec_setenv (exec, "E2FSPROGS_FAKE_TIME", epoch);
  domuimg_exec_setenv (exec, "MKE2FS_CONFIG", "/dev/null");
  return domuimg_exec_run (exec, cancellable, error);
}

gboolean
domuimg_mkfs_copy_from (int from, guint64 offset, const DomuimgRegion *region, GError **error)
{
  guint8 buffer[65536];
  off_t at = (off_t) offset;

  while ((at = lseek (from, at, SEEK_DATA)) >= 0)
    {
      off_t end = lseek (from, at, SEEK_HOLE);

      for (; at < end; at += MIN (end - at, (off_t) sizeof buffer))
        {
          gsize length = MIN (end - at, (off_t) sizeof buffer);

          if (pread (from, buffer, length, at) != (gssize) length
              || (!domuimg_is_zero (buffer, length)
                  && !domuimg_region_write (region, (guint64) at - offset, buffer, length)))
            return domuimg_set_errno (error, errno, "%s: writing the new filesystem", region->name);
        }
    }
  return TRUE;
}

gboolean
domuimg_mkfs_copy (int from, const DomuimgRegion *region, GError **error)
{
  return domuimg_mkfs_copy_from (from, 0, region, error);
}

/* mke2fs knows files and devices only, and takes no device that somebody has for himself, as we do. */
static gboolean
is_file (const DomuimgRegion *region)
{
  struct stat status;

  return region->back == NULL && fstat (region->fd, &status) == 0 && S_ISREG (status.st_mode);
}

/* So mke2fs gets one that lies in memory, of which it writes a little. */
static gboolean
run_mke2fs_aside (const DomuimgMkfs *self, const DomuimgRegion *region, GCancellable *cancellable,
                  GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_memory_file ("domuimg-mke2fs", region->length);
  g_autoptr (DomuimgRegion) aside = NULL;

  if (fd < 0)
    return domuimg_set_errno (error, errno, "%s: making an empty filesystem", region->name);
  aside = domuimg_region_new_for_fd (fd, region->name, error);
  return aside != NULL && run_mke2fs_on (self, aside, cancellable, error)
         && domuimg_mkfs_copy (fd, region, error);
}

static gboolean
run_mke2fs (const DomuimgMkfs *self, const DomuimgRegion *region, GCancellable *cancellable,
            GError **error)
{
  return is_file (region) ? run_mke2fs_on (self, region, cancellable, error)
                          : run_mke2fs_aside (self, region, cancellable, error);
}

/* What mkswap writes is in the first page. */
static gboolean
copy_header (int from, const DomuimgRegion *region, GError **error)
{
  guint8 page[BLOCK_SIZE];

  if (pread (from, page, sizeof page, 0) != sizeof page
      || !domuimg_region_write (region, 0, page, sizeof page))
    return domuimg_set_errno (error, errno, "%s: writing the header of the swap space",
                              region->name);
  return TRUE;
}

/* mkswap knows no part of a file: it is given a file of the size that lies in memory. */
static gboolean
run_mkswap (const DomuimgMkfs *self, const DomuimgRegion *region, GCancellable *cancellable,
            GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mkswap");
  g_auto (DomuimgFd) header = domuimg_memory_file ("domuimg-swap", region->length);
  g_autofree char *path = NULL;

  if (header < 0)
    return domuimg_set_errno (error, errno, "%s: making the header of the swap space",
                              region->name);
  path = domuimg_exec_pass_fd (exec, header);
  domuimg_exec_argf (exec, "-p%d", BLOCK_SIZE);
  domuimg_exec_arg (exec, "-U");
  domuimg_exec_arg (exec, self->uuid);
  if (self->label != NULL)
    {
      domuimg_exec_arg (exec, "-L");
      domuimg_exec_arg (exec, self->label);
    }
  domuimg_exec_arg (exec, path);
  return domuimg_exec_run (exec, cancellable, error) && copy_header (header, region, error);
}

/* mkfs.vfat knows no part of a file, either. 32 bits are what all firmware reads, and one sector a
 * cluster makes a small filesystem have enough of them. */
static gboolean
run_mkfat (const DomuimgMkfs *self, const DomuimgRegion *region, GCancellable *cancellable,
           GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mkfs.vfat");
  g_auto (DomuimgFd) image = domuimg_memory_file ("domuimg-fat", region->length);
  g_autofree char *path = NULL;
  gboolean is_small = region->length < 260 * MIB;

  if (image < 0)
    return domuimg_set_errno (error, errno, "%s: making a FAT filesystem", region->name);
  path = domuimg_exec_pass_fd (exec, image);
  domuimg_exec_arg (exec, "--invariant");
  domuimg_exec_arg (exec, "-F32");
  domuimg_exec_arg (exec, is_small ? "-s1" : "-s8");
  domuimg_exec_arg (exec, "-i");
  domuimg_exec_argf (exec, "%.4s%s", self->uuid, self->uuid + 5);
  domuimg_exec_argf (exec, "-h%" G_GUINT64_FORMAT, region->offset / 512);
  domuimg_exec_argf (exec, "-n%s", self->label != NULL ? self->label : "EFI");
  domuimg_exec_arg (exec, path);
  return domuimg_exec_run (exec, cancellable, error) && domuimg_mkfs_copy (image, region, error);
}

gboolean
domuimg_mkfs_run (const DomuimgMkfs *self, const DomuimgRegion *region, GCancellable *cancellable,
                  GError **error)
{
  if (g_str_equal (self->fs_type, "swap"))
    return run_mkswap (self, region, cancellable, error);
  if (g_str_equal (self->fs_type, "vfat"))
    return run_mkfat (self, region, cancellable, error);
  return run_mke2fs (self, region, cancellable, error);
}

static guint64
round_up (guint64 value, guint64 step)
{
  return (value + step - 1) / step * step;
}

guint64
domuimg_mkfs_min_size (const DomuimgUsage *usage)
{
  guint64 content = usage->data_bytes + usage->other_bytes;
  guint64 inodes = (usage->entries + 64) * INODE_SIZE;
  guint64 size = content + inodes;

  /* Group descriptors with those reserved for growth, bitmaps, extent blocks. */
  size += size / 64 + 4 * MIB;
  size += journal_mib (size + 64 * MIB) * MIB;
  return round_up (size, MIB);
}

guint64
domuimg_mkfs_default_size (guint64 least)
{
  return round_up (least + MAX (least / 2, 512 * MIB), 64 * MIB);
}
