/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How libblkid is run, and values that it has found. */
#include "config.h"
#include "lib/image/blkid.h"

#include <errno.h>

#include "lib/base/fd.h"
#include "lib/base/unnamed.h"

/* libblkid looks for signatures up to 4 MiB from the beginning, and 1.6 MB from the end. */
#define PROBED_HEAD ((guint64) 5 << 20)
#define PROBED_TAIL ((guint64) 2 << 20)

static gboolean
copy (const DomuimgRegion *region, guint64 offset, int fd, guint64 at, gsize length)
{
  g_autofree guint8 *buffer = g_malloc (length);
  gssize got = domuimg_region_read (region, offset + at, buffer, length);

  return got >= 0 && domuimg_pwrite_all (fd, buffer, (gsize) got, at);
}

/* libblkid reads descriptors only: it gets a file in memory, with what it looks at. */
static DomuimgBlkidProbe *
new_probe_of_copy (const DomuimgRegion *region, guint64 offset, guint64 length)
{
  g_auto (DomuimgFd) fd = domuimg_memory_file ("domuimg-blkid", length);
  g_autofree char *path = g_strdup_printf ("/dev/fd/%d", fd);
  guint64 tail = length - MIN (length, PROBED_TAIL);

  if (fd < 0 || !copy (region, offset, fd, 0, MIN (length, PROBED_HEAD))
      || !copy (region, offset, fd, tail, length - tail))
    return NULL;
  return blkid_new_probe_from_filename (path);
}

DomuimgBlkidProbe *
domuimg_blkid_new_probe (const DomuimgRegion *region, guint64 offset, guint64 length,
                         GError **error)
{
  g_autoptr (DomuimgBlkidProbe) probe
      = region->back != NULL ? new_probe_of_copy (region, offset, length) : blkid_new_probe ();

  if (probe != NULL
      && (region->back != NULL
          || blkid_probe_set_device (probe, region->fd, region->offset + offset, length) == 0))
    return g_steal_pointer (&probe);
  domuimg_fail (error, DOMUIMG_ERROR_IO, "%s: cannot be probed", region->name);
  return NULL;
}

gboolean
domuimg_blkid_fail_unread (const DomuimgRegion *region, int saved_errno, GError **error)
{
  return domuimg_set_errno (error, saved_errno > 0 ? saved_errno : EIO,
                            "%s: looking for filesystems and partitions", region->name);
}

/* Whether all can be read that libblkid looks at. */
static gboolean
read_all_probed (const DomuimgRegion *region, guint64 offset, guint64 length, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PROBED_HEAD);
  guint64 tail = MAX (length, PROBED_TAIL) - PROBED_TAIL;

  return (domuimg_region_read (region, offset, buffer, MIN (length, PROBED_HEAD)) >= 0
          && domuimg_region_read (region, offset + tail, buffer, length - tail) >= 0)
         || domuimg_blkid_fail_unread (region, errno, error);
}

/* What it could not read may hold anything, and it says now and then that there is nothing. Then all
 * that it reads must be readable, and it looks again. */
gboolean
domuimg_blkid_run (DomuimgBlkidProbe *probe, int (*run) (DomuimgBlkidProbe *),
                   const DomuimgRegion *region, guint64 offset, guint64 length, gboolean *found,
                   GError **error)
{
  int result;

  errno = 0;
  result = run (probe);
  if (result != 0 && result != -1)
    {
      if (!read_all_probed (region, offset, length, error))
        return FALSE;
      blkid_probe_reset_buffers (probe);
      result = run (probe);
    }
  *found = result == 0;
  return result != -1 || domuimg_blkid_fail_unread (region, errno, error);
}

char *
domuimg_blkid_lookup (DomuimgBlkidProbe *probe, const char *name)
{
  const char *value = NULL;

  return blkid_probe_lookup_value (probe, name, &value, NULL) == 0 && value != NULL
             ? g_utf8_make_valid (value, -1)
             : NULL;
}
