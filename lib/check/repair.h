/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/rules.h"

/* What repairs work through. */
struct _DomuimgRepairSite {
  DomuimgMachine *machine;
  DomuimgTree *tree;   /* (nullable) of the guest's root, writable */
  char *config_text;   /* (nullable) of the configuration, to be written in the end */
  GPtrArray *changes;  /* (element-type utf8) what was done, for a person */
  GCancellable *cancellable;
};

/* Keeps the original of a file of the guest, once. */
gboolean domuimg_repair_keep (DomuimgRepairSite *self, const char *path, GError **error);
/* Keeps the original, writes the text. */
gboolean domuimg_repair_write (DomuimgRepairSite *self, const char *path, const char *text,
                               guint32 mode, GError **error);
/* Sets a key of the configuration (see domuimg_xl_file_edit). */
gboolean domuimg_repair_set_config (DomuimgRepairSite *self, const char *key, const char *value,
                                    GError **error);

/* Runs the repairs that the findings offer, all or none of them. */
gboolean domuimg_repair_run (DomuimgMachine *machine, GPtrArray *changes, GError **error);
