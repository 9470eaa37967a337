/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/spec.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_QUESTIONS (domuimg_questions_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgQuestions, domuimg_questions, DOMUIMG, QUESTIONS, GObject)

DOMUIMG_API
DomuimgQuestions *domuimg_questions_new (void);
DOMUIMG_API
const char *domuimg_questions_get_question (DomuimgQuestions *self);
DOMUIMG_API
const char *domuimg_questions_get_suggestion (DomuimgQuestions *self);
DOMUIMG_API
const char *domuimg_questions_get_help (DomuimgQuestions *self);
DOMUIMG_API
gboolean domuimg_questions_answer (DomuimgQuestions *self, const char *answer, GError **error);
DOMUIMG_API
DomuimgSpec *domuimg_questions_get_spec (DomuimgQuestions *self);
DOMUIMG_API
char *domuimg_questions_describe_plan (DomuimgQuestions *self, GError **error);
DOMUIMG_API
gboolean domuimg_questions_read_yes (const char *answer, gboolean *yes, GError **error);

G_END_DECLS
