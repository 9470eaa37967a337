/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a process's files away from it, by Landlock. */
#include "config.h"
#include "lib/bootloader/confine.h"

#include <sys/syscall.h>
#include <unistd.h>

#ifdef HAVE_LANDLOCK

#include <linux/landlock.h>

#include "lib/base/fd.h"

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Linux's Documentation/userspace-api/landlock.rst: what is handled and named by no rule is refused. */
const char *
domuimg_confine_files (gboolean readable)
{
  /* All rights of the first version; the later ones are about files that cannot be opened. */
  const struct landlock_ruleset_attr all = {
    .handled_access_fs = ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) & ~(readable ? READING : 0ULL),
  };
  g_auto (DomuimgFd) rules
      = syscall (SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);

  if (rules < 0 || syscall (SYS_landlock_restrict_self, rules, 0) != 0)
    return "no Landlock";
  return NULL;
}

#else

const char *
domuimg_confine_files (gboolean readable)
{
  return "no Landlock (built without its header)";
}

#endif
