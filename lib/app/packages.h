/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"
#include "lib/tree/tree.h"

/* What a root's package manager says of its files. Of dpkg's database everything is read; of any other
 * only that it is there. */

typedef struct {
  char *name;
  char *version;
  char *architecture;   /* of dpkg: "amd64", "all" */
  char *source;         /* its source package; the same name where nothing else is said */
  char *source_version;
  GPtrArray *depends;   /* (element-type utf8) names, alternatives too */
} DomuimgPackage;

void domuimg_package_free (DomuimgPackage *self);

/* Adds the installed packages of dpkg's file `status` to @packages (element-type DomuimgPackage).
 * CORRUPT_INPUT with the line where it is not one. */
gboolean domuimg_dpkg_status_parse (DomuimgBytes bytes, GPtrArray *packages, GError **error);

/* The licence that a machine-readable copyright file of Debian's names, as an expression of SPDX;
 * NULL where it is not machine-readable. */
char *domuimg_dpkg_copyright_parse (const char *text);

typedef enum {
  DOMUIMG_PACKAGES_NONE,  /* no package manager is known to have made the root */
  DOMUIMG_PACKAGES_DPKG,
  DOMUIMG_PACKAGES_OTHER, /* there is a database that is not read: rpm's */
} DomuimgPackagesKind;

typedef struct _DomuimgPackages DomuimgPackages;

/* Reads what is installed in @tree. CORRUPT_INPUT for a damaged database. */
DomuimgPackages *domuimg_packages_read (DomuimgTree *tree, GError **error);
void domuimg_packages_free (DomuimgPackages *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgPackages, domuimg_packages_free)

DomuimgPackagesKind domuimg_packages_get_kind (DomuimgPackages *self);
/* NULL where there is none of this name. */
const DomuimgPackage *domuimg_packages_find (DomuimgPackages *self, const char *name);
/* *@owner is the package that has installed @path, which is resolved; NULL: none. */
gboolean domuimg_packages_find_owner (DomuimgPackages *self, const char *path,
                                      const DomuimgPackage **owner, GError **error);
/* Calls @found for each path that is a key of @paths and that a package has installed. */
typedef void (*DomuimgPackagesFound) (const char *path, const DomuimgPackage *owner,
                                      gpointer user_data);
gboolean domuimg_packages_find_owners (DomuimgPackages *self, GHashTable *paths,
                                       DomuimgPackagesFound found, gpointer user_data,
                                       GError **error);
/* Adds the absolute paths of its files and directories to @paths. */
gboolean domuimg_packages_list_files (DomuimgPackages *self, const DomuimgPackage *package,
                                      GPtrArray *paths, GError **error);
/* (nullable) An expression of SPDX. */
char *domuimg_packages_find_licence (DomuimgPackages *self, const DomuimgPackage *package);
