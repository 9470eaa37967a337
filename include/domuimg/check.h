/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/progress.h>
#include <domuimg/types.h>

G_BEGIN_DECLS

/**
 * DomuimgVerdict:
 * @DOMUIMG_VERDICT_BOOTS: nothing was found that would keep the guest from a login
 * @DOMUIMG_VERDICT_FAILS: the guest will not reach a login
 * @DOMUIMG_VERDICT_UNKNOWN: something that decides could not be looked at
 * @DOMUIMG_VERDICT_NONE: the guest could not be looked at
 *
 * What a check says of a guest.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_VERDICT_BOOTS,
  DOMUIMG_VERDICT_FAILS,
  DOMUIMG_VERDICT_UNKNOWN,
  DOMUIMG_VERDICT_NONE,
} DomuimgVerdict;

/**
 * DomuimgSeverity:
 * @DOMUIMG_SEVERITY_ERROR: it stops the boot
 * @DOMUIMG_SEVERITY_UNKNOWN: whether it stops the boot could not be told
 * @DOMUIMG_SEVERITY_WARNING: the guest reaches a login, and something in it will not work
 * @DOMUIMG_SEVERITY_INFO: worth knowing
 *
 * How much a finding matters.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_SEVERITY_ERROR,
  DOMUIMG_SEVERITY_UNKNOWN,
  DOMUIMG_SEVERITY_WARNING,
  DOMUIMG_SEVERITY_INFO,
} DomuimgSeverity;

DOMUIMG_API
const char *domuimg_verdict_to_string (DomuimgVerdict verdict);
DOMUIMG_API
const char *domuimg_severity_to_string (DomuimgSeverity severity);

#define DOMUIMG_TYPE_FINDING (domuimg_finding_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgFinding, domuimg_finding, DOMUIMG, FINDING, GObject)

DOMUIMG_API
const char *domuimg_finding_get_id (DomuimgFinding *self);
DOMUIMG_API
DomuimgSeverity domuimg_finding_get_severity (DomuimgFinding *self);
DOMUIMG_API
const char *domuimg_finding_get_message (DomuimgFinding *self);
DOMUIMG_API
const char *domuimg_finding_get_evidence (DomuimgFinding *self);
DOMUIMG_API
gboolean domuimg_finding_get_fixable (DomuimgFinding *self);
DOMUIMG_API
const char *domuimg_finding_get_remedy (DomuimgFinding *self);
DOMUIMG_API
gboolean domuimg_finding_get_is_fault (DomuimgFinding *self);
DOMUIMG_API
const char *domuimg_finding_get_purpose (DomuimgFinding *self);

#define DOMUIMG_TYPE_REPORT (domuimg_report_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgReport, domuimg_report, DOMUIMG, REPORT, GObject)

DOMUIMG_API
DomuimgVerdict domuimg_report_get_verdict (DomuimgReport *self);
DOMUIMG_API
DomuimgGuestType domuimg_report_get_guest_type (DomuimgReport *self);
DOMUIMG_API
GPtrArray *domuimg_report_get_findings (DomuimgReport *self);
DOMUIMG_API
char *domuimg_report_to_text (DomuimgReport *self);
DOMUIMG_API
char *domuimg_report_to_json (DomuimgReport *self);
DOMUIMG_API
const char *domuimg_report_get_guest (DomuimgReport *self);
DOMUIMG_API
const char *domuimg_report_get_error (DomuimgReport *self);
DOMUIMG_API
DomuimgVerdict domuimg_report_list_get_worst (GPtrArray *reports);
DOMUIMG_API
char *domuimg_report_list_to_text (GPtrArray *reports);
DOMUIMG_API
char *domuimg_report_list_to_json (GPtrArray *reports);

#define DOMUIMG_TYPE_CHECK (domuimg_check_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgCheck, domuimg_check, DOMUIMG, CHECK, GObject)

DOMUIMG_API
DomuimgCheck *domuimg_check_new_for_config (const char *path);
DOMUIMG_API
DomuimgCheck *domuimg_check_new_for_image (const char *path);
DOMUIMG_API
void domuimg_check_set_guest_type (DomuimgCheck *self, DomuimgGuestType type);
DOMUIMG_API
void domuimg_check_set_kernel (DomuimgCheck *self, const char *path);
DOMUIMG_API
void domuimg_check_set_ramdisk (DomuimgCheck *self, const char *path);
DOMUIMG_API
void domuimg_check_set_cmdline (DomuimgCheck *self, const char *cmdline);
DOMUIMG_API
gboolean domuimg_check_set_xen_version (DomuimgCheck *self, const char *version, GError **error);
DOMUIMG_API
void domuimg_check_set_progress (DomuimgCheck *self, DomuimgProgress *progress);
DOMUIMG_API
gboolean domuimg_check_set_host (DomuimgCheck *self, const char *path, GError **error);
DOMUIMG_API
void domuimg_check_set_allow_backing (DomuimgCheck *self, gboolean allow);
DOMUIMG_API
gboolean domuimg_check_add_luks_key (DomuimgCheck *self, const char *key, GError **error);
DOMUIMG_API
DomuimgReport *domuimg_check_run (DomuimgCheck *self, GCancellable *cancellable, GError **error);
DOMUIMG_API
char **domuimg_check_plan_fixes (DomuimgCheck *self, GCancellable *cancellable, GError **error);
DOMUIMG_API
DomuimgReport *domuimg_check_fix (DomuimgCheck *self, GCancellable *cancellable, char ***changes,
                                  GError **error);
DOMUIMG_API
void domuimg_check_run_async (DomuimgCheck *self, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
DomuimgReport *domuimg_check_run_finish (DomuimgCheck *self, GAsyncResult *result,
                                         GError **error);
DOMUIMG_API
void domuimg_check_fix_async (DomuimgCheck *self, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
DomuimgReport *domuimg_check_fix_finish (DomuimgCheck *self, GAsyncResult *result,
                                         char ***changes, GError **error);
DOMUIMG_API
GPtrArray *domuimg_check_run_all (GPtrArray *checks, GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_check_run_all_async (GPtrArray *checks, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
GPtrArray *domuimg_check_run_all_finish (GAsyncResult *result, GError **error);
DOMUIMG_API
char **domuimg_check_list_guests (GError **error);

G_END_DECLS
