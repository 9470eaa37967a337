/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* A guest's files, whatever holds them. Everything that reads or edits a guest is
 * written once, over this. Paths are normalised (see DomuimgEntry.path) or absolute
 * in the guest; a leading "/" is ignored. No function follows a symlink but where it
 * says so, and then inside the guest only. */

#define DOMUIMG_TYPE_TREE (domuimg_tree_get_type ())
G_DECLARE_INTERFACE (DomuimgTree, domuimg_tree, DOMUIMG, TREE, GObject)

/* A back end. Paths reach it normalised, with every parent resolved to a real
 * directory. */
struct _DomuimgTreeInterface {
  GTypeInterface parent;

  /* lstat; NOT_FOUND where there is nothing. */
  DomuimgEntry *(*stat) (DomuimgTree *self, const char *path, GError **error);
  /* Names in a directory without "." and "..", sorted by strcmp. */
  char **(*list) (DomuimgTree *self, const char *path, GError **error);
  /* Up to @length bytes of a file at @offset; 0 at its end, -1 on error. */
  gssize (*read_at) (DomuimgTree *self, const char *path, guint64 offset, void *buffer,
                     gsize length, GError **error);
  /* Makes what @entry says (any type but HARD_LINK) at entry->path, with @content for a
   * file (NULL for none); replaces a non-directory that is there; for a directory that
   * is there, and then @entry is one, too, only sets its attributes. The size is
   * @content's, whatever @entry says. */
  gboolean (*put) (DomuimgTree *self, const DomuimgEntry *entry, GBytes *content,
                   GError **error);
  /* The same as put of a file with the bytes of @fd from its offset to its end, streamed. Where it
   * fails, or is cancelled, what was there stays. */
  gboolean (*put_fd) (DomuimgTree *self, const DomuimgEntry *entry, int fd,
                      GCancellable *cancellable, GError **error);
  /* Owner, mode (not of symlinks), mtime and xattrs, all of them, of an entry. */
  gboolean (*set_attributes) (DomuimgTree *self, const DomuimgEntry *entry, GError **error);
  /* @target is not a directory, and nothing is at @path. */
  gboolean (*link) (DomuimgTree *self, const char *target, const char *path, GError **error);
  /* A file, symlink, ... or an empty directory. */
  gboolean (*remove) (DomuimgTree *self, const char *path, GError **error);
};

/* The functions below resolve symlinks in the *parents* of @path inside the guest (an
 * absolute target starts again at the guest's root; more than 40 links are an error).
 * Changes take the tree's time (below) as mtime where an entry does not give one. */

/* The entry at @path itself, not followed. */
DomuimgEntry *domuimg_tree_stat (DomuimgTree *self, const char *path, GError **error);
/* The same as stat, but a symlink is followed to its end. */
DomuimgEntry *domuimg_tree_stat_follow (DomuimgTree *self, const char *path, GError **error);
/* Normalised path of what @path means after all symlinks; the last component need not
 * exist. NULL on a loop or a missing parent. */
char *domuimg_tree_resolve (DomuimgTree *self, const char *path, GError **error);
/* The same as resolve; adds to @links (element-type utf8) the path of each symlink on the way. */
char *domuimg_tree_resolve_links (DomuimgTree *self, const char *path, GPtrArray *links,
                                  GError **error);
/* The same as resolve, but where @path itself is a symlink it stays. Its parents are there, unless
 * it has none. */
char *domuimg_tree_resolve_parents (DomuimgTree *self, const char *path, GError **error);
/* Follow symlinks; FALSE for anything wrong. That something could not be read is remembered by the
 * tree, here as wherever an error is not asked for: see faults.h. */
gboolean domuimg_tree_exists (DomuimgTree *self, const char *path);
gboolean domuimg_tree_is_dir (DomuimgTree *self, const char *path);
gboolean domuimg_tree_is_executable (DomuimgTree *self, const char *path);
/* Follows symlinks. An empty vector for a directory that is not there. */
char **domuimg_tree_list (DomuimgTree *self, const char *path, GError **error);
/* Follows symlinks. A file over @max bytes is CORRUPT_INPUT ("too large"). */
GBytes *domuimg_tree_read (DomuimgTree *self, const char *path, gsize max, GError **error);
/* The same as read with a limit of 4 MiB, NUL-terminated; NULL and no error set in @error
 * (which may be NULL) is never: NOT_FOUND where it is not there. */
char *domuimg_tree_read_text (DomuimgTree *self, const char *path, GError **error);
gssize domuimg_tree_read_at (DomuimgTree *self, const char *path, guint64 offset, void *buffer,
                             gsize length, GError **error);
/* Writes the file's bytes to @fd, in pieces; follows symlinks. */
gboolean domuimg_tree_copy_out (DomuimgTree *self, const char *path, int fd,
                                GCancellable *cancellable, GError **error);

gboolean domuimg_tree_put (DomuimgTree *self, const DomuimgEntry *entry, GBytes *content,
                           GError **error);
gboolean domuimg_tree_put_fd (DomuimgTree *self, const DomuimgEntry *entry, int fd,
                              GCancellable *cancellable, GError **error);
gboolean domuimg_tree_set_attributes (DomuimgTree *self, const DomuimgEntry *entry,
                                      GError **error);
/* Replaces what is at @path, unless it is a directory. */
gboolean domuimg_tree_link (DomuimgTree *self, const char *target, const char *path,
                            GError **error);

/* Writes @text to @path, following symlinks to the file that is meant. A file that is
 * there keeps owner, mode and xattrs; a new one is root's, with @mode. Further names (hard
 * links) of the file keep the old text: they may be another package's. */
gboolean domuimg_tree_write_text (DomuimgTree *self, const char *path, const char *text,
                                  guint32 mode, GError **error);
/* Makes the directory and its parents, root's, with @mode; fine if it is there. */
gboolean domuimg_tree_mkdir_p (DomuimgTree *self, const char *path, guint32 mode,
                               GError **error);
/* Replaces an entry of that name, unless it is a directory. */
gboolean domuimg_tree_symlink (DomuimgTree *self, const char *target, const char *path,
                               GError **error);
gboolean domuimg_tree_mknod (DomuimgTree *self, const char *path, DomuimgEntryType type,
                             guint32 mode, guint32 dev_major, guint32 dev_minor, GError **error);
/* Fine if it is not there. */
gboolean domuimg_tree_remove (DomuimgTree *self, const char *path, GError **error);
/* With everything below it; never through a symlink. Fine if it is not there. The root is
 * only emptied. */
gboolean domuimg_tree_remove_all (DomuimgTree *self, const char *path, GError **error);

/* Entries in depth-first order, names sorted by strcmp, parents before children, the root
 * ("") first; @top itself is not followed. @visit returns FALSE with an error to stop, may set
 * @descend to FALSE, and may remove the entry. What is removed meanwhile is left out. */
typedef gboolean (*DomuimgTreeVisit) (DomuimgTree *self, const DomuimgEntry *entry,
                                      gboolean *descend, gpointer user_data, GError **error);
gboolean domuimg_tree_walk (DomuimgTree *self, const char *top, DomuimgTreeVisit visit,
                            gpointer user_data, GError **error);

/* The build's clock: SOURCE_DATE_EPOCH if set to a number, else now. */
DomuimgTime domuimg_build_time (void);
/* The time that new and changed files get; by default the build's clock:
 * SOURCE_DATE_EPOCH if set, else now. */
void domuimg_tree_set_time (DomuimgTree *self, DomuimgTime time);
DomuimgTime domuimg_tree_get_time (DomuimgTree *self);
