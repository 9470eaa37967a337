/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/netboot/places.h"
#include "lib/spec/spec-keys.h"

/* Answers to an installer's questions, as files of its initramfs or of a second disk: no server is needed for
 * them. */

typedef struct {
  char *name; /* in the initramfs, or on the disk */
  GBytes *content;
  guint mode;
} DomuimgInstallFile;

typedef struct {
  char *name;            /* for a person: "a preseed", "the kickstart /srv/ks.cfg (512 bytes)" */
  const char *label;     /* (nullable) of the disk that has the files; NULL: they are in the initramfs */
  char *words;           /* that have the installer read them, for its kernel's command line */
  GPtrArray *files;      /* (element-type DomuimgInstallFile) */
  char *text;            /* (nullable) answers of our own for a person, without their secrets */
  gboolean has_origin;   /* they say where the installer gets its files */
  char *root_password;   /* (nullable) one that was made */
} DomuimgInstallAnswers;

/* What the answers are for. */
typedef struct {
  DomuimgInstallerKind kind;
  const char *name;     /* of the guest */
  const char *location; /* (nullable) the address of the tree, where it is on a server */
  const char *console;  /* "hvc0" or "ttyS0" */
  gboolean is_ubuntu;   /* debian-installer, but Ubuntu's */
  gboolean reads_seed;  /* Ubuntu's live installer, if it is one that needs nobody */
  gboolean is_old;      /* an Anaconda that has no inst. before its words */
  gboolean is_plan;     /* nothing secret is read or made */
  gboolean is_fitted;   /* what it installs gets its logins, name and addresses here, once it is done */
  gboolean is_attended; /* somebody answers what is not answered */
  const char *disk;     /* (nullable) "/dev/vda", where the installer has another name for it than the guest */
} DomuimgInstallTarget;

/* Those of --answers, or made of the specification where it says who may log in (or it is said later); *@answers
 * is NULL where the installer is to ask. INVALID_ARGUMENT, NOT_FOUND, NOT_SUPPORTED. */
gboolean domuimg_install_answers_make (DomuimgSpec *spec, const DomuimgInstallTarget *target,
                                       DomuimgInstallAnswers **answers, GError **error);
void domuimg_install_answers_free (DomuimgInstallAnswers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgInstallAnswers, domuimg_install_answers_free)

DomuimgInstallAnswers *domuimg_install_answers_new (const char *words);
void domuimg_install_answers_add (DomuimgInstallAnswers *self, const char *name, guint mode,
                                  GBytes *content);
/* Files of a disk that cloud-init reads; @name is the guest's. */
void domuimg_install_answers_add_seed (DomuimgInstallAnswers *self, const char *name,
                                       const char *user_data);
/* An autoinstall file for Ubuntu's installer. */
DomuimgInstallAnswers *domuimg_install_autoinstall_make (DomuimgSpec *spec,
                                                         const DomuimgInstallTarget *target);
/* A preseed for debian-installer. */
DomuimgInstallAnswers *domuimg_install_preseed_make (DomuimgSpec *spec,
                                                     const DomuimgInstallTarget *target,
                                                     GError **error);
