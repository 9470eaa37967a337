/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/check.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_DOCTOR (domuimg_doctor_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgDoctor, domuimg_doctor, DOMUIMG, DOCTOR, GObject)

DOMUIMG_API
DomuimgDoctor *domuimg_doctor_new (void);
DOMUIMG_API
gboolean domuimg_doctor_get_is_xen (DomuimgDoctor *self);
DOMUIMG_API
const char *domuimg_doctor_get_xen_version (DomuimgDoctor *self);
DOMUIMG_API
GPtrArray *domuimg_doctor_examine (DomuimgDoctor *self, GCancellable *cancellable, GError **error);
DOMUIMG_API
char *domuimg_doctor_to_text (DomuimgDoctor *self);
DOMUIMG_API
char *domuimg_doctor_to_json (DomuimgDoctor *self);

G_END_DECLS
