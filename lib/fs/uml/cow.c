/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copy-on-write files of User-mode Linux: arch/um/drivers/cow_user.c of Linux, version 3. */
#include "config.h"
#include "lib/fs/uml/cow.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/base/fd.h"

#define MAGIC 0x4f4f4f4d
#define VERSION 3
#define SECTOR 512
#define ALIGNMENT 4096
#define PATH_LENGTH 4096

/* Big-endian. */
typedef struct {
  guint32 magic;
  guint32 version;
  guint32 mtime;
  guint64 size;
  guint32 sector;
  guint32 alignment;
  guint32 format;
  char path[PATH_LENGTH];
} __attribute__ ((packed)) Header;

static guint64
round_up (guint64 value)
{
  return (value + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

int
domuimg_uml_cow_make (const DomuimgRegion *disk, const char *path, GError **error)
{
  guint64 bitmap = round_up (sizeof (Header));
  guint64 data = round_up (bitmap + (disk->length / SECTOR + 7) / 8);
  g_auto (DomuimgFd) fd = memfd_create ("domuimg-changes", MFD_CLOEXEC);
  g_autofree Header *header = g_new0 (Header, 1);
  struct stat st;
  int result;

  if (fd < 0 || fstat (disk->fd, &st) != 0 || ftruncate (fd, (off_t) (data + disk->length)) != 0)
    {
      domuimg_set_errno (error, errno, "%s: making room for what is written", disk->name);
      return -1;
    }
  header->magic = GUINT32_TO_BE (MAGIC);
  header->version = GUINT32_TO_BE (VERSION);
  header->mtime = GUINT32_TO_BE ((guint32) st.st_mtim.tv_sec);
  header->size = GUINT64_TO_BE (disk->length);
  header->sector = GUINT32_TO_BE (SECTOR);
  header->alignment = GUINT32_TO_BE (ALIGNMENT);
  g_strlcpy (header->path, path, sizeof header->path);
  if (!domuimg_pwrite_all (fd, header, sizeof *header, 0))
    {
      domuimg_set_errno (error, errno, "%s: making room for what is written", disk->name);
      return -1;
    }
  result = fd;
  fd = -1;
  return result;
}
