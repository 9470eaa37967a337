/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the word that somebody may have meant. */
#include "config.h"
#include "cli/suggest.h"

#include <string.h>

/* How many letters may be wrong, missing, too many, or swapped with the next. */
#define MISTAKES_MAX 2
#define WORD_MAX 40

static guint
min3 (guint a, guint b, guint c)
{
  return MIN (MIN (a, b), c);
}

static guint
count_mistakes (const char *a, const char *b)
{
  guint rows[WORD_MAX + 1][WORD_MAX + 1];
  gsize n = strlen (a), m = strlen (b);

  if (n > WORD_MAX || m > WORD_MAX)
    return G_MAXUINT;
  for (guint i = 0; i <= n; i++)
    for (guint j = 0; j <= m; j++)
      if (i == 0 || j == 0)
        rows[i][j] = i + j;
      else
        {
          rows[i][j] = min3 (rows[i - 1][j] + 1, rows[i][j - 1] + 1,
                             rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            rows[i][j] = MIN (rows[i][j], rows[i - 2][j - 2] + 1);
        }
  return rows[n][m];
}

const char *
cli_suggest (const char *word, const char *const *words)
{
  const char *best = NULL;
  guint fewest = MISTAKES_MAX + 1;

  for (guint i = 0; words[i] != NULL; i++)
    {
      guint mistakes = count_mistakes (word, words[i]);

      /* With more mistakes hardly anything is left of a short word. */
      if (mistakes < fewest && mistakes <= strlen (words[i]) / 2)
        {
          best = words[i];
          fewest = mistakes;
        }
    }
  return best;
}

const char *
cli_suggest_option (const char *word, char **help)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  for (guint i = 0; help[i] != NULL; i++)
    {
      char *option = strstr (help[i], "--");

      if (option == NULL || (option != help[i] && option[-1] != ' '))
        continue;
      option += strlen ("--");
      option[strcspn (option, "= ")] = '\0';
      g_ptr_array_add (words, option);
    }
  g_ptr_array_add (words, NULL);
  return cli_suggest (word, (const char *const *) words->pdata);
}
