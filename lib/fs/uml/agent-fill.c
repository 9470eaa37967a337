/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills an empty filesystem in User-mode Linux, with as few calls as there can be. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/tree/dir-attributes.h"

static gboolean
fail_at (const DomuimgEntry *entry, const char *doing, GError **error)
{
  if (errno == ELOOP)
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "/%s lies below a symlink, which is not followed", entry->path);
  if (errno == ENOTDIR)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s lies below what is not a directory", entry->path);
  if (errno == EEXIST)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s comes twice; an archive of a root has each file once", entry->path);
  return domuimg_set_errno (error, errno, "/%s: %s", entry->path, doing);
}

gboolean
domuimg_uml_agent_end_fill (DomuimgUmlMounted *mount, GError **error)
{
  g_autoptr (DomuimgEntry) entry = g_steal_pointer (&mount->entry);
  g_auto (DomuimgFd) fd = mount->fd;

  mount->fd = -1;
  if (entry == NULL)
    return TRUE;
  /* Holes at its end. */
  if (ftruncate (fd, (off_t) entry->size) != 0)
    return fail_at (entry, "setting its size", error);
  if (domuimg_tree_dir_apply_attributes (fd, entry, error))
    return TRUE;
  g_prefix_error (error, "/%s: ", entry->path);
  return FALSE;
}

static int
make_node (int parent, const char *name, const DomuimgEntry *entry)
{
  struct stat st;
  int made;

  switch (entry->type)
    {
    case DOMUIMG_ENTRY_FILE:
      return openat (parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    case DOMUIMG_ENTRY_DIRECTORY:
      made = mkdirat (parent, name, 0700);
      /* One that comes again only has other attributes. */
      if (made != 0 && errno == EEXIST && fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0
          && S_ISDIR (st.st_mode))
        made = 0;
      break;
    case DOMUIMG_ENTRY_SYMLINK:
      made = symlinkat (entry->target, parent, name);
      break;
    default:
      made = mknodat (parent, name, (domuimg_entry_get_st_mode (entry) & S_IFMT) | 0600,
                      makedev (entry->dev_major, entry->dev_minor));
    }
  return made == 0 ? openat (parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
}

static gboolean
make_link (DomuimgUmlMounted *mount, const DomuimgEntry *entry, GError **error)
{
  if (DOMUIMG_TREE_GET_IFACE (mount->tree)->link (mount->tree, entry->target, entry->path, error))
    return TRUE;
  g_prefix_error (error, "a hard link to “%s”: ", entry->target);
  return FALSE;
}

static gboolean
begin_entry (DomuimgUmlMounted *mount, DomuimgEntry *entry, GError **error)
{
  const char *slash = strrchr (entry->path, '/');
  g_autofree char *above = g_strndup (entry->path, slash != NULL ? (gsize) (slash - entry->path) : 0);
  g_auto (DomuimgFd) parent = -1, fd = -1;

  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    return make_link (mount, entry, error);
  parent = domuimg_tree_dir_open_in (DOMUIMG_TREE_DIR (mount->tree), above,
                                     O_RDONLY | O_DIRECTORY);
  if (parent < 0)
    return fail_at (entry, "opening its directory", error);
  if (*entry->path == '\0')
    fd = dup (parent);
  else
    fd = make_node (parent, slash != NULL ? slash + 1 : entry->path, entry);
  if (fd < 0)
    return fail_at (entry, "making it", error);
  if (entry->type == DOMUIMG_ENTRY_FILE)
    {
      mount->entry = domuimg_entry_copy (entry);
      mount->fd = fd;
      fd = -1;
      return TRUE;
    }
  if (domuimg_tree_dir_apply_attributes (fd, entry, error))
    return TRUE;
  g_prefix_error (error, "/%s: ", entry->path);
  return FALSE;
}

/* @at: in the data, moves on. */
static gboolean
write_pieces (DomuimgUmlMounted *mount, GVariant *pieces, const guint8 *data, guint64 length,
              guint64 *at, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (pieces); i++)
    {
      guint64 offset, size;

      g_variant_get_child (pieces, i, "(tt)", &offset, &size);
      if (mount->entry == NULL || size > length - *at)
        return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "bytes that belong to no file");
      if (!domuimg_pwrite_all (mount->fd, data + *at, size, offset))
        return fail_at (mount->entry, "writing it", error);
      *at += size;
    }
  return TRUE;
}

gboolean
domuimg_uml_agent_fill (DomuimgUmlMounted *mount, GVariant *items, const guint8 *data,
                        guint64 length, GError **error)
{
  guint64 at = 0;

  for (gsize i = 0; i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);
      g_autoptr (GVariant) value = g_variant_get_child_value (item, 0);
      g_autoptr (GVariant) pieces = g_variant_get_child_value (item, 1);
      g_autofree char *path = domuimg_uml_take_text (value, 0);
      g_autoptr (DomuimgEntry) entry = NULL;

      /* "/" and the path, or nothing: the root has no name. */
      if (*path == '/')
        {
          entry = domuimg_uml_entry_read (value, path + 1);
          if (entry == NULL)
            return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "%s: not an entry", path);
          if (!domuimg_uml_agent_end_fill (mount, error) || !begin_entry (mount, entry, error))
            return FALSE;
        }
      if (!write_pieces (mount, pieces, data, length, &at, error))
        return FALSE;
    }
  return TRUE;
}
