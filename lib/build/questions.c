/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes through the table of questions. */
#include "config.h"
#include "lib/build/questions.h"

/**
 * DomuimgQuestions:
 *
 * What a person is asked about a new guest, one question after the other, with
 * each answer checked at once. What was answered is a specification.
 *
 * |[<!-- language="C" -->
 * while ((question = domuimg_questions_get_question (questions)) != NULL)
 *   if (!domuimg_questions_answer (questions, ask (question), &error))
 *     say_and_clear (&error);
 * ]|
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgQuestions, domuimg_questions, G_TYPE_OBJECT)

static void
domuimg_questions_finalize (GObject *object)
{
  DomuimgQuestions *self = DOMUIMG_QUESTIONS (object);

  g_clear_object (&self->spec);
  g_free (self->suggestion);
  g_free (self->help);
  g_free (self->disk);
  G_OBJECT_CLASS (domuimg_questions_parent_class)->finalize (object);
}

static void
domuimg_questions_class_init (DomuimgQuestionsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_questions_finalize;
}

static const DomuimgQuestion *
get_row (DomuimgQuestions *self)
{
  return &domuimg_question_rows[self->at];
}

/* To the next row that is asked. */
static void
settle (DomuimgQuestions *self)
{
  const DomuimgQuestion *row = get_row (self);
  g_autofree char *more = NULL;

  while (row->question != NULL && row->is_asked != NULL && !row->is_asked (self))
    row = &domuimg_question_rows[++self->at];
  g_clear_pointer (&self->suggestion, g_free);
  g_clear_pointer (&self->help, g_free);
  if (row->question == NULL)
    return;
  if (row->suggest != NULL)
    self->suggestion = row->suggest (self);
  if (row->explain != NULL)
    more = row->explain (self);
  self->help = g_strconcat (row->help, more, NULL);
}

static void
domuimg_questions_init (DomuimgQuestions *self)
{
  self->spec = domuimg_spec_new ();
  settle (self);
}

/**
 * domuimg_questions_new:
 *
 * Returns: (transfer full): questions of which none was answered
 *
 * Since: 0.1
 */
DomuimgQuestions *
domuimg_questions_new (void)
{
  return g_object_new (DOMUIMG_TYPE_QUESTIONS, NULL);
}

/**
 * domuimg_questions_get_question:
 * @self: questions
 *
 * Returns: (transfer none) (nullable): the one to be asked next, without a mark
 *   at its end; %NULL when all are answered
 *
 * Since: 0.1
 */
const char *
domuimg_questions_get_question (DomuimgQuestions *self)
{
  g_return_val_if_fail (DOMUIMG_IS_QUESTIONS (self), NULL);
  return get_row (self)->question;
}

/**
 * domuimg_questions_get_suggestion:
 * @self: questions
 *
 * Returns: (transfer none) (nullable): what an empty answer means; %NULL where
 *   there has to be an answer. Valid until the next answer
 *
 * Since: 0.1
 */
const char *
domuimg_questions_get_suggestion (DomuimgQuestions *self)
{
  g_return_val_if_fail (DOMUIMG_IS_QUESTIONS (self), NULL);
  return self->suggestion;
}

/**
 * domuimg_questions_get_help:
 * @self: questions
 *
 * Returns: (transfer none) (nullable): what the question is about; %NULL when all are
 *   answered. Valid until the next answer
 *
 * Since: 0.1
 */
const char *
domuimg_questions_get_help (DomuimgQuestions *self)
{
  g_return_val_if_fail (DOMUIMG_IS_QUESTIONS (self), NULL);
  return self->help;
}

/**
 * domuimg_questions_answer:
 * @self: questions
 * @answer: to the question that is to be asked; empty for the suggestion
 * @error: return location for a #GError
 *
 * Returns: whether the answer can be; then the next question is to be asked. If
 *   not, @error says why, and the same question is to be asked again:
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT, or another code for what is not there
 *
 * Since: 0.1
 */
gboolean
domuimg_questions_answer (DomuimgQuestions *self, const char *answer, GError **error)
{
  const DomuimgQuestion *row;
  g_autofree char *text = NULL;

  g_return_val_if_fail (DOMUIMG_IS_QUESTIONS (self), FALSE);
  g_return_val_if_fail (answer != NULL, FALSE);

  row = get_row (self);
  g_return_val_if_fail (row->question != NULL, FALSE);
  text = g_strstrip (g_strdup (answer));
  if (*text == '\0' && self->suggestion == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "there has to be an answer");
  if (!row->take (self, *text != '\0' ? text : self->suggestion, error))
    return FALSE;
  self->at++;
  settle (self);
  return TRUE;
}

/**
 * domuimg_questions_get_spec:
 * @self: questions
 *
 * Returns: (transfer none): what was answered so far, as a specification
 *
 * Since: 0.1
 */
DomuimgSpec *
domuimg_questions_get_spec (DomuimgQuestions *self)
{
  g_return_val_if_fail (DOMUIMG_IS_QUESTIONS (self), NULL);
  return self->spec;
}
