/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/appliance.h"
#include "lib/fs/uml/wire.h"

/* Filesystems that nothing here reads by itself, by User-mode Linux: Linux as a process, which needs
 * neither KVM nor root, and is there in a second. Our agent is its init. */

typedef struct _DomuimgUml DomuimgUml;

/* Where a filesystem is: on the disk, or a logical volume of it. */
typedef struct {
  const char *fs;  /* as blkid names it */
  const char *lv;  /* (nullable) "VG/LV" */
  guint64 offset;
  guint64 length;
} DomuimgUmlPlace;

/* One that is mounted, for all its trees. */
typedef struct {
  DomuimgUmlPlace place;
  gboolean writable;
  guint users;
  guint32 id; /* of the agent */
  /* Path in the tree → DomuimgEntry, NULL if it does not exist; directories of which nothing else
   * does; and what was changed since, so that it has to be asked for. */
  GHashTable *seen;
  GHashTable *known;
  GHashTable *changed;
} DomuimgUmlMount;

/* FALSE where this host cannot do it, with the reason. */
gboolean domuimg_uml_is_possible (char **why_not);

/* For the disk that @disk is, a whole file. Nothing is written to it without a writable mount, unless
 * QEMU's storage daemon shows it to us: then that goes to an overlay. Nothing is started yet. */
DomuimgUml *domuimg_uml_new (DomuimgRegion *disk);
void domuimg_uml_free (DomuimgUml *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgUml, domuimg_uml_free)
const char *domuimg_uml_get_name (DomuimgUml *self);
/* @members: a(tt) (floating), the parts of the disk that are LVM's; nothing where it was told. */
void domuimg_uml_set_members (DomuimgUml *self, GVariant *members);
/* Before it is started: it gets the program that PACK is done by, and memory for that many @entries. */
void domuimg_uml_set_packs (DomuimgUml *self, guint64 entries);
/* Whether something is mounted. */
gboolean domuimg_uml_is_in_use (DomuimgUml *self);
/* (element-type DomuimgApplianceVolume) its logical volumes. */
GPtrArray *domuimg_uml_list_volumes (DomuimgUml *self, GError **error);

/* What was remembered of it may not hold any more. */
void domuimg_uml_discard_seen (DomuimgUmlMount *mount);

/* Mounts it, or takes the mount that is there. One that is writable starts the machine once more
 * where it only reads. NOT_SUPPORTED where its kernel does not know the filesystem. */
DomuimgUmlMount *domuimg_uml_mount (DomuimgUml *self, const DomuimgUmlPlace *place,
                                    gboolean writable, GError **error);
/* Unmounts it where nobody else uses it, with everything written out. */
gboolean domuimg_uml_release (DomuimgUml *self, DomuimgUmlMount *mount, GError **error);

/* The answer to @request, a value of @type. TOOL_FAILED where the machine is gone, BUSY where it
 * does not answer: then it is ended. */
GVariant *domuimg_uml_ask (DomuimgUml *self, const DomuimgUmlRequest *request, const char *type,
                           GError **error);
/* (nullable) DOMUIMG_UML_DATA bytes for what goes with a request or an answer, while it runs. */
guint8 *domuimg_uml_get_data (DomuimgUml *self);

/* initramfs.c: what it starts from, as a file in memory; -1 on error. */
int domuimg_uml_make_initramfs (const char *agent, gboolean lvm, gboolean packs, GError **error);
/* The directory of its kernel's modules; (nullable). */
char *domuimg_uml_find_modules (void);

/* tree.c: to be closed by domuimg_tree_uml_close. */
#define DOMUIMG_TYPE_TREE_UML (domuimg_tree_uml_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeUml, domuimg_tree_uml, DOMUIMG, TREE_UML, GObject)
/* @done: (nullable) called with @user_data when the tree is no more: it keeps @uml. */
DomuimgTree *domuimg_tree_uml_open (DomuimgUml *uml, const DomuimgUmlPlace *place,
                                    gboolean writable, GDestroyNotify done, gpointer user_data,
                                    GError **error);
/* Writes everything out; the tree is still to be unreffed, and later calls of it fail. */
gboolean domuimg_tree_uml_close (DomuimgTreeUml *self, GError **error);
gboolean domuimg_tree_uml_flush (DomuimgTreeUml *self, GError **error);
