/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Goes through the table of questions. */
#include "config.h"
#include "lib/build/questions.h"

#include <string.h>

#include "lib/build/plan.h"

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
find_next_question (DomuimgQuestions *self)
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
  find_next_question (self);
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

/* The path of an answer may begin as a shell's: "~/x.img", "tar:~/root.tar". */
static char *
expand_home (const char *answer)
{
  const char *colon = strchr (answer, ':');
  const char *path = colon != NULL && g_str_has_prefix (colon, ":~/") ? colon + 1 : answer;

  if (!g_str_has_prefix (path, "~/"))
    return g_strdup (answer);
  return g_strdup_printf ("%.*s%s%s", (int) (path - answer), answer, g_get_home_dir (), path + 1);
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
  g_autofree char *full = NULL;

  g_return_val_if_fail (DOMUIMG_IS_QUESTIONS (self), FALSE);
  g_return_val_if_fail (answer != NULL, FALSE);

  row = get_row (self);
  g_return_val_if_fail (row->question != NULL, FALSE);
  text = g_strstrip (g_strdup (answer));
  if (*text == '\0' && self->suggestion == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "there has to be an answer");
  full = expand_home (*text != '\0' ? text : self->suggestion);
  if (!row->take (self, full, error))
    return FALSE;
  self->at++;
  find_next_question (self);
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

/**
 * domuimg_questions_describe_plan:
 * @self: questions that are all answered
 * @error: return location for a #GError
 *
 * Works out what a build of the answers would do, without doing it.
 *
 * Returns: (transfer full): the plan, as text of several lines; of what has to
 *   be downloaded before there can be a plan, one line that says so. %NULL on
 *   error, with those of domuimg_build_get_plan()
 *
 * Since: 0.1
 */
char *
domuimg_questions_describe_plan (DomuimgQuestions *self, GError **error)
{
  g_autoptr (DomuimgSource) source = NULL;
  g_autoptr (DomuimgPlan) plan = NULL;
  const char *url;

  g_return_val_if_fail (DOMUIMG_IS_QUESTIONS (self), NULL);
  source = domuimg_plan_make_source (self->spec, error);
  if (source == NULL)
    return NULL;
  url = domuimg_source_get_url (source);
  if (url != NULL)
    return g_strdup_printf ("%s has to be downloaded before there can be a plan\n", url);
  plan = domuimg_plan_new (self->spec, source, error);
  return plan != NULL ? domuimg_plan_to_text (plan) : NULL;
}

/**
 * domuimg_questions_read_yes:
 * @answer: to a question that is answered by yes or no
 * @yes: (out): which of them it is
 * @error: return location for a #GError
 *
 * Reads yes, y, no or n, in capital or small letters.
 *
 * Returns: whether it is one of them; if not, @error is
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Since: 0.1
 */
gboolean
domuimg_questions_read_yes (const char *answer, gboolean *yes, GError **error)
{
  static const char *const words[] = { "yes", "y", "no", "n" };

  g_return_val_if_fail (answer != NULL && yes != NULL, FALSE);
  *yes = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (words[i], answer) == 0)
      {
        *yes = i < 2;
        return TRUE;
      }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is neither yes nor no", answer);
}
