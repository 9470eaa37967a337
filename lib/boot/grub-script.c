/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/grub-script.h"

#include <string.h>

/* A menu that needs more is hostile. */
#define STEPS_MAX 100000
#define DEPTH_MAX 32
#define TEXT_MAX (64 << 10)

struct _DomuimgGrubScript {
  DomuimgMenu *menu;
  DomuimgGrubCommand command;
  gpointer user_data;
  GHashTable *variables;
  GHashTable *functions; /* of Function */
  guint steps;
  guint depth;
  gboolean stopped; /* a limit was reached */
};

typedef struct {
  char *body;
  guint line;
} Function;

/* Where one run is in its text. */
typedef struct {
  DomuimgGrubScript *script;
  const char *at;
  guint line;
  char **arguments; /* (nullable) $1, $2, ... */
  gboolean status;  /* of the last command */
} Run;

static void
function_free (gpointer data)
{
  g_free (((Function *) data)->body);
  g_free (data);
}

DomuimgGrubScript *
domuimg_grub_script_new (DomuimgMenu *menu, DomuimgGrubCommand command, gpointer user_data)
{
  DomuimgGrubScript *self = g_new0 (DomuimgGrubScript, 1);

  self->menu = menu;
  self->command = command;
  self->user_data = user_data;
  self->variables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, function_free);
  return self;
}

void
domuimg_grub_script_free (DomuimgGrubScript *self)
{
  g_hash_table_unref (self->variables);
  g_hash_table_unref (self->functions);
  g_free (self);
}

const char *
domuimg_grub_script_get (DomuimgGrubScript *self, const char *name)
{
  return g_hash_table_lookup (self->variables, name);
}

void
domuimg_grub_script_set (DomuimgGrubScript *self, const char *name, const char *value)
{
  if (value == NULL)
    g_hash_table_remove (self->variables, name);
  else
    g_hash_table_replace (self->variables, g_strdup (name), g_strndup (value, TEXT_MAX));
}

GHashTable *
domuimg_grub_script_get_variables (DomuimgGrubScript *self)
{
  return self->variables;
}

GHashTable *
domuimg_grub_script_save (DomuimgGrubScript *self)
{
  GHashTable *copy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, self->variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy, g_strdup (name), g_strdup (value));
  return copy;
}

void
domuimg_grub_script_restore (DomuimgGrubScript *self, GHashTable *saved)
{
  g_hash_table_unref (self->variables);
  self->variables = saved;
}

static gboolean
stop (Run *run, const char *why)
{
  if (!run->script->stopped)
    domuimg_menu_add_problem (run->script->menu, "line %u: %s", run->line, why);
  run->script->stopped = TRUE;
  return FALSE;
}

static const char *
value_of (Run *run, const char *name)
{
  guint64 number;

  if (g_ascii_string_to_unsigned (name, 10, 1, 99, &number, NULL))
    return run->arguments != NULL && number <= g_strv_length (run->arguments)
               ? run->arguments[number - 1]
               : NULL;
  return g_hash_table_lookup (run->script->variables, name);
}

