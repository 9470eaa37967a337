/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/rpm-job.h"

/* What runs in the namespace, in a process of its own: domuimg-rpm. */

/* Does the job of the work directory @work, and writes the root as a tar to standard output. What
 * it and its programs say goes to standard error. The exit status. */
int domuimg_rpm_run_inside (const char *work);

/* rpm-mounts.c: /proc, /sys and /dev in @root, and a filesystem in memory as @root where @work is
 * in memory, too. */
gboolean domuimg_rpm_mount_root (const char *work, const char *root, GError **error);
gboolean domuimg_rpm_mount_system (const char *root, GError **error);
/* The mountpoints remain, as empty directories. */
gboolean domuimg_rpm_unmount_system (const char *root, GError **error);

/* Shows the directory @path of packages in the root, whose /dev is ours and goes: the @number-th. */
gboolean domuimg_rpm_mount_packages (const char *path, guint number, const char *root,
                                     GError **error);
#define DOMUIMG_RPM_PACKAGES "/dev/packages"
/* The names of the files of what was installed, a line each. */
#define DOMUIMG_RPM_INSTALLED "/dev/installed"

/* rpm-finish.c: what packages leave to do, and to clean up; by a process whose root directory is
 * the new root, so that no link in there leads outside. */
gboolean domuimg_rpm_finish (const DomuimgRpmJob *job, GError **error);

/* One program, whose lines go to standard error. */
gboolean domuimg_rpm_run (const char *const *argv, const char *home, GError **error);
