/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/grub-test.h"

#include <string.h>

/* Goes through the words as grub-core/commands/test.c does: from left to right; -a is the default, a
 * word alone is true if it is not empty, and no words at all are true. */

#define DEPTH_MAX 16

typedef struct {
  char **at;
  DomuimgGrubExists exists;
  gpointer data;
  guint depth; /* of parentheses */
} Test;

static gboolean
compare_numbers (const char *a, const char *operator_, const char *b, gboolean *result)
{
  gint64 left = g_ascii_strtoll (a, NULL, 0), right = g_ascii_strtoll (b, NULL, 0);

  if (g_str_equal (operator_, "-eq"))
    *result = left == right;
  else if (g_str_equal (operator_, "-ne"))
    *result = left != right;
  else if (g_str_equal (operator_, "-lt"))
    *result = left < right;
  else if (g_str_equal (operator_, "-le"))
    *result = left <= right;
  else if (g_str_equal (operator_, "-gt"))
    *result = left > right;
  else if (g_str_equal (operator_, "-ge"))
    *result = left >= right;
  else
    return FALSE;
  return TRUE;
}

static gboolean
compare (const char *a, const char *operator_, const char *b, gboolean *result)
{
  int order = strcmp (a, b);

  if (g_str_equal (operator_, "=") || g_str_equal (operator_, "=="))
    *result = order == 0;
  else if (g_str_equal (operator_, "!="))
    *result = order != 0;
  else if (g_str_equal (operator_, "<"))
    *result = order < 0;
  else if (g_str_equal (operator_, ">"))
    *result = order > 0;
  else if (g_str_equal (operator_, "<="))
    *result = order <= 0;
  else if (g_str_equal (operator_, ">="))
    *result = order >= 0;
  else
    return compare_numbers (a, operator_, b, result);
  return TRUE;
}

static gboolean
test_one (Test *self, const char *operator_, const char *operand, gboolean *result)
{
  if (g_str_equal (operator_, "-n"))
    *result = *operand != '\0';
  else if (g_str_equal (operator_, "-z"))
    *result = *operand == '\0';
  else if (g_str_equal (operator_, "-f") || g_str_equal (operator_, "-e")
           || g_str_equal (operator_, "-s") || g_str_equal (operator_, "-d"))
    *result = self->exists (self->data, operand);
  else
    return FALSE;
  return TRUE;
}

static gboolean evaluate (Test *self);

/* The value at the position, and how many words it has. */
static gboolean
take_value (Test *self)
{
  char **at = self->at;
  gboolean result;

  if (at[1] != NULL && at[2] != NULL && compare (at[0], at[1], at[2], &result))
    self->at += 3;
  else if (at[1] != NULL && test_one (self, at[0], at[1], &result))
    self->at += 2;
  else if (g_str_equal (at[0], "(") && self->depth < DEPTH_MAX)
    {
      self->at++;
      self->depth++;
      result = evaluate (self);
      self->depth--;
    }
  else
    {
      result = *at[0] != '\0';
      self->at++;
    }
  return result;
}

static gboolean
is_comparison (char **at)
{
  gboolean result;

  return at[1] != NULL && at[2] != NULL && compare (at[0], at[1], at[2], &result);
}

static gboolean
evaluate (Test *self)
{
  gboolean any = FALSE, all = TRUE, inverted = FALSE;

  while (*self->at != NULL)
    {
      const char *word = is_comparison (self->at) ? "" : *self->at;

      if (g_str_equal (word, ")"))
        {
          self->at++;
          break;
        }
      if (g_str_equal (word, "!") || g_str_equal (word, "-a") || g_str_equal (word, "-o"))
        {
          inverted ^= *word == '!';
          any |= all && g_str_equal (word, "-o");
          all |= g_str_equal (word, "-o");
          self->at++;
          continue;
        }
      all &= take_value (self) != inverted;
      inverted = FALSE;
    }
  return any || all;
}

gboolean
domuimg_grub_test (char **words, DomuimgGrubExists exists, gpointer data)
{
  Test self = { words, exists, data, 0 };

  return evaluate (&self);
}
