/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds disks by what they are called on a kernel's command line, mounts them, and lets them grow. */
#include "cli/init/disks.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/init/say.h"

/* linux/fs.h and fs/ext4/ext4.h, which no small C library has. */
#define BLOCK_SIZE_IOCTL _IOR (0x12, 114, size_t)
#define EXT4_RESIZE_IOCTL _IOW ('f', 16, uint64_t)

/* In the superblock of ext4. */
#define EXT4_LOG_SIZE_AT 0x418
#define EXT4_LOG_SIZE_MAX 6
#define EXT4_MAGIC_AT 0x438
#define EXT4_MAGIC "\x53\xef"

#define POLL_MS 10
/* A UUID as text, with its end. */
#define UUID_SIZE 37

/* Where filesystems have their magic number and UUID. */
static const struct {
  off_t magic_at;
  const char *magic;
  size_t length;
  off_t uuid_at;
} filesystems[] = {
  { EXT4_MAGIC_AT, EXT4_MAGIC, 2, 0x468 },
  { 0, "XFSB", 4, 32 },
  { 0x10040, "_BHRfS_M", 8, 0x10020 },
  { 0x400, "\x10\x20\xf5\xf2", 4, 0x46c },
};

static bool
read_at (int fd, off_t at, void *buffer, size_t length)
{
  return pread (fd, buffer, length, at) == (ssize_t) length;
}

static void
print_uuid (const uint8_t *bytes, char text[UUID_SIZE])
{
  size_t length = 0;

  for (int i = 0; i < 16; i++)
    length += (size_t) snprintf (text + length, UUID_SIZE - length, "%s%02x",
                                 i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
}

static bool
has_uuid (const char *path, const char *wanted)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  bool found = false;

  for (size_t i = 0; fd >= 0 && !found && i < sizeof filesystems / sizeof *filesystems; i++)
    {
      uint8_t magic[8], uuid[16];
      char text[UUID_SIZE];

      if (!read_at (fd, filesystems[i].magic_at, magic, filesystems[i].length)
          || memcmp (magic, filesystems[i].magic, filesystems[i].length) != 0
          || !read_at (fd, filesystems[i].uuid_at, uuid, sizeof uuid))
        continue;
      print_uuid (uuid, text);
      found = strcasecmp (text, wanted) == 0;
    }
  if (fd >= 0)
    close (fd);
  return found;
}

static bool
has_partition_uuid (const char *name, const char *wanted)
{
  char path[300], text[1024];
  const char *line;

  snprintf (path, sizeof path, "/sys/class/block/%s/uevent", name);
  if (read_file (path, text, sizeof text) < 0)
    return false;
  line = strstr (text, "PARTUUID=");
  return line != NULL && strncasecmp (line + 9, wanted, strlen (wanted)) == 0;
}

static bool
is_meant (const char *name, const char *path, const char *spec)
{
  if (strncmp (spec, "UUID=", 5) == 0)
    return has_uuid (path, spec + 5);
  if (strncmp (spec, "PARTUUID=", 9) == 0)
    return has_partition_uuid (name, spec + 9);
  return strcmp (path, spec) == 0;
}

static bool
find_disk (const char *spec, char *path, size_t size)
{
  DIR *directory = opendir ("/sys/class/block");
  struct dirent *entry;
  bool found = false;

  while (directory != NULL && !found && (entry = readdir (directory)) != NULL)
    {
      snprintf (path, size, "/dev/%s", entry->d_name);
      found = *entry->d_name != '.' && is_meant (entry->d_name, path, spec) && access (path, F_OK) == 0;
    }
  if (directory != NULL)
    closedir (directory);
  return found;
}

bool
disk_wait (const char *spec, char *path, size_t size, unsigned seconds)
{
  for (unsigned waited = 0; waited <= seconds * 1000; waited += POLL_MS)
    {
      if (find_disk (spec, path, size))
        return true;
      sleep_ms (POLL_MS);
    }
  say ("the disk %s is not there", spec);
  return false;
}

static bool
mount_any (const char *device, const char *place, unsigned long flags, const char *options)
{
  char list[4096];
  char *rest = list, *line;

  if (read_file ("/proc/filesystems", list, sizeof list) < 0)
    return false;
  while ((line = strsep (&rest, "\n")) != NULL)
    if (*line == '\t' && mount (device, place, line + 1, flags, options) == 0)
      return true;
  return false;
}

bool
disk_mount (const char *device, const char *place, const char *type, unsigned long flags,
            const char *options)
{
  bool done = type != NULL ? mount (device, place, type, flags, options) == 0
                           : mount_any (device, place, flags, options);

  if (!done)
    say_errno ("mounting %s at %s", device, place);
  return done;
}

/* The device of this number, open for reading: the root may be called anything, but its number is certain. Its
 * node is the kernel's in /dev, since no other filesystem of the guest lets device nodes be opened. */
static int
open_device (dev_t number)
{
  char path[300], text[1024], *name;
  struct stat status;
  int fd;

  snprintf (path, sizeof path, "/sys/dev/block/%u:%u/uevent", major (number), minor (number));
  if (read_file (path, text, sizeof text) < 0)
    return -1;
  errno = ENODEV;
  name = strstr (text, "DEVNAME=");
  if (name == NULL)
    return -1;
  name += strlen ("DEVNAME=");
  snprintf (path, sizeof path, "/dev/%.*s", (int) strcspn (name, "\n"), name);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || (fstat (fd, &status) == 0 && S_ISBLK (status.st_mode) && status.st_rdev == number))
    return fd;
  close (fd);
  errno = ENODEV;
  return -1;
}

/* How many blocks of its ext filesystem a disk can hold. */
static bool
count_blocks (int disk, const char *place, uint64_t *blocks)
{
  uint8_t magic[2];
  uint32_t log_size = 0;
  uint64_t bytes = 0;

  if (ioctl (disk, BLOCK_SIZE_IOCTL, &bytes) != 0)
    {
      say_errno ("growing the filesystem at %s: asking for the size of its disk", place);
      return false;
    }
  if (!read_at (disk, EXT4_MAGIC_AT, magic, sizeof magic) || memcmp (magic, EXT4_MAGIC, sizeof magic) != 0
      || !read_at (disk, EXT4_LOG_SIZE_AT, &log_size, sizeof log_size) || log_size > EXT4_LOG_SIZE_MAX)
    {
      say ("growing the filesystem at %s: it is not an ext filesystem, and stays as large as it is", place);
      return false;
    }
  *blocks = bytes >> (10 + log_size);
  return true;
}

void
disk_grow (const char *place)
{
  int fd = open (place, O_RDONLY | O_DIRECTORY | O_CLOEXEC), disk = -1;
  struct stat status;
  uint64_t blocks;

  if (fd < 0 || fstat (fd, &status) != 0)
    say_errno ("growing the filesystem at %s", place);
  else if ((disk = open_device (status.st_dev)) < 0)
    say_errno ("growing the filesystem at %s: opening its disk %u:%u", place, major (status.st_dev),
               minor (status.st_dev));
  else if (count_blocks (disk, place, &blocks) && ioctl (fd, EXT4_RESIZE_IOCTL, &blocks) != 0)
    say_errno ("growing the filesystem at %s", place);
  if (disk >= 0)
    close (disk);
  if (fd >= 0)
    close (fd);
}
