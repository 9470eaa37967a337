/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places in memory, over those of a root that can only be read. */
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
#define STAGE "/run/domuimg-memory"
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
static void
lay (const char *place)
{
  if (mount ("tmpfs", STAGE, "tmpfs", 0, "mode=0755") != 0)
    {
      say_errno ("%s can only be read: mounting a tmpfs", place);
      return;
    }
  if (!fill (place))
    say_errno ("%s can only be read, as no copy of it can be in memory (more memory, or a disk for it, may help)",
               place);
  umount2 (STAGE, MNT_DETACH);
}

void
memory_lay (const struct config *config)
{
  if (!is_read_only ("/"))
    return;
  mkdir (STAGE, 0700);
  for (size_t i = 0; i < config->n_memory; i++)
    lay (config->memory[i]);
  rmdir (STAGE);
}