/* $name, ${name}, $1, $@ and $?; the position is after the dollar sign. */
static char *
take_variable (Run *run)
{
  gboolean braced = *run->at == '{';
  g_autofree char *name = NULL;
  const char *value;
  gsize length;

  run->at += braced;
  if (*run->at == '@' || *run->at == '*' || *run->at == '?' || *run->at == '#')
    {
      gboolean all = *run->at == '@' || *run->at == '*';

      run->at += 1 + (braced && run->at[1] == '}');
      return all && run->arguments != NULL ? g_strjoinv (" ", run->arguments)
                                           : g_strdup (run->status ? "0" : "1");
    }
  length = strspn (run->at, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_");
  name = g_strndup (run->at, length);
  run->at += length;
  run->at += braced && *run->at == '}';
  value = value_of (run, name);
  return g_strdup (value != NULL ? value : "");
}

/* A word so far; @has is set by quotes too, which make an empty one. */
typedef struct {
  GString *text;
  gboolean has;
  GPtrArray *words;
} Words;

static void
end_word (Words *self)
{
  if (self->has)
    g_ptr_array_add (self->words, g_strdup (self->text->str));
  g_string_truncate (self->text, 0);
  self->has = FALSE;
}

/* What a variable holds outside of quotes falls into words. */
static void
add_split (Words *self, const char *value)
{
  for (; *value != '\0'; value++)
    if (*value == ' ' || *value == '\t')
      end_word (self);
    else
      {
        g_string_append_c (self->text, *value);
        self->has = TRUE;
      }
}

static void
take_single (Run *run, Words *words)
{
  words->has = TRUE;
  for (run->at++; *run->at != '\0' && *run->at != '\''; run->at++)
    {
      run->line += *run->at == '\n';
      g_string_append_c (words->text, *run->at);
    }
  run->at += *run->at == '\'';
}

static void
take_double (Run *run, Words *words)
{
  words->has = TRUE;
  run->at++;
  while (*run->at != '\0' && *run->at != '"')
    {
      if (*run->at == '$' && run->at[1] != '"' && run->at[1] != ' ')
        {
          run->at++;
          g_autofree char *value = take_variable (run);
          g_string_append (words->text, value);
          continue;
        }
      if (*run->at == '\\' && run->at[1] != '\0' && strchr ("$\"\\\n", run->at[1]) != NULL)
        run->at++;
      run->line += *run->at == '\n';
      g_string_append_c (words->text, *run->at++);
    }
  run->at += *run->at == '"';
}

static void
take_escape (Run *run, Words *words)
{
  run->at++;
  if (*run->at == '\n')
    run->line++;
  else if (*run->at != '\0')
    {
      g_string_append_c (words->text, *run->at);
      words->has = TRUE;
    }
  run->at += *run->at != '\0';
}

static gboolean
is_block_start (const Run *run, const Words *words)
{
  return *run->at == '{' && !words->has
         && (run->at[1] == '\n' || run->at[1] == ' ' || run->at[1] == '\t' || run->at[1] == '\0'
             || run->at[1] == '\r');
}

/* Words up to the end of the command or a block. */
static char **
take_words (Run *run)
{
  Words words = { g_string_new (NULL), FALSE, g_ptr_array_new () };

  while (*run->at != '\0' && *run->at != '\n' && *run->at != ';' && words.text->len < TEXT_MAX)
    {
      if (is_block_start (run, &words) || (*run->at == '#' && !words.has))
        break;
      if (*run->at == '\'')
        take_single (run, &words);
      else if (*run->at == '"')
        take_double (run, &words);
      else if (*run->at == '\\')
        take_escape (run, &words);
      else if (*run->at == '$' && run->at[1] != ' ')
        {
          run->at++;
          g_autofree char *value = take_variable (run);
          add_split (&words, value);
        }
      else if (*run->at == ' ' || *run->at == '\t' || *run->at == '\r')
        {
          end_word (&words);
          run->at++;
        }
      else
        {
          g_string_append_c (words.text, *run->at++);
          words.has = TRUE;
        }
    }
  end_word (&words);
  g_string_free (words.text, TRUE);
  g_ptr_array_add (words.words, NULL);
  return (char **) g_ptr_array_free (words.words, FALSE);
}

static void
skip_quoted (Run *run)
{
  char quote = *run->at++;

  for (; *run->at != '\0' && *run->at != quote; run->at++)
    {
      run->line += *run->at == '\n';
      if (quote == '"' && *run->at == '\\' && run->at[1] != '\0')
        run->at++;
    }
  run->at += *run->at == quote;
}

/* The text between { and its }. */
static char *
take_block (Run *run)
{
  const char *start = ++run->at;
  guint depth = 1;

  for (; *run->at != '\0'; run->at++)
    {
      gboolean begins = run->at[-1] == '\n' || run->at[-1] == ' ' || run->at[-1] == '\t'
                        || run->at[-1] == ';' || run->at[-1] == '{';

      if (*run->at == '\'' || *run->at == '"')
        {
          skip_quoted (run);
          run->at--;
        }
      else if (*run->at == '\\' && run->at[1] != '\0')
        run->at++;
      else if (*run->at == '$' && run->at[1] == '{')
        run->at++, depth++;
      else if (*run->at == '#' && begins)
        run->at += strcspn (run->at, "\n") - 1;
      else if (*run->at == '{')
        depth++;
      else if (*run->at == '}' && --depth == 0)
        break;
      run->line += *run->at == '\n';
    }
  char *block = g_strndup (start, run->at - start);
  run->at += *run->at == '}';
  return block;
}

static void
skip_separators (Run *run)
{
  for (;; run->at++)
    {
      if (*run->at == '#')
        run->at += strcspn (run->at, "\n");
      if (*run->at == '\n')
        run->line++;
      else if (*run->at == '\0' || strchr (" \t\r;", *run->at) == NULL)
        return;
    }
}

/* An unquoted word at the beginning of a command, without taking it. */
static char *
peek_word (const Run *run)
{
  return g_strndup (run->at, strspn (run->at, G_CSET_a_2_z "_"));
}

static gboolean run_list (Run *run, gboolean active, const char *const *ends, char **end);

static void
run_if (Run *run, gboolean active)
{
  static const char *const then[] = { "then", NULL };
  static const char *const ends[] = { "elif", "else", "fi", NULL };
  gboolean done = FALSE;
  g_autofree char *end = g_strdup ("elif");

  while (g_strcmp0 (end, "elif") == 0 && !run->script->stopped)
    {
      g_autofree char *word = NULL;
      gboolean taken;

      run_list (run, active && !done, then, &word);
      taken = active && !done && run->status;
      g_clear_pointer (&end, g_free);
      run_list (run, taken, ends, &end);
      done |= taken;
    }
  if (g_strcmp0 (end, "else") == 0)
    {
      g_clear_pointer (&end, g_free);
      run_list (run, active && !done, ends, &end);
    }
  if (g_strcmp0 (end, "fi") != 0)
    stop (run, "an if has no fi");
  run->status = TRUE;
}

static void
define_function (Run *run, gboolean active)
{
  g_auto (GStrv) words = take_words (run);
  guint line = run->line;
  Function *function;

  if (*run->at != '{' || words[0] == NULL)
    {
      stop (run, "a function has no body");
      return;
    }
  function = g_new0 (Function, 1);
  function->line = line;
  function->body = take_block (run);
  if (active)
    g_hash_table_replace (run->script->functions, g_strdup (words[0]), function);
  else
    function_free (function);
}

static gboolean run_text (DomuimgGrubScript *self, const char *text, guint line, char **arguments,
                          gboolean *status);

static gboolean
is_assignment (const char *word)
{
  gsize length = strspn (word, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_");

  return length > 0 && word[length] == '=' && !g_ascii_isdigit (word[0]);
}

static gboolean
call (Run *run, char **words, const char *block, guint line)
{
  Function *function = g_hash_table_lookup (run->script->functions, words[0]);
  gboolean status = TRUE;

  if (is_assignment (words[0]))
    {
      char *equals = strchr (words[0], '=');

      *equals = '\0';
      domuimg_grub_script_set (run->script, words[0], equals + 1);
      return TRUE;
    }
  if (function == NULL)
    return run->script->command (run->script, words, block, line, run->script->user_data);
  /* It may define itself anew. */
  g_autofree char *body = g_strdup (function->body);
  run_text (run->script, body, function->line, words + 1, &status);
  return status;
}

static void
run_command (Run *run, gboolean active)
{
  guint line = run->line;
  gboolean negated = FALSE;
  g_auto (GStrv) words = take_words (run);
  g_autofree char *block = NULL;
  char **first = words;

  if (is_block_start (run, &(Words){ NULL, FALSE, NULL }))
    block = take_block (run);
  for (; *first != NULL && g_str_equal (*first, "!"); first++)
    negated = !negated;
  if (!active || *first == NULL)
    return;
  run->status = call (run, first, block, line) != negated;
}

static void
run_statement (Run *run, gboolean active)
{
  g_autofree char *word = peek_word (run);

  if (++run->script->steps > STEPS_MAX)
    {
      stop (run, "the menu runs too long");
      return;
    }
  if (g_str_equal (word, "if"))
    {
      run->at += strlen (word);
      run_if (run, active);
    }
  else if (g_str_equal (word, "function"))
    {
      run->at += strlen (word);
      define_function (run, active);
    }
  else
    run_command (run, active);
}

/* Commands up to one of the words in @ends, or the end of the text. */
static gboolean
run_list (Run *run, gboolean active, const char *const *ends, char **end)
{
  if (++run->script->depth > DEPTH_MAX)
    stop (run, "the menu is nested too deeply");
  for (skip_separators (run); *run->at != '\0' && !run->script->stopped; skip_separators (run))
    {
      const char *before = run->at;
      g_autofree char *word = peek_word (run);

      if (ends != NULL && g_strv_contains (ends, word))
        {
          run->at += strlen (word);
          *end = g_steal_pointer (&word);
          break;
        }
      run_statement (run, active);
      /* A lone brace, say. */
      if (run->at == before)
        run->at++;
    }
  run->script->depth--;
  return !run->script->stopped;
}

static gboolean
run_text (DomuimgGrubScript *self, const char *text, guint line, char **arguments,
          gboolean *status)
{
  Run run = { self, text, line, arguments, TRUE };
  gboolean ok;

  if (self->stopped)
    return FALSE;
  ok = run_list (&run, TRUE, NULL, NULL);
  if (status != NULL)
    *status = run.status;
  return ok;
}

gboolean
domuimg_grub_script_run (DomuimgGrubScript *self, const char *text, guint line)
{
  return run_text (self, text, line, NULL, NULL);
}
