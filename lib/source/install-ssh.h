/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/install-files.h"

/* Files of a host that ssh reaches, by its user's configuration, keys and agent. */
typedef struct _DomuimgInstallSsh DomuimgInstallSsh;

/* Whether @location is HOST:/DIR, USER@HOST:/DIR, or an address of ssh, sftp or scp. */
gboolean domuimg_install_ssh_is (const char *location);
/* Connects to nothing. INVALID_ARGUMENT for an address that is not one. */
DomuimgInstallSsh *domuimg_install_ssh_new (const char *location, GError **error);
void domuimg_install_ssh_free (DomuimgInstallSsh *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgInstallSsh, domuimg_install_ssh_free)

gboolean domuimg_install_ssh_has (DomuimgInstallSsh *self, const char *path, GCancellable *cancellable,
                                  GError **error);
typedef gboolean (*DomuimgInstallSshTake) (const void *data, gsize length, gpointer user_data,
                                           GError **error);
/* The bytes of a file from @offset on, in pieces; NOT_FOUND. */
gboolean domuimg_install_ssh_stream (DomuimgInstallSsh *self, const char *path, guint64 offset,
                                     DomuimgInstallSshTake take, gpointer user_data,
                                     GCancellable *cancellable, GError **error);
