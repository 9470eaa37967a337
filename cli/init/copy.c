/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies files as they are, from one filesystem to another. */
#include "cli/init/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/init/say.h"

#define PART_SIZE 65536
/* The most that Linux has of them (linux/limits.h, which no small C library has). */
#define ATTRIBUTES_MAX 65536

static bool
is_zero (const char *bytes, size_t length)
{
  return length > 0 && bytes[0] == 0 && memcmp (bytes, bytes + 1, length - 1) == 0;
}

static bool
write_all (int fd, const char *bytes, size_t length)
{
  while (length > 0)
    {
      ssize_t put = write (fd, bytes, length);

      if (put < 0)
        return false;
      bytes += put;
      length -= (size_t) put;
    }
  return true;
}

static bool
copy_bytes (int from, int to, off_t size)
{
  static char part[PART_SIZE];
  ssize_t length;

  while ((length = read (from, part, sizeof part)) > 0)
    if (is_zero (part, (size_t) length) ? lseek (to, length, SEEK_CUR) < 0
                                        : !write_all (to, part, (size_t) length))
      return false;
  return length == 0 && ftruncate (to, size) == 0;
}

static bool
copy_file (const char *from, const char *to, const struct stat *status)
{
  int in = open (from, O_RDONLY | O_CLOEXEC);
  int out = in >= 0 ? open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
  bool done = out >= 0 && copy_bytes (in, out, status->st_size);
  int reason = errno;

  if (in >= 0)
    close (in);
  if (out >= 0 && close (out) != 0)
    return false;
  errno = reason;
  return done;
}

static bool
copy_link (const char *from, const char *to)
{
  char target[PATH_MAX];
  ssize_t length = readlink (from, target, sizeof target - 1);

  if (length < 0)
    return false;
  target[length] = '\0';
  return symlink (target, to) == 0;
}

static bool
copy_directory (const char *from, const char *to)
{
  DIR *directory = opendir (from);
  struct dirent *entry;
  bool done = directory != NULL && mkdir (to, 0700) == 0;

  while (done && (entry = readdir (directory)) != NULL)
    {
      char below[PATH_MAX], there[PATH_MAX];

      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      errno = ENAMETOOLONG;
      done = (size_t) snprintf (below, sizeof below, "%s/%s", from, entry->d_name) < sizeof below
             && (size_t) snprintf (there, sizeof there, "%s/%s", to, entry->d_name) < sizeof there
             && copy_all (below, there);
    }
  if (directory != NULL)
    closedir (directory);
  return done;
}

static bool
copy_attribute (const char *from, const char *to, const char *name)
{
  char value[ATTRIBUTES_MAX];
  ssize_t length = lgetxattr (from, name, value, sizeof value);

  return length >= 0 && lsetxattr (to, name, value, (size_t) length, 0) == 0;
}

/* An attribute that memory cannot hold is no reason to have no copy; who needs it is to know. */
static void
copy_attributes (const char *from, const char *to)
{
  char names[ATTRIBUTES_MAX];
  ssize_t length = llistxattr (from, names, sizeof names);

  if (length < 0 && errno != ENOTSUP)
    say_errno ("reading the attributes of %s", from);
  for (char *name = names; length > 0 && name < names + length; name += strlen (name) + 1)
    if (!copy_attribute (from, to, name))
      say_errno ("%s loses its attribute %s in memory", from, name);
}

bool
copy_all (const char *from, const char *to)
{
  struct stat status;
  bool done = false, is_link;

  if (lstat (from, &status) != 0)
    return false;
  is_link = S_ISLNK (status.st_mode);
  if (S_ISDIR (status.st_mode))
    done = copy_directory (from, to);
  else if (S_ISREG (status.st_mode))
    done = copy_file (from, to, &status);
  else
    done = is_link ? copy_link (from, to) : mknod (to, status.st_mode, status.st_rdev) == 0;
  if (!done || lchown (to, status.st_uid, status.st_gid) != 0
      || (!is_link && chmod (to, status.st_mode & 07777) != 0))
    return false;
  copy_attributes (from, to);
  return utimensat (AT_FDCWD, to, (struct timespec[]){ status.st_atim, status.st_mtim }, AT_SYMLINK_NOFOLLOW)
         == 0;
}
