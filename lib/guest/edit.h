/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* First line of each file that is ours as a whole: a later run may replace it. */
#define DOMUIMG_GUEST_MARK "# Written by domuimg\n"

/* Changes to a guest's files: customisation, conversion and repairs all make theirs through this.
 * The functions below change the tree only where it differs from what is wanted, note each change,
 * and stop when they are cancelled. What it points to is the caller's. */
typedef struct {
  DomuimgTree *tree;
  const char *prefix;     /* (nullable) where @tree is mounted in the guest: "/boot" */
  DomuimgTree *originals; /* (nullable) the tree that originals are kept in; NULL: they are not */
  GHashTable *kept;       /* (nullable) a set of the paths whose originals are kept, each once;
                             without it, they are kept at every write */
  GPtrArray *changes;     /* (element-type utf8) (nullable) a line for each change or warning */
  guint n_changes;        /* without the warnings */
  GCancellable *cancellable; /* (nullable) */
} DomuimgEdit;

void domuimg_edit_note (DomuimgEdit *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A line that starts with "warning: ". */
void domuimg_edit_warn (DomuimgEdit *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The text of a file into @text, NULL where there is none. CORRUPT_INPUT for what is not a text
 * file. */
gboolean domuimg_edit_read (DomuimgEdit *self, const char *path, char **text, GError **error);
/* Keeps the original of a file, if originals are kept and there is one. */
gboolean domuimg_edit_keep (DomuimgEdit *self, const char *path, GError **error);
/* Keeps the original, makes the directory, writes the text; a file that is there has its mode,
 * a new one @mode. */
gboolean domuimg_edit_write (DomuimgEdit *self, const char *path, const char *text, guint32 mode,
                             GError **error);
/* Writes what @rewrite makes of the text of a file; nothing where there is no such file. */
typedef char *(*DomuimgEditRewrite) (const char *text, gpointer user_data);
gboolean domuimg_edit_rewrite (DomuimgEdit *self, const char *path, DomuimgEditRewrite rewrite,
                               gpointer user_data, GError **error);
/* A file of our own: replaces a symlink, and enforces @mode. */
gboolean domuimg_edit_write_own (DomuimgEdit *self, const char *path, const char *text,
                                 guint32 mode, GError **error);
gboolean domuimg_edit_symlink (DomuimgEdit *self, const char *target, const char *path,
                               GError **error);
gboolean domuimg_edit_mkdir (DomuimgEdit *self, const char *path, guint32 mode, GError **error);
/* These three are fine if there is nothing: removed with all below it, no original is kept; */
gboolean domuimg_edit_remove (DomuimgEdit *self, const char *path, GError **error);
/* a file or symlink removed, the original of a file is kept as when it is written to; */
gboolean domuimg_edit_take_away (DomuimgEdit *self, const char *path, GError **error);
/* a file or symlink moved to where originals are, whatever the edit keeps; one of ours removed. */
gboolean domuimg_edit_set_aside (DomuimgEdit *self, const char *path, GError **error);
/* Removes the files of @directory whose names match @pattern (a glob). */
gboolean domuimg_edit_remove_glob (DomuimgEdit *self, const char *directory, const char *pattern,
                                   GError **error);

/* @text with the shell-like assignment of @key set to @value: the first one is changed,
 * further ones go, none yet is appended. */
char *domuimg_edit_set_assignment (const char *text, const char *key, const char *value);
