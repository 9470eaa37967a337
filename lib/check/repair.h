/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/rules.h"
#include "lib/guest/edit.h"

/* What repairs work through. The root is open whenever a rule's own repair is called; those of
 * repairs.h, which may do without, ask for it. */
struct _DomuimgRepairSite {
  DomuimgMachine *machine;
  DomuimgEdit root;  /* of the guest's root; its tree may be NULL, see domuimg_repair_get_root */
  DomuimgEdit boot;  /* likewise of a separate filesystem with the boot menu */
  char *config_text; /* (nullable) of the configuration, as it will be written */
  DomuimgRepairWork *work; /* (nullable) the trees are all there is */
};

/* What holds the root, or the boot menu, its tree opened on first use, which copies the image; NULL
 * only with an error. */
DomuimgEdit *domuimg_repair_get_root (DomuimgRepairSite *self, GError **error);
DomuimgEdit *domuimg_repair_get_boot (DomuimgRepairSite *self, GError **error);
/* The path of a copy of a file of the host, which replaces it in the end. */
const char *domuimg_repair_get_file (DomuimgRepairSite *self, const char *path, GError **error);
/* Where the filesystem of a device is to be changed by other means than a tree: none of it is open
 * then. (transfer full) A path; NOT_SUPPORTED for what is not raw. */
char *domuimg_repair_get_volume (DomuimgRepairSite *self, const DomuimgCheckDevice *device,
                                 guint64 *offset, GError **error);

/* Sets a key of the configuration (see domuimg_xl_file_edit). */
gboolean domuimg_repair_set_config (DomuimgRepairSite *self, const char *key, const char *value,
                                    GError **error);
/* Sets KEY=VALUE on the kernel's command line where that comes from: the configuration, or the
 * guest's boot menu and what the guest makes it from. There @value may be NULL: it is taken out. */
gboolean domuimg_repair_set_parameter (DomuimgRepairSite *self, const char *key,
                                       const char *value, GError **error);
/* Whether the repair changes the configuration, and knows that of xl only. */
gboolean domuimg_repair_is_of_config (DomuimgRepair repair);
/* Whether the repair asks for its trees itself. */
gboolean domuimg_repair_asks_for_tree (DomuimgRepair repair);

/* Runs the repairs that the findings offer, in the copies that @work holds. What was wrong may have
 * hidden more, so a machine may then be put together again, with @work, and repaired. */
gboolean domuimg_repair_run (DomuimgMachine *machine, DomuimgRepairWork *work, GPtrArray *changes,
                             GError **error);
/* Then everything appears under its name, all of it or nothing. A block device cannot be copied: it
 * is changed in place, and an error may leave a part of the changes there, which it says. */
gboolean domuimg_repair_finish (DomuimgRepairWork *work, GPtrArray *changes, GError **error);

/* repair-work.c */
DomuimgRepairWork *domuimg_repair_work_new (GCancellable *cancellable);
/* Without a commit all copies go. */
void domuimg_repair_work_free (DomuimgRepairWork *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgRepairWork, domuimg_repair_work_free)
DomuimgTree *domuimg_repair_work_open (DomuimgRepairWork *self, const DomuimgCheckDevice *device,
                                       GError **error);
/* Closes the tree of @device, if it is open. */
gboolean domuimg_repair_work_close (DomuimgRepairWork *self, const DomuimgCheckDevice *device,
                                    GError **error);
/* The path that the image's changes go to. */
const char *domuimg_repair_work_image (DomuimgRepairWork *self, const char *path, GError **error);
/* Where the file @path is to be read: its copy, if there is one. @self may be NULL. */
const char *domuimg_repair_where (DomuimgRepairWork *self, const char *path);
/* The configuration as it stands and as it will; (nullable) not changed yet. */
void domuimg_repair_work_set_config (DomuimgRepairWork *self, const char *path, const char *before,
                                     const char *text);
const char *domuimg_repair_work_get_config (DomuimgRepairWork *self);
/* Files of the guest whose originals are kept, a set. */
GHashTable *domuimg_repair_work_get_kept (DomuimgRepairWork *self);
/* NAME.xml beside NAME.cfg is the same guest's (repair-xml.c). */
gboolean domuimg_repair_follow_with_xml (DomuimgRepairWork *self, const char *config,
                                         const char *before, const char *text,
                                         GPtrArray *changes, GError **error);
/* What shall stand in the file @path. */
gboolean domuimg_repair_work_replace (DomuimgRepairWork *self, const char *path, const char *text,
                                      GError **error);
/* Writes the trees out; they are of a machine that will not be there any more. */
gboolean domuimg_repair_work_close_all (DomuimgRepairWork *self, GError **error);
/* Writes the configuration, too; then everything appears. */
gboolean domuimg_repair_work_commit (DomuimgRepairWork *self, GPtrArray *changes, GError **error);
/* (nullable) A block device that has been changed in place. */
const char *domuimg_repair_work_get_in_place (DomuimgRepairWork *self);
/* Replays the journal and mends what fsck can without asking; TOOL_FAILED where that is not
 * enough. */
gboolean domuimg_repair_fsck (const char *path, guint64 offset, GCancellable *cancellable,
                              GError **error);

/* The repairs that repairs.h offers. */
gboolean domuimg_repair_config (DomuimgRepairSite *self, const char *argument, GError **error);
gboolean domuimg_repair_disk_format (DomuimgRepairSite *self, const char *argument,
                                     GError **error);
gboolean domuimg_repair_features (DomuimgRepairSite *self, const char *argument, GError **error);
gboolean domuimg_repair_parameter (DomuimgRepairSite *self, const char *argument, GError **error);
gboolean domuimg_repair_initramfs (DomuimgRepairSite *self, const char *argument, GError **error);
