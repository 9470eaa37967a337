/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes an environment block of GRUB on a guest's disk. */
#include "config.h"
#include "lib/bootloader/save.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/lease.h"
#include "lib/bootloader/message.h"

#define SECTOR 512

/* The disk that was read, for writing, with no other user. */
static gboolean
open_disk (const char *path, int disk, int *fd, GError **error)
{
  struct stat before, now;
  int exclusive;

  if (fstat (disk, &before) != 0)
    return domuimg_set_errno (error, errno, "%s", path);
  if (!S_ISREG (before.st_mode) && !S_ISBLK (before.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s is neither a file nor a device", path);
  if (domuimg_file_is_busy (path))
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY, "%s is in use", path);
  exclusive = S_ISBLK (before.st_mode) ? O_EXCL : 0;
  *fd = open (path, O_RDWR | O_CLOEXEC | O_NONBLOCK | exclusive);
  if (*fd < 0 || fstat (*fd, &now) != 0)
    return domuimg_set_errno (error, errno, "%s", path);
  if (now.st_dev == before.st_dev && now.st_ino == before.st_ino && now.st_rdev == before.st_rdev)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_BUSY, "%s is another file than the one that was read", path);
}

static gboolean
save_one (int fd, const DomuimgBootloaderSave *save, GError **error)
{
  char block[DOMUIMG_GRUBENV_SIZE], changed[DOMUIMG_GRUBENV_SIZE];

  if (save->offset % SECTOR != 0 || save->offset > G_MAXINT64 - sizeof block
      || TEMP_FAILURE_RETRY (pread (fd, block, sizeof block, (off_t) save->offset)) != sizeof block)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "its place is not on the disk");
  memcpy (changed, block, sizeof block);
  if (!domuimg_grubenv_set (changed, save->name, save->value, error))
    return FALSE;
  if (memcmp (changed, block, sizeof block) == 0)
    return TRUE;
  return TEMP_FAILURE_RETRY (pwrite (fd, changed, sizeof changed, (off_t) save->offset))
             == sizeof changed
         || domuimg_set_errno (error, errno, "writing it");
}

gboolean
domuimg_bootloader_save (const char *path, int disk, const GPtrArray *saves, GError **error)
{
  g_auto (DomuimgFd) fd = -1;

  if (!open_disk (path, disk, &fd, error))
    return FALSE;
  for (guint i = 0; i < saves->len; i++)
    {
      const DomuimgBootloaderSave *save = g_ptr_array_index (saves, i);

      if (!save_one (fd, save, error))
        return FALSE;
    }
  return fdatasync (fd) == 0 || domuimg_set_errno (error, errno, "writing %s", path);
}
