/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/qemu/install.h"
#include "lib/source/install-answers.h"
#include "lib/source/install-tree.h"
#include "lib/source/source.h"

typedef struct _DomuimgInstallHere DomuimgInstallHere;

/* Gets what has to be here before there can be a plan. */
typedef gboolean (*DomuimgInstallHereFetch) (DomuimgInstallHere *self,
                                             const DomuimgSourceContext *context,
                                             DomuimgProgress *progress, GCancellable *cancellable,
                                             GError **error);

/* An installer that runs here, in QEMU: what is planned of it, and its run. */
struct _DomuimgInstallHere {
  DomuimgSpec *spec;
  char *arch;                     /* rpm's name */
  char *url;                      /* (nullable) of an image or a tree on a server */
  DomuimgInstallHereFetch fetch;  /* (nullable) where it is on a server */
  DomuimgInstallFiles *files;     /* (nullable) of an image, once it is here, or of a tree */
  gboolean is_tree;               /* else an image, which may start by its boot record */
  DomuimgInstallTree *tree;       /* (nullable) of an installer that is known */
  DomuimgInstallAnswers *answers; /* (nullable) as a plan shows them */
  DomuimgImport *import;          /* (nullable) what it will have made, once it is planned */
  DomuimgQemuDisplay display;
  gboolean is_interactive;        /* its console is on the user's terminal */
  char *mac;                      /* of the machine that it runs in */
  char *disk, *log, *screen;      /* (nullable) in the work directory, once it runs */
  char *answers_disk;             /* (nullable) an ISO image with what it is told, in the same place */
};

/* A source for such an installer. Who has it sets @url and @fetch, or @files, and @is_tree. */
DomuimgSource *domuimg_install_here_source_new (DomuimgSpec *spec);
DomuimgInstallHere *domuimg_install_here_source_get (DomuimgSource *source);
/* What a row of such a source has: the keys that go with it, the programs, and the traits. */
extern const DomuimgSourceProgram domuimg_install_here_programs[];
#define DOMUIMG_INSTALL_HERE_KEYS                                                                  \
  "answers", "extra-args", "timeout", "keep-failed", "interactive", "display", "arch", "package",  \
      "mirror", "map-network", "root", "no-backup", "keep-guest-tools", "luks-key"
#define DOMUIMG_INSTALL_HERE_TRAITS (DOMUIMG_SOURCE_COPIES_A_SYSTEM | DOMUIMG_SOURCE_GIVES_DISKS)

void domuimg_install_here_clear (DomuimgInstallHere *self);
/* The address or path of the image or tree, for messages. */
const char *domuimg_install_here_get_location (DomuimgInstallHere *self);
/* What it installs, for a person. */
const char *domuimg_install_here_get_name (DomuimgInstallHere *self);
/* Whether its own kernel is started, with words of ours; else the image starts by its boot record. */
gboolean domuimg_install_here_is_driven (DomuimgInstallHere *self);
const DomuimgInstallImages *domuimg_install_here_get_images (DomuimgInstallHere *self);
DomuimgInstallTarget domuimg_install_here_get_target (DomuimgInstallHere *self);
guint64 domuimg_install_here_get_memory (DomuimgInstallHere *self);
/* Seconds; 0: as long as it takes. */
guint64 domuimg_install_here_get_timeout (DomuimgInstallHere *self);
/* Looks for an installer that is known. One of an image need not be. */
gboolean domuimg_install_here_find_tree (DomuimgInstallHere *self, GCancellable *cancellable,
                                         GError **error);
/* What is on the image or tree, whether it can be run here, and what will be asked of it; fills all but the files
 * of a run. */
gboolean domuimg_install_here_plan (DomuimgInstallHere *self, GError **error);
void domuimg_install_here_describe_how (DomuimgInstallHere *self, GPtrArray *lines);
/* Until its disk is what @self->import has. */
gboolean domuimg_install_here_run (DomuimgInstallHere *self, const DomuimgSourceContext *context,
                                   DomuimgProgress *progress, GCancellable *cancellable,
                                   GError **error);
/* What is left of it, see DomuimgSourceInterface. */
void domuimg_install_here_keep (DomuimgInstallHere *self, const char *prefix, GString *list);
