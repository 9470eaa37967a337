/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the entries, attributes and data of a filesystem through libguestfs. */
#include "config.h"
#include "lib/fs/guestfs/read.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/base/compare.h"

/* How many entries are cached; then the cache is emptied. */
#define SEEN_MAX 50000
/* Names that are asked for at once: an answer is below libguestfs's 4 MiB. */
#define BATCH 500
/* Likewise, of a file. */
#define PIECE ((gsize) 2 * 1024 * 1024)

typedef struct guestfs_statns Stat;
typedef struct guestfs_statns_list StatList;
typedef struct guestfs_xattr_list XattrList;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stat, guestfs_free_statns)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatList, guestfs_free_statns_list)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (XattrList, guestfs_free_xattr_list)

char *
domuimg_guestfs_path (const DomuimgMount *mount, const char *path)
{
  return g_strconcat (mount->at, "/", path, NULL);
}

gboolean
domuimg_guestfs_is_shadow (const char *attribute)
{
  /* XFS shows root its ACLs twice. */
  return g_str_has_prefix (attribute, "trusted.SGI_ACL_");
}

static void
remember (DomuimgMount *mount, const char *path, const DomuimgEntry *entry)
{
  if (g_hash_table_size (mount->seen) >= SEEN_MAX)
    g_hash_table_remove_all (mount->seen);
  g_hash_table_replace (mount->seen, g_strdup (path),
                        entry != NULL ? domuimg_entry_copy (entry) : NULL);
}

static DomuimgEntry *
entry_of (const char *path, const struct guestfs_statns *status)
{
  DomuimgEntry *entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0);

  domuimg_entry_set_st_mode (entry, status->st_mode);
  entry->uid = status->st_uid;
  entry->gid = status->st_gid;
  entry->mtime = (DomuimgTime){ status->st_mtime_sec, status->st_mtime_nsec };
  entry->size = entry->type == DOMUIMG_ENTRY_DIRECTORY ? 0 : status->st_size;
  entry->allocated = (guint64) status->st_blocks * 512;
  entry->ino = status->st_ino;
  entry->nlink = status->st_nlink;
  if (entry->type == DOMUIMG_ENTRY_CHAR_DEVICE || entry->type == DOMUIMG_ENTRY_BLOCK_DEVICE)
    {
      entry->dev_major = major ((dev_t) status->st_rdev);
      entry->dev_minor = minor ((dev_t) status->st_rdev);
    }
  return entry;
}

static void
add_xattr (DomuimgEntry *entry, const struct guestfs_xattr *xattr)
{
  if (!domuimg_guestfs_is_shadow (xattr->attrname))
    domuimg_entry_add_xattr (entry, xattr->attrname, xattr->attrval, xattr->attrval_len);
}

/* vfat and its like have none, and say so as an error. */
static gboolean
read_xattrs (DomuimgGuestfs *self, const char *real, DomuimgEntry *entry, GError **error)
{
  g_autoptr (XattrList) list = guestfs_lgetxattrs (self->handle, real);

  if (list == NULL && guestfs_last_errno (self->handle) != EOPNOTSUPP)
    return domuimg_guestfs_fail (self, error, "reading the attributes of /%s", entry->path);
  for (guint i = 0; list != NULL && i < list->len; i++)
    add_xattr (entry, &list->val[i]);
  return TRUE;
}

static DomuimgEntry *
ask (DomuimgGuestfs *self, DomuimgMount *mount, const char *path, GError **error)
{
  g_autofree char *real = domuimg_guestfs_path (mount, path);
  g_autoptr (Stat) status = guestfs_lstatns (self->handle, real);
  g_autoptr (DomuimgEntry) entry = NULL;

  if (status == NULL)
    {
      if (guestfs_last_errno (self->handle) == ENOENT)
        remember (mount, path, NULL);
      domuimg_guestfs_fail (self, error, "/%s", path);
      return NULL;
    }
  entry = entry_of (path, status);
  if (!read_xattrs (self, real, entry, error))
    return NULL;
  if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    {
      entry->target = guestfs_readlink (self->handle, real);
      if (entry->target == NULL)
        {
          domuimg_guestfs_fail (self, error, "reading the symbolic link /%s", path);
          return NULL;
        }
    }
  remember (mount, path, entry);
  return g_steal_pointer (&entry);
}

