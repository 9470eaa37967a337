/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes an entry of what libarchive says of one. */
#include "config.h"
#include "lib/source/tar-entry.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "lib/source/tar-acl.h"

static void
read_xattrs (struct archive_entry *from, DomuimgEntry *to)
{
  const char *name;
  const void *value;
  size_t size;

  archive_entry_xattr_reset (from);
  while (archive_entry_xattr_next (from, &name, &value, &size) == ARCHIVE_OK)
    domuimg_entry_add_xattr (to, name, value, size);
}

static gboolean
read_target (const char *name, struct archive_entry *from, DomuimgEntry *to, GError **error)
{
  if (to->type == DOMUIMG_ENTRY_HARD_LINK)
    {
      g_autoptr (GError) local = NULL;

      to->target = domuimg_path_normalise (archive_entry_hardlink (from), &local);
      if (to->target != NULL)
        return TRUE;
      return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "%s: hard link /%s: %s",
                           name, to->path, local->message);
    }
  if (to->type != DOMUIMG_ENTRY_SYMLINK)
    return TRUE;
  to->target = g_strdup (archive_entry_symlink (from));
  if (to->target == NULL || *to->target == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: symlink /%s has no target",
                         name, to->path);
  to->size = strlen (to->target);
  return TRUE;
}

/* Absolute names and ".." would be acts outside the guest in a tool that extracts. Here
 * they could not do harm, but an archive that has them is not a copy of a root. */
static char *
read_path (const char *name, struct archive_entry *from, GError **error)
{
  const char *path = archive_entry_pathname (from);
  g_autoptr (GError) local = NULL;
  g_autofree char *normal = NULL;

  if (path == NULL || *path == '\0')
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: an entry has no name", name);
      return NULL;
    }
  if (*path == '/')
    {
      domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                    "%s: “%s” has an absolute name; make the archive with tar -C ROOT .",
                    name, path);
      return NULL;
    }
  normal = domuimg_path_normalise (path, &local);
  if (normal == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "%s: %s", name, local->message);
  return g_steal_pointer (&normal);
}

/* Before 1970, libarchive gives the fraction away from zero. */
static void
read_mtime (struct archive_entry *from, DomuimgEntry *to)
{
  to->mtime.sec = archive_entry_mtime (from);
  to->mtime.nsec = archive_entry_mtime_nsec (from);
  if (to->mtime.sec < 0 && to->mtime.nsec > 0)
    {
      to->mtime.sec--;
      to->mtime.nsec = 1000000000 - to->mtime.nsec;
    }
}

DomuimgEntry *
domuimg_tar_entry_new (const char *name, struct archive_entry *from, GError **error)
{
  g_autofree char *path = read_path (name, from, error);
  g_autoptr (DomuimgEntry) to = NULL;

  if (path == NULL)
    return NULL;
  to = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0);
  domuimg_entry_set_st_mode (to, archive_entry_mode (from));
  if (archive_entry_hardlink (from) != NULL)
    to->type = DOMUIMG_ENTRY_HARD_LINK;
  to->uid = archive_entry_uid (from);
  to->gid = archive_entry_gid (from);
  read_mtime (from, to);
  to->dev_major = archive_entry_rdevmajor (from);
  to->dev_minor = archive_entry_rdevminor (from);
  if (to->type == DOMUIMG_ENTRY_FILE)
    {
      to->size = archive_entry_size (from);
      to->allocated = to->size;
    }
  read_xattrs (from, to);
  if (!domuimg_tar_read_acls (from, to, name, error)
      || !read_target (name, from, to, error))
    return NULL;
  return g_steal_pointer (&to);
}
