/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/questions.h"
#include "lib/base/base.h"
#include "lib/osinfo/resources.h"

struct _DomuimgQuestions {
  GObject parent_instance;

  DomuimgSpec *spec;
  guint at;          /* the row that is asked */
  char *suggestion;  /* (nullable) of it */
  char *help;        /* of it */
  char *disk;        /* (nullable) the path that was given */
  gboolean takes_login; /* FALSE: an installer, or perhaps one, that asks for it itself */
  DomuimgOsinfoResources resources; /* of the system that the guest is made from */
};

/* One question. */
typedef struct {
  const char *question;
  const char *help;
  /* (nullable) Whether it is asked at all, after the answers so far. */
  gboolean (*is_asked) (DomuimgQuestions *self);
  /* (nullable) What an empty answer means; NULL: there has to be one. */
  char *(*suggest) (DomuimgQuestions *self);
  /* (nullable) What @help ends with. */
  char *(*explain) (DomuimgQuestions *self);
  /* Checks an answer, never empty, and keeps it in the specification. */
  gboolean (*take) (DomuimgQuestions *self, const char *answer, GError **error);
} DomuimgQuestion;

/* Ended by one without text. */
extern const DomuimgQuestion domuimg_question_rows[];
