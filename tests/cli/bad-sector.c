/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For LD_PRELOAD: BAD_FILE has an unreadable sector at byte BAD_SECTOR, as a worn disk has one. The
 * offsets of all its reads are appended to BAD_LOG. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512

static int
is_bad_file (int fd)
{
  const char *path = getenv ("BAD_FILE");
  struct stat file, wanted;

  return path != NULL && stat (path, &wanted) == 0 && fstat (fd, &file) == 0
         && file.st_dev == wanted.st_dev && file.st_ino == wanted.st_ino;
}

static void
note (off_t offset)
{
  const char *path = getenv ("BAD_LOG");
  FILE *log = path != NULL ? fopen (path, "a") : NULL;

  if (log == NULL)
    return;
  fprintf (log, "%lld\n", (long long) offset);
  fclose (log);
}

static int
hits (int fd, size_t length, off_t offset)
{
  const char *text = getenv ("BAD_SECTOR");
  off_t sector;

  if (!is_bad_file (fd))
    return 0;
  note (offset);
  if (text == NULL)
    return 0;
  sector = atoll (text) / SECTOR * SECTOR;
  errno = EIO;
  return offset < sector + SECTOR && offset + (off_t) length > sector;
}

ssize_t
pread64 (int fd, void *buffer, size_t length, off_t offset)
{
  static ssize_t (*real) (int, void *, size_t, off_t);

  if (real == NULL)
    real = (ssize_t (*) (int, void *, size_t, off_t)) dlsym (RTLD_NEXT, "pread64");
  return hits (fd, length, offset) ? -1 : real (fd, buffer, length, offset);
}

ssize_t
pread (int fd, void *buffer, size_t length, off_t offset)
{
  return pread64 (fd, buffer, length, offset);
}

ssize_t
read (int fd, void *buffer, size_t length)
{
  static ssize_t (*real) (int, void *, size_t);

  if (real == NULL)
    real = (ssize_t (*) (int, void *, size_t)) dlsym (RTLD_NEXT, "read");
  return hits (fd, length, lseek (fd, 0, SEEK_CUR)) ? -1 : real (fd, buffer, length);
}
