/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/progress.h"

/* The files of an install tree, wherever that is: on a server, on a host that ssh reaches, in a directory, or in an
 * ISO image, which is read and never mounted. Paths are relative, without "." and "..". */
typedef struct _DomuimgInstallFiles DomuimgInstallFiles;

typedef struct {
  guint64 max; /* bytes; more are CORRUPT_INPUT */
  DomuimgProgress *progress;   /* (nullable) */
  GCancellable *cancellable;   /* (nullable) */
  GChecksum *checksum;         /* (nullable) is given all bytes */
} DomuimgInstallRead;

/* Asks nothing of a server; what is on this host has to be there. NOT_SUPPORTED for ways to files that
 * are not known here. */
DomuimgInstallFiles *domuimg_install_files_new (const char *location, GError **error);
void domuimg_install_files_free (DomuimgInstallFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgInstallFiles, domuimg_install_files_free)

gboolean domuimg_install_files_is_remote (DomuimgInstallFiles *self);
/* Its address, where an installer can read it there, too: not by ssh. */
const char *domuimg_install_files_get_address (DomuimgInstallFiles *self);
/* Whether it is an ISO image, and so a disk for a guest. */
gboolean domuimg_install_files_is_iso (DomuimgInstallFiles *self);
/* Whether its server has refused something so far, which counts as absent: servers of FTP, and some of HTTP,
 * say no more of what they do not have. */
gboolean domuimg_install_files_was_refused (DomuimgInstallFiles *self);
/* The address of the tree, or its absolute path; a server's ends with "/". */
const char *domuimg_install_files_get_location (DomuimgInstallFiles *self);
/* The name of a file, for messages. */
char *domuimg_install_files_name (DomuimgInstallFiles *self, const char *path);
/* Whether it is there; FALSE without an error where it is not. */
gboolean domuimg_install_files_has (DomuimgInstallFiles *self, const char *path,
                                    GCancellable *cancellable, GError **error);
/* All of a small file; NOT_FOUND. */
GBytes *domuimg_install_files_read (DomuimgInstallFiles *self, const char *path,
                                    const DomuimgInstallRead *how, GError **error);
/* What @fd does not have of a file yet; of a server only, it may have its beginning. */
gboolean domuimg_install_files_fetch (DomuimgInstallFiles *self, const char *path, int fd,
                                      const DomuimgInstallRead *how, GError **error);
