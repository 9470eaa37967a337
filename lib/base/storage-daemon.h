/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"

/* QEMU's storage daemon, which shows disks to others for as long as it runs. It dies with us. */
typedef struct _DomuimgStorageDaemon DomuimgStorageDaemon;

/* FALSE where it is not installed, with the reason. */
gboolean domuimg_storage_daemon_is_installed (char **why_not);
/* @pidfile: where it tells that it is ready; nobody else's. */
DomuimgStorageDaemon *domuimg_storage_daemon_new (const char *pidfile);
/* Its arguments are added here before it is started. */
DomuimgExec *domuimg_storage_daemon_get_exec (DomuimgStorageDaemon *self);
/* @value for an argument of the form KEY=VALUE,KEY=VALUE. */
char *domuimg_storage_daemon_escape (const char *value);
/* Returns when everything is shown. TOOL_FAILED, with what it says, where that cannot be. */
gboolean domuimg_storage_daemon_start (DomuimgStorageDaemon *self, GCancellable *cancellable,
                                       GError **error);
/* Ends it. */
void domuimg_storage_daemon_free (DomuimgStorageDaemon *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgStorageDaemon, domuimg_storage_daemon_free)
