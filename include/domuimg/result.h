/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/check.h>
#include <domuimg/types.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_RESULT (domuimg_result_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgResult, domuimg_result, DOMUIMG, RESULT, GObject)

DOMUIMG_API
const char *domuimg_result_get_name (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_uuid (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_image_path (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_config_path (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_install_config_path (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_xml_path (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_manifest_path (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_kernel_path (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_ramdisk_path (DomuimgResult *self);
DOMUIMG_API
const char *domuimg_result_get_root_password (DomuimgResult *self);
DOMUIMG_API
DomuimgReport *domuimg_result_get_report (DomuimgResult *self);
DOMUIMG_API
char *domuimg_result_to_text (DomuimgResult *self);
DOMUIMG_API
char *domuimg_result_to_json (DomuimgResult *self);

#define DOMUIMG_TYPE_PLAN (domuimg_plan_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgPlan, domuimg_plan, DOMUIMG, PLAN, GObject)

DOMUIMG_API
char *domuimg_plan_to_text (DomuimgPlan *self);
DOMUIMG_API
char *domuimg_plan_to_json (DomuimgPlan *self);

#define DOMUIMG_TYPE_REHEARSAL (domuimg_rehearsal_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgRehearsal, domuimg_rehearsal, DOMUIMG, REHEARSAL, GObject)

DOMUIMG_API
DomuimgPlan *domuimg_rehearsal_get_plan (DomuimgRehearsal *self);
DOMUIMG_API
char *domuimg_rehearsal_to_text (DomuimgRehearsal *self);
DOMUIMG_API
char *domuimg_rehearsal_to_json (DomuimgRehearsal *self);

G_END_DECLS
