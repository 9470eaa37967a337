/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Where install trees have their installers, and how these are told where they came from. */

typedef enum {
  DOMUIMG_INSTALLER_OTHER,
  DOMUIMG_INSTALLER_ANACONDA, /* Fedora, RHEL and their kin */
  DOMUIMG_INSTALLER_YAST,     /* openSUSE, SLES */
  DOMUIMG_INSTALLER_DEBIAN,   /* debian-installer, of Ubuntu, too */
  DOMUIMG_INSTALLER_CASPER,   /* Ubuntu's live installer */
} DomuimgInstallerKind;

typedef struct {
  const char *kernel; /* a path in the tree, where "@" stands for Debian's name of the architecture */
  const char *initrd;
  const char *option; /* (nullable) before the address of the tree */
  const char *sums;   /* (nullable) the file with SHA-256 digests of what lies in its directory and below */
  DomuimgInstallerKind kind;
  gboolean is_xen;    /* for PV guests only */
} DomuimgInstallPlace;

/* Ended by a NULL kernel, in the order in which they are tried. */
extern const DomuimgInstallPlace domuimg_install_places[];

/* @arch is Debian's name, "amd64". */
char *domuimg_install_place_expand (const char *path, const char *arch);
