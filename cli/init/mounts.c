/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mounted in any guest, and taken away at its end. */
#define _GNU_SOURCE
#include "cli/init/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/init/say.h"

struct place {
  const char *path;
  const char *type;
  unsigned long flags;
  const char *options;
  mode_t mode;
};

static const struct place of_kernel[] = {
  { "/dev", "devtmpfs", MS_NOSUID, "mode=0755", 0755 },
  { "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, 0555 },
  { "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, 0555 },
};

static const struct place of_system[] = {
  { "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=0666,mode=0620,gid=5", 0755 },
  { "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777", 01777 },
  { "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, 0755 },
};

static void
mount_all (const struct place *places, size_t count)
{
  for (size_t i = 0; i < count; i++)
    {
      const struct place *place = &places[i];

      mkdir (place->path, place->mode);
      /* A kernel that was built without one of them says ENODEV, one that did it itself EBUSY. */
      if (mount (place->type, place->path, place->type, place->flags, place->options) != 0
          && errno != EBUSY && errno != ENODEV)
        say_errno ("mounting %s", place->path);
    }
}

static void
open_console (void)
{
  int fd = open ("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);

  for (int i = 0; fd >= 0 && i <= STDERR_FILENO; i++)
    dup2 (fd, i);
  if (fd > STDERR_FILENO)
    close (fd);
}

void
mounts_begin (void)
{
  static const char *const links[][2] = { { "/proc/self/fd", "/dev/fd" },
                                          { "/proc/self/fd/0", "/dev/stdin" },
                                          { "/proc/self/fd/1", "/dev/stdout" },
                                          { "/proc/self/fd/2", "/dev/stderr" } };

  mount_all (of_kernel, sizeof of_kernel / sizeof *of_kernel);
  open_console ();
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink (links[i][0], links[i][1]) != 0 && errno != EEXIST)
      say_errno ("linking %s", links[i][1]);
}

void
mounts_complete (void)
{
  mount_all (of_system, sizeof of_system / sizeof *of_system);
}

void
mounts_leave (void)
{
  for (size_t i = sizeof of_kernel / sizeof *of_kernel; i > 0; i--)
    umount2 (of_kernel[i - 1].path, MNT_DETACH);
}

/* The place of a line of /proc/mounts, in it. */
static char *
cut_place (char *line)
{
  char *place = strchr (line, ' '), *to, *from;

  if (place == NULL)
    return NULL;
  place++;
  place[strcspn (place, " ")] = '\0';
  for (to = from = place; *from != '\0'; to++)
    if (from[0] == '\\' && from[1] != '\0' && from[2] != '\0' && from[3] != '\0')
      {
        *to = (char) ((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
        from += 4;
      }
    else
      *to = *from++;
  *to = '\0';
  return place;
}

/* The last line of @text, which then ends before it. */
static char *
take_last_line (char *text)
{
  char *end = strrchr (text, '\n');

  if (end == NULL)
    return NULL;
  *end = '\0';
  end = strrchr (text, '\n');
  return end != NULL ? end + 1 : text;
}

static void
end_place (const char *place)
{
  bool is_root = strcmp (place, "/") == 0;

  if (strcmp (place, "/dev") == 0 || strcmp (place, "/proc") == 0)
    return;
  if ((is_root || umount2 (place, 0) != 0) && mount (NULL, place, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0
      && is_root)
    say_errno ("making the root read-only");
}

void
mounts_end (void)
{
  char *text = load_file ("/proc/mounts"), *line;

  if (text == NULL)
    say_errno ("reading /proc/mounts");
  while (text != NULL && (line = take_last_line (text)) != NULL)
    {
      const char *place = cut_place (line);

      if (place != NULL)
        end_place (place);
    }
  free (text);
}
