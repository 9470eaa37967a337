/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* One file of a guest: everything but its bytes. */

typedef enum {
  DOMUIMG_ENTRY_FILE,
  DOMUIMG_ENTRY_DIRECTORY,
  DOMUIMG_ENTRY_SYMLINK,
  DOMUIMG_ENTRY_CHAR_DEVICE,
  DOMUIMG_ENTRY_BLOCK_DEVICE,
  DOMUIMG_ENTRY_FIFO,
  DOMUIMG_ENTRY_SOCKET,
  DOMUIMG_ENTRY_HARD_LINK, /* only in streams: another name of @target */
} DomuimgEntryType;

typedef struct {
  gint64 sec;
  guint32 nsec;
} DomuimgTime;

/* The `sec` of a new entry's mtime, which domuimg_tree_put and its kin replace by the tree's
 * time; no back end sees it. */
#define DOMUIMG_TIME_NOT_GIVEN G_MININT64

typedef struct {
  char *name; /* with its namespace: "security.capability", "system.posix_acl_access" */
  GBytes *value; /* as getxattr(2) gives it */
} DomuimgXattr;

typedef struct {
  /* Below the guest's root, normalised: no leading or trailing slash, no "." or "..",
   * no double slash. The root itself is "". */
  char *path;
  DomuimgEntryType type;
  guint32 mode; /* permission bits, 07777 */
  guint32 uid;
  guint32 gid;
  DomuimgTime mtime;
  guint64 size;       /* bytes; of files and symlinks */
  guint64 allocated;  /* bytes that are not holes, where known; else @size */
  guint32 dev_major;
  guint32 dev_minor;
  char *target;       /* of a symlink as it stands; of a hard link a normalised path */
  GPtrArray *xattrs;  /* (element-type DomuimgXattr), sorted by name; NULL for none */
  guint64 ino;        /* equal for the names of one file, 0 where unknown */
  guint32 nlink;
} DomuimgEntry;

DomuimgXattr *domuimg_xattr_new (const char *name, const void *value, gsize size);
void domuimg_xattr_free (DomuimgXattr *self);

/* Root's, with one link and no mtime given; @path is taken as it stands. */
DomuimgEntry *domuimg_entry_new (const char *path, DomuimgEntryType type, guint32 mode);
DomuimgEntry *domuimg_entry_copy (const DomuimgEntry *self);
void domuimg_entry_free (DomuimgEntry *self);
/* Frees what @self points to and makes it all zero. */
void domuimg_entry_clear (DomuimgEntry *self);
/* Replaces one of the same name. */
void domuimg_entry_add_xattr (DomuimgEntry *self, const char *name, const void *value,
                              gsize size);
/* NULL where there is none. */
GBytes *domuimg_entry_get_xattr (const DomuimgEntry *self, const char *name);
/* S_IFMT bits of the type, or'ed with the mode. */
guint32 domuimg_entry_get_st_mode (const DomuimgEntry *self);
void domuimg_entry_set_st_mode (DomuimgEntry *self, guint32 st_mode);
/* Whether its S_IFMT bits are those of a type. */
gboolean domuimg_entry_knows_st_mode (guint32 st_mode);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgEntry, domuimg_entry_free)

/* Makes @path normal: strips leading "/" and "./", folds slashes and ".".
 * UNSAFE_INPUT for a ".." component, a name over 255 bytes (NAME_MAX), or a path that is
 * PATH_MAX or longer, which no call of the guest's kernel could name. */
char *domuimg_path_normalise (const char *path, GError **error);
