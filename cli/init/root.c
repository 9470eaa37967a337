/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an initramfs to the guest's root: loads modules, waits for the disk, and goes on there. */
#define _GNU_SOURCE
#include "cli/init/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/init/disks.h"
#include "cli/init/mounts.h"
#include "cli/init/say.h"

/* Paths of modules, a line each, in the order that they are loaded in. */
#define MODULES "/modules.load"
#define NEW_ROOT "/root"
#define DISK_SECONDS 60

bool
root_is_initramfs (void)
{
  return access (MODULES, F_OK) == 0;
}

bool
root_get_parameter (const char *word, char *value, size_t size)
{
  char line[4096];
  char *rest = line, *item;
  size_t length = strlen (word);
  bool found = false;

  if (read_file ("/proc/cmdline", line, sizeof line) < 0)
    return false;
  while ((item = strsep (&rest, " \n")) != NULL)
    if (strncmp (item, word, length) == 0 && item[length] == '=')
      {
        found = (size_t) snprintf (value, size, "%s", item + length + 1) < size;
        if (!found)
          say ("%s= on the kernel's command line is too long, and ignored", word);
      }
  return found;
}

static void
load_module (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  /* One for a processor that this is not says ENODEV. */
  if (fd < 0 || (syscall (SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST && errno != ENODEV))
    say_errno ("loading the module %s", path);
  if (fd >= 0)
    close (fd);
}

static void
load_modules (void)
{
  char *list = load_file (MODULES), *rest = list, *path;

  while (list != NULL && (path = strsep (&rest, "\n")) != NULL)
    if (*path != '\0')
      {
        load_module (path);
        /* The memory of an initramfs is the guest's until its files go. */
        unlink (path);
      }
  unlink (MODULES);
  free (list);
}

static bool
mount_root (void)
{
  char spec[256], path[300], type[32], flags[256];
  bool has_type = root_get_parameter ("rootfstype", type, sizeof type);
  bool has_flags = root_get_parameter ("rootflags", flags, sizeof flags);

  if (!root_get_parameter ("root", spec, sizeof spec))
    {
      say ("the kernel's command line has no root=");
      return false;
    }
  mkdir (NEW_ROOT, 0755);
  return disk_wait (spec, path, sizeof path, DISK_SECONDS)
         && disk_mount (path, NEW_ROOT, has_type ? type : NULL, MS_RDONLY, has_flags ? flags : NULL);
}

void
root_switch (char **argv)
{
  char init[256] = "/sbin/init";

  load_modules ();
  if (!mount_root ())
    return;
  root_get_parameter ("init", init, sizeof init);
  mounts_leave ();
  unlink ("/init");
  if (chdir (NEW_ROOT) != 0 || mount (".", "/", NULL, MS_MOVE, NULL) != 0 || chroot (".") != 0
      || chdir ("/") != 0)
    {
      say_errno ("going to the root");
      return;
    }
  argv[0] = init;
  execv (init, argv);
  say_errno ("starting %s", init);
}
