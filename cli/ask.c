/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks on the terminal what to make. */
#include "config.h"
#include "cli/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL at the end of the input. */
static char *
read_line (void)
{
  char *line = NULL;
  size_t size = 0;
  char *copy;

  if (getline (&line, &size, stdin) < 0)
    {
      free (line);
      return NULL;
    }
  copy = g_strstrip (g_strdup (line));
  free (line);
  return copy;
}

static int
end (void)
{
  g_print ("\n");
  g_printerr ("domuimg: nothing is made\n");
  return CLI_FAILED;
}

static void
show_question (DomuimgQuestions *questions)
{
  const char *suggestion = domuimg_questions_get_suggestion (questions);

  g_print ("%s?", domuimg_questions_get_question (questions));
  if (suggestion != NULL)
    g_print (" [%s]", suggestion);
  g_print (" ");
  fflush (stdout);
}

static void
answer (DomuimgQuestions *questions, const char *line)
{
  g_autoptr (GError) error = NULL;

  if (g_str_equal (line, "?"))
    g_print ("  %s\n", domuimg_questions_get_help (questions));
  else if (!domuimg_questions_answer (questions, line, &error))
    {
      g_autofree char *plain = cli_plain (error->message);

      g_print ("  %s\n", plain);
    }
}

gboolean
cli_ask (DomuimgQuestions *questions, int *status)
{
  g_print ("A question is explained by the answer ?; Ctrl-C ends all, and nothing is made.\n");
  while (domuimg_questions_get_question (questions) != NULL)
    {
      g_autofree char *line = NULL;

      show_question (questions);
      line = read_line ();
      if (line == NULL)
        {
          *status = end ();
          return FALSE;
        }
      answer (questions, line);
    }
  return TRUE;
}

static gboolean
show_plan (DomuimgQuestions *questions, int *status)
{
  DomuimgSpec *spec = domuimg_questions_get_spec (questions);
  g_autoptr (GError) error = NULL;
  g_autofree char *plan = domuimg_questions_describe_plan (questions, &error);
  g_autofree char *command = domuimg_spec_to_command (spec);
  g_autofree char *data = domuimg_spec_to_data (spec);

  if (plan == NULL)
    {
      *status = cli_report (error);
      return FALSE;
    }
  g_print ("\n%s\nThe same without questions:\n  domuimg %s\nor, by domuimg create --spec FILE, with this"
           " file:\n%s\n", plan, command, data);
  return TRUE;
}

/* FALSE where the question has to be asked again. */
static gboolean
read_last_answer (const char *line, gboolean *yes)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *plain = NULL;

  if (g_str_equal (line, "?"))
    {
      g_print ("  Yes makes the guest as above; no ends all, and nothing is made.\n");
      return FALSE;
    }
  if (domuimg_questions_read_yes (line, yes, &error))
    return TRUE;
  plain = cli_plain (error->message);
  g_print ("  %s\n", plain);
  return FALSE;
}

gboolean
cli_ask_confirm (DomuimgQuestions *questions, int *status)
{
  gboolean yes = FALSE;

  if (!show_plan (questions, status))
    return FALSE;
  for (;;)
    {
      g_autofree char *line = NULL;

      g_print ("Make it (yes or no)? ");
      fflush (stdout);
      line = read_line ();
      if (line != NULL && !read_last_answer (line, &yes))
        continue;
      if (yes)
        return TRUE;
      *status = end ();
      return FALSE;
    }
}
