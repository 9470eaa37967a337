/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Empty trees of each back end, for tests that hold for all of them. */
typedef struct {
  const char *name;
  gboolean root_only; /* owners, devices and capabilities need root there */
  gboolean optional;  /* an error of @make says why it is not to be had here */
  /* @scratch is an empty directory that is removed after the test. */
  DomuimgTree *(*make) (const char *scratch, GError **error);
} TreeKind;

extern const TreeKind tree_kinds[];
extern const guint n_tree_kinds;

char *tree_scratch_new (void);
void tree_scratch_free (char *scratch);

/* A disk in an empty directory, which is not made yet. */
typedef struct {
  char *scratch;
  char *path;
} TreeDisk;

void tree_disk_set_up (TreeDisk *self, gconstpointer data);
void tree_disk_tear_down (TreeDisk *self, gconstpointer data);

/* These assert that it works. */
void tree_must_load (DomuimgTree *tree, const char *dump);
char *tree_must_dump (DomuimgTree *tree, gboolean times);
/* Compares the dump of @tree without times, and without the root's line. */
void tree_must_be (DomuimgTree *tree, const char *expected);
void tree_must_read (DomuimgTree *tree, const char *path, const char *expected);
