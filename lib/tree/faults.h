/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* What could not be read. "Not there" and "could not be read" are two things, and what asks a tree
 * mostly wants to know the first only: whether there is an fstab, and what is in it. So a tree
 * remembers each failure of its back end that is not NOT_FOUND, and whoever answers for what was
 * made of the files asks for them at the end, as ferror(3) is asked: nothing between has to. */

typedef struct {
  char *path;    /* in the guest, without a leading slash */
  GError *error; /* what the back end said */
} DomuimgTreeFault;

/* (element-type DomuimgTreeFault) (transfer full) the first of each path, in their order. */
GPtrArray *domuimg_tree_list_faults (DomuimgTree *self);
/* How often something could not be read, each time counted: more than before says that what was asked
 * for between is not sure. */
guint domuimg_tree_count_failures (DomuimgTree *self);
/* FALSE where there are any, with the first as the error. */
gboolean domuimg_tree_check_faults (DomuimgTree *self, GError **error);

/* The calls of a back end that read, for lib/tree only: all of them go through these. */
DomuimgEntry *domuimg_tree_backend_stat (DomuimgTree *self, const char *path, GError **error);
char **domuimg_tree_backend_list (DomuimgTree *self, const char *path, GError **error);
gssize domuimg_tree_backend_read_at (DomuimgTree *self, const char *path, guint64 offset,
                                     void *buffer, gsize length, GError **error);
/* Another reason for which nothing is known of what @path holds. */
void domuimg_tree_add_fault (DomuimgTree *self, const char *path, const GError *error);
