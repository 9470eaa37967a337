/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What domuimg-rpm is to do in its namespace: made by the library, and handed over as files of the
 * work directory. */
typedef struct {
  GStrv manager;  /* the package manager with all its arguments; $ROOT in one is the root */
  GStrv keyrings; /* for those that trust only what the root's rpm trusts already */
  char *database; /* where the guest's rpm has its database */
  char *format;   /* of that database: "sqlite", or DOMUIMG_RPM_IMPORT */
  GStrv local;    /* directories of packages that are used where they are */
  gboolean has_kernel;
} DomuimgRpmJob;

/* The guest's own rpm makes its database, of a format that this machine's cannot write: that of
 * Debian has sqlite only. */
#define DOMUIMG_RPM_IMPORT "import"

/* Below the work directory. */
#define DOMUIMG_RPM_JOB_FILE "job"
#define DOMUIMG_RPM_SEED "seed"   /* files to lay into the root before packages */
#define DOMUIMG_RPM_HOME "home"   /* of the package manager: rpm's macros */
#define DOMUIMG_RPM_CACHE "cache" /* what it downloads */
#define DOMUIMG_RPM_LOG "log"

/* Writes a file of the work directory. */
gboolean domuimg_rpm_write (const char *path, const char *text, GError **error);

gboolean domuimg_rpm_job_save (const DomuimgRpmJob *self, const char *work, GError **error);
gboolean domuimg_rpm_job_load (DomuimgRpmJob *self, const char *work, GError **error);
void domuimg_rpm_job_clear (DomuimgRpmJob *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgRpmJob, domuimg_rpm_job_clear)
