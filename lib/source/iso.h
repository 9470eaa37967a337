/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/qemu/install.h"
#include "lib/source/install-answers.h"
#include "lib/source/install-tree.h"
#include "lib/source/source.h"

/* An installer that runs here: what is planned of it, and its run. */
typedef struct {
  DomuimgSpec *spec;
  char *arch;                     /* rpm's name */
  char *url;                      /* (nullable) of an image that is fetched */
  DomuimgInstallFiles *files;     /* (nullable) of the image, once it is here */
  DomuimgInstallTree *tree;       /* (nullable) of an installer that is known; else the image boots by itself */
  DomuimgInstallAnswers *answers; /* (nullable) as a plan shows them */
  DomuimgImport *import;          /* (nullable) what it will have made, once it is planned */
  DomuimgQemuDisplay display;
  gboolean is_interactive;        /* its console is on the user's terminal */
  char *mac;                      /* of the machine that it runs in */
  char *disk, *log, *screen;      /* (nullable) in the work directory, once it runs */
} DomuimgIso;

void domuimg_iso_clear (DomuimgIso *self);
/* The address or path of the image, for messages. */
const char *domuimg_iso_get_location (DomuimgIso *self);
/* What it installs, for a person. */
const char *domuimg_iso_get_name (DomuimgIso *self);
/* Whether its own kernel is started, with words of ours; else the image starts by its boot record. */
gboolean domuimg_iso_is_driven (DomuimgIso *self);
const DomuimgInstallImages *domuimg_iso_get_images (DomuimgIso *self);
DomuimgInstallTarget domuimg_iso_get_target (DomuimgIso *self);
guint64 domuimg_iso_get_memory (DomuimgIso *self);
/* Seconds; 0: as long as it takes. */
guint64 domuimg_iso_get_timeout (DomuimgIso *self);
/* What is on the image, whether it can be run here, and what will be asked of it; fills all but the files of a
 * run. */
gboolean domuimg_iso_plan (DomuimgIso *self, GError **error);
void domuimg_iso_describe_how (DomuimgIso *self, GPtrArray *lines);
/* Until its disk is what @self->import has. */
gboolean domuimg_iso_run (DomuimgIso *self, const DomuimgSourceContext *context,
                          DomuimgProgress *progress, GCancellable *cancellable, GError **error);
/* What is left of it, see DomuimgSourceInterface. */
void domuimg_iso_keep (DomuimgIso *self, const char *prefix, GString *list);
