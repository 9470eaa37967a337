/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/volumes.h"

/* A transaction over files: everything is made under temporary names and appears under its
 * final name at the end, by rename, all of it or nothing. A journal on disk, locked while
 * its process lives, lets domuimg_undo_recover () finish what a kill interrupted: before
 * the commit it removes what was made, after it, it completes the renames.
 *
 * What a result replaces keeps a name until all results have theirs; if one cannot get its own,
 * all is put back. A commit is completed later only where each name is still of the very file that
 * was to be replaced, and nobody has it open for writing.
 *
 * A journal is one JSON array a line: ["remove", PATH], ["remove-tree", PATH], ["rmdir", PATH],
 * ["rename", FROM, TO, "replace"|"keep"], ["withdraw", TEMPORARY, PATH, "keep"],
 * ["clear", DEVICE, DIGEST, "keep"], ["lvremove", PATH, TAG, "keep"], ["lvrename", FROM, TO,
 * "replace"|"keep"], ["lvwithdraw", TEMPORARY, PATH, "keep"], the same three with "zvol",
 * ["poolempty", ADDRESS, BYTES, "keep"], ["pooldelete", ADDRESS, ID, "keep"],
 * ["poolwithdraw", ADDRESS, ID, "keep"], ["undefine", ADDRESS, UUID, "keep"],
 * ["redefine", ADDRESS, "UUID XML", "replace"|"keep"], ["lease", FILE, TOKEN, "keep"], ["unlease", FILE, TOKEN, "keep"],
 * ["expect", PATH, LABEL, LABEL], ["commit"] or ["undone"]. */
typedef struct _DomuimgUndo DomuimgUndo;

/* Opens a journal in the directory for it. */
DomuimgUndo *domuimg_undo_new (GError **error);
/* Without a commit everything that was registered is undone. */
void domuimg_undo_free (DomuimgUndo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgUndo, domuimg_undo_free)

/* A temporary name beside @path, registered to be removed; when the transaction commits,
 * what has been made there becomes @path. @replace: whether something may be there. */
char *domuimg_undo_add_result (DomuimgUndo *self, const char *path, gboolean replace,
                               GError **error);
/* What was registered with this temporary name has not been made, and will not be. */
void domuimg_undo_drop_result (DomuimgUndo *self, const char *temporary);
/* What has the name @path keeps it: what was made to replace it goes now. */
gboolean domuimg_undo_spare (DomuimgUndo *self, const char *path, GError **error);
/* The commit is BUSY unless the file @path, which a result replaces, still has this label. */
void domuimg_undo_expect (DomuimgUndo *self, const char *path, const char *label);
/* Nobody else changes what has these names, until the end of the transaction. Results and removals
 * are locked by themselves; who reads before it writes, or changes several, locks before. */
gboolean domuimg_undo_lock (DomuimgUndo *self, const char *const *paths, GError **error);
/* Until the end, nobody locks @path, which is only read; others may share it. */
gboolean domuimg_undo_share (DomuimgUndo *self, const char *path, GError **error);
/* Between the two, what is registered is written down and not waited for: for several results, none
 * of which is made before the end. */
void domuimg_undo_hold (DomuimgUndo *self);
gboolean domuimg_undo_release (DomuimgUndo *self, GError **error);
/* A temporary name beside @path for an intermediate file, removed in any case. */
char *domuimg_undo_add_temporary (DomuimgUndo *self, const char *path, GError **error);
/* The first page of the block device @path is about to become one of this @digest (block.h), zeros
 * included: without a commit it becomes zeros if nobody has written another one since. */
gboolean domuimg_undo_add_device (DomuimgUndo *self, const char *path, const char *digest,
                                  GError **error);
/* Does for a volume what domuimg_undo_add_result () does for a file: whoever makes it there marks it, by
 * which it is known. */
char *domuimg_undo_add_volume (DomuimgUndo *self, const DomuimgVolumes *volumes, const char *path,
                               gboolean replace, GError **error);
char *domuimg_undo_get_mark (DomuimgUndo *self);
/* Does for the volume with this @id what domuimg_undo_add_removal () does for a file: the commit is BUSY
 * where another one has the name by then. */
gboolean domuimg_undo_add_volume_removal (DomuimgUndo *self, const DomuimgVolumes *volumes,
                                          const char *path, const char *id, GError **error);
/* @address (pool.h) is of a volume that is known by @id: see undo-verbs.c for the three verbs. */
#define DOMUIMG_UNDO_POOL_EMPTY "poolempty"
#define DOMUIMG_UNDO_POOL_MADE "pooldelete"
#define DOMUIMG_UNDO_POOL_REMOVAL "poolwithdraw"
gboolean domuimg_undo_add_pool_volume (DomuimgUndo *self, const char *verb, const char *address,
                                       const char *id, GError **error);
/* A guest that libvirt is about to be given (definition.h). */
gboolean domuimg_undo_add_definition (DomuimgUndo *self, const char *address, const char *uuid,
                                      GError **error);
/* One that libvirt is given anew by the commit, whatever name it has the guest @uuid by, from what is then in the
 * file @xml. @address has the new name. */
gboolean domuimg_undo_add_redefinition (DomuimgUndo *self, const char *address, const char *uuid,
                                        const char *xml, gboolean autostart, GError **error);
/* An address of the pool with this file (addresses.h) that is given to @token next: it is given back without a
 * commit. And one that is given back by the commit. */
gboolean domuimg_undo_add_lease (DomuimgUndo *self, const char *file, const char *token, GError **error);
gboolean domuimg_undo_add_lease_end (DomuimgUndo *self, const char *file, const char *token,
                                     GError **error);
/* Somebody else has made it. */
void domuimg_undo_drop_pool_volume (DomuimgUndo *self, const char *address);
/* A directory for intermediate files, removed in any case. */
char *domuimg_undo_make_directory (DomuimgUndo *self, const char *parent, GError **error);
/* A file that goes when the transaction commits, and not before. What cannot go is an error of the
 * commit, after which all are there. */
gboolean domuimg_undo_add_removal (DomuimgUndo *self, const char *path, GError **error);
/* The directory that was made for results, removed again unless the transaction commits. */
gboolean domuimg_undo_make_parents (DomuimgUndo *self, const char *directory, GError **error);
/* All results appear. After FALSE everything is undone. */
gboolean domuimg_undo_commit (DomuimgUndo *self, GError **error);

/* Finishes what dead processes left: what was removed or completed, or cannot be, one line each. */
char **domuimg_undo_recover (gboolean dry_run, GError **error);
/* The IDs of what dead processes left. */
char **domuimg_undo_list_unfinished (GError **error);
/* Gives up one of them: its journal goes, and its files stay as they are, one line each. */
char **domuimg_undo_discard (const char *id, GError **error);
