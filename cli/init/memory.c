/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places in memory, with what the root has there. */
#define _GNU_SOURCE
#include "cli/init/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/init/copy.h"
#include "cli/init/say.h"

/* Where a copy is until it is whole. */
#define STAGE "/dev/domuimg-memory"
#define COPY STAGE "/copy"

static bool
is_read_only (const char *path)
{
  struct statvfs status;

  return statvfs (path, &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

static bool
fill (const char *place)
{
  char end[PATH_MAX];

  return realpath (place, end) != NULL && copy_all (end, COPY) && mount (COPY, end, NULL, MS_BIND, NULL) == 0;
}

/* The filesystem in memory lives on at the place that it is bound to. Without one, it goes with its stage. */
static bool
lay (const char *place, unsigned long flags)
{
  bool done;

  if (mount ("tmpfs", STAGE, "tmpfs", flags, "mode=0755") != 0)
    {
      say_errno ("mounting a tmpfs for %s", place);
      return false;
    }
  done = fill (place);
  if (!done)
    say_errno ("%s cannot be copied into memory (more memory, or a disk for it, may help)", place);
  umount2 (STAGE, MNT_DETACH);
  return done;
}

/* An image has directories there for its application. Without a copy of them there is an empty place. */
static void
lay_fleeting (const char *place, const char *options)
{
  if (!lay (place, MS_NOSUID | MS_NODEV)
      && mount ("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
    say_errno ("mounting %s", place);
}

void
memory_lay (const struct config *config)
{
  mkdir (STAGE, 0700);
  lay_fleeting ("/run", "mode=0755");
  lay_fleeting ("/tmp", "mode=1777");
  chmod ("/tmp", 01777);
  for (size_t i = 0; is_read_only ("/") && i < config->n_memory; i++)
    if (!lay (config->memory[i], 0))
      say ("%s can only be read", config->memory[i]);
  rmdir (STAGE);
}
