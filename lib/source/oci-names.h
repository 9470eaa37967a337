/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* A tree of names, on which layers are laid (oci-merge.c). */

/* Linux follows as many links, and then says ELOOP. */
#define DOMUIMG_OCI_HOPS_MAX 40

/* A file, whatever its names are. */
typedef struct {
  guint layer;
  guint index;
  DomuimgEntryType type;
  char *target; /* of a symlink */
  guint64 data_bytes, other_bytes;
  GPtrArray *names; /* of DomuimgOciName (unowned), that the guest has */
} DomuimgOciFile;

/* A name in a directory. */
typedef struct _DomuimgOciName DomuimgOciName;
struct _DomuimgOciName {
  DomuimgOciName *parent; /* the root's: itself */
  char *name;
  guint layer;          /* the last one that said something of it, or of what is below */
  DomuimgOciFile *file; /* (nullable) a directory that no layer has an entry for */
  GHashTable *children; /* name to DomuimgOciName; of directories */
};

typedef struct {
  DomuimgOciName *root;
  guint layer; /* the one that is being laid on it, from 1 */
} DomuimgOciNames;

/* @data is a DomuimgOciFile. */
void domuimg_oci_file_free (gpointer data);

DomuimgOciNames *domuimg_oci_names_new (void);
void domuimg_oci_names_free (DomuimgOciNames *self);
/* Has @name be of this layer, with all that it is in: the layer's own whiteouts do not delete that. */
void domuimg_oci_names_touch (DomuimgOciNames *self, DomuimgOciName *name);
/* Adds a name, or replaces one with all that it has. */
DomuimgOciName *domuimg_oci_names_add (DomuimgOciNames *self, DomuimgOciName *parent, const char *name,
                                       gboolean is_directory);
/* The directory at @path below @at: links are followed inside of the root, and counted in *@hops. Without
 * @creates, NULL where there is none; with it, NULL where something else is in the way. */
DomuimgOciName *domuimg_oci_names_walk (DomuimgOciNames *self, DomuimgOciName *at, const char *path,
                                        gboolean creates, guint *hops);
/* The directory that @path is in, likewise, and its last component in *@last. */
DomuimgOciName *domuimg_oci_names_find_parent (DomuimgOciNames *self, const char *path, gboolean creates,
                                               const char **last);
/* Removes what lower layers have in a directory. */
void domuimg_oci_names_drop_lower (DomuimgOciNames *self, DomuimgOciName *directory);
/* Has @name be one of @file, and of no other. */
void domuimg_oci_name_give_file (DomuimgOciName *name, DomuimgOciFile *file);
/* (transfer full) From the root, without a slash before it. */
char *domuimg_oci_name_path (const DomuimgOciName *name);