DomuimgEntry *
domuimg_guestfs_stat (DomuimgGuestfs *self, DomuimgMount *mount, const char *path,
                      GError **error)
{
  gpointer seen;

  if (!g_hash_table_lookup_extended (mount->seen, path, NULL, &seen))
    return ask (self, mount, path, error);
  if (seen == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no such file: /%s", self->name, path);
  return seen != NULL ? domuimg_entry_copy (seen) : NULL;
}

/* The attributes of one name: an element without a name, whose value is their number, or empty
 * for an error, and then they. */
static gboolean
take_xattrs (const struct guestfs_xattr_list *list, guint *at, DomuimgEntry *entry)
{
  const struct guestfs_xattr *head = *at < list->len ? &list->val[*at] : NULL;
  g_autofree char *number = NULL;
  guint64 count;

  if (head == NULL || head->attrname[0] != '\0' || head->attrval_len == 0)
    return FALSE;
  number = g_strndup (head->attrval, head->attrval_len);
  if (!g_ascii_string_to_unsigned (number, 10, 0, list->len - *at - 1, &count, NULL))
    return FALSE;
  ++*at;
  for (guint64 i = 0; i < count; i++)
    add_xattr (entry, &list->val[(*at)++]);
  return TRUE;
}

/* What cannot be told of some is asked again when it is wanted, so errors do not matter here. */
static void
learn (DomuimgGuestfs *self, DomuimgMount *mount, const char *path, char **names)
{
  g_autofree char *real = domuimg_guestfs_path (mount, path);
  g_autoptr (StatList) stats = guestfs_lstatnslist (self->handle, real, names);
  g_autoptr (XattrList) xattrs = guestfs_lxattrlist (self->handle, real, names);
  g_auto (GStrv) links = guestfs_readlinklist (self->handle, real, names);
  guint at = 0;

  if (stats == NULL || xattrs == NULL || links == NULL || stats->len != g_strv_length (names)
      || stats->len != g_strv_length (links))
    return;
  for (guint i = 0; i < stats->len; i++)
    {
      g_autofree char *child = *path != '\0' ? g_strconcat (path, "/", names[i], NULL)
                                             : g_strdup (names[i]);
      g_autoptr (DomuimgEntry) entry = entry_of (child, &stats->val[i]);

      if (!take_xattrs (xattrs, &at, entry))
        return;
      if (entry->type == DOMUIMG_ENTRY_SYMLINK)
        entry->target = g_strdup (links[i]);
      if (stats->val[i].st_ino != -1 && (entry->target == NULL || *entry->target != '\0'))
        remember (mount, child, entry);
    }
}

char **
domuimg_guestfs_list (DomuimgGuestfs *self, DomuimgMount *mount, const char *path,
                      GError **error)
{
  g_autofree char *real = domuimg_guestfs_path (mount, path);
  g_auto (GStrv) names = guestfs_ls (self->handle, real);
  guint count;

  if (names == NULL)
    {
      domuimg_guestfs_fail (self, error, "listing /%s", path);
      return NULL;
    }
  count = g_strv_length (names);
  qsort (names, count, sizeof *names, domuimg_compare_strings);
  for (guint i = 0; i < MIN (count, SEEN_MAX / 2); i += BATCH)
    {
      g_autofree char **batch = g_new0 (char *, BATCH + 1);

      memcpy (batch, names + i, MIN (BATCH, count - i) * sizeof *batch);
      learn (self, mount, path, batch);
    }
  return g_steal_pointer (&names);
}

gssize
domuimg_guestfs_read_at (DomuimgGuestfs *self, DomuimgMount *mount, const char *path,
                         guint64 offset, void *buffer, gsize length, GError **error)
{
  g_autofree char *real = domuimg_guestfs_path (mount, path);
  g_autofree char *content = NULL;
  gsize size;

  if (offset > G_MAXINT64 - PIECE)
    return 0;
  content = guestfs_pread (self->handle, real, (int) MIN (length, PIECE), (gint64) offset, &size);
  if (content == NULL)
    {
      domuimg_guestfs_fail (self, error, "reading /%s", path);
      return -1;
    }
  size = MIN (size, length);
  memcpy (buffer, content, size);
  return (gssize) size;
}
