/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/grub-script.h"

#include <string.h>

#include "lib/boot/grub-words.h"

/* A menu that needs more is hostile. */
#define STEPS_MAX 100000
#define DEPTH_MAX 32
#define WORK_MAX (32 << 20) /* bytes of text that are run, each time that they are */
#define VARIABLES_MAX 1000
#define VALUES_MAX (1 << 20)

struct _DomuimgGrubScript {
  DomuimgMenu *menu;
  DomuimgGrubCommand command;
  gpointer user_data;
  GHashTable *variables;
  GHashTable *exported;  /* a set of names */
  GHashTable *functions; /* of Function */
  gsize values;          /* bytes in @variables */
  guint steps;
  guint depth;
  gsize work;
  gboolean exhausted; /* a limit was reached */
  gboolean finished;
};

typedef struct {
  char *body;
  guint line;
} Function;

/* One run through a text. */
typedef struct {
  DomuimgGrubScript *script;
  DomuimgGrubReader reader;
  char **arguments; /* (nullable) $1, $2, ... */
  guint n_arguments;
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
  self->exported = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, function_free);
  return self;
}

void
domuimg_grub_script_free (DomuimgGrubScript *self)
{
  g_hash_table_unref (self->variables);
  g_hash_table_unref (self->exported);
  g_hash_table_unref (self->functions);
  g_free (self);
}

static gboolean
is_stopped (const DomuimgGrubScript *self)
{
  return self->exhausted || self->finished;
}

static void
stop (DomuimgGrubScript *self, guint line, const char *why)
{
  if (is_stopped (self))
    return;
  domuimg_menu_add_problem (self->menu, "line %u: %s", line, why);
  self->exhausted = TRUE;
}

void
domuimg_grub_script_finish (DomuimgGrubScript *self)
{
  self->finished = TRUE;
}

const char *
domuimg_grub_script_get (DomuimgGrubScript *self, const char *name)
{
  return g_hash_table_lookup (self->variables, name);
}

void
domuimg_grub_script_set (DomuimgGrubScript *self, const char *name, const char *value)
{
  const char *old = domuimg_grub_script_get (self, name);

  self->values -= old != NULL ? strlen (name) + strlen (old) : 0;
  if (value == NULL)
    {
      g_hash_table_remove (self->variables, name);
      g_hash_table_remove (self->exported, name);
      return;
    }
  self->values += strlen (name) + strlen (value);
  g_hash_table_replace (self->variables, g_strdup (name), g_strdup (value));
  if (self->values > VALUES_MAX || g_hash_table_size (self->variables) > VARIABLES_MAX)
    stop (self, 0, "the menu has too many variables");
}

void
domuimg_grub_script_export (DomuimgGrubScript *self, const char *name)
{
  if (g_hash_table_size (self->exported) < VARIABLES_MAX)
    g_hash_table_add (self->exported, g_strdup (name));
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

static void
count_values (DomuimgGrubScript *self)
{
  GHashTableIter iter;
  gpointer name, value;

  self->values = 0;
  g_hash_table_iter_init (&iter, self->variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    self->values += strlen (name) + strlen (value);
}

void
domuimg_grub_script_restore (DomuimgGrubScript *self, GHashTable *saved)
{
  g_hash_table_unref (self->variables);
  self->variables = saved;
  count_values (self);
}

static gboolean
is_private (gpointer name, gpointer value, gpointer user_data)
{
  return !g_hash_table_contains (user_data, name);
}

void
domuimg_grub_script_enter (DomuimgGrubScript *self)
{
  g_hash_table_foreach_remove (self->variables, is_private, self->exported);
  count_values (self);
}

static char *
value_of (gpointer data, const char *name)
{
  Run *run = data;
  guint n = run->n_arguments;
  const char *value = NULL;
  guint64 number;

  if (g_str_equal (name, "?"))
    return g_strdup (run->status ? "0" : "1");
  if (g_str_equal (name, "#"))
    return run->arguments != NULL ? g_strdup_printf ("%u", n) : g_strdup ("");
  if (g_str_equal (name, "@") || g_str_equal (name, "*"))
    return n > 0 ? g_strjoinv (" ", run->arguments) : g_strdup ("");
  if (g_ascii_string_to_unsigned (name, 10, 0, 99, &number, NULL))
    value = number > 0 && number <= n ? run->arguments[number - 1] : NULL;
  else
    value = domuimg_grub_script_get (run->script, name);
  return g_strdup (value != NULL ? value : "");
}

static char **
take_words (Run *run)
{
  guint line = run->reader.line;
  char **words = domuimg_grub_take_words (&run->reader);

  if (run->reader.too_long)
    stop (run->script, line, "the command is too long");
  for (guint i = 0; words[i] != NULL; i++)
    run->script->work += strlen (words[i]);
  if (run->script->work > WORK_MAX)
    stop (run->script, line, "the menu runs too long");
  return words;
}

static gboolean run_list (Run *run, gboolean active, const char *const *ends, char **end);

static void
run_if (Run *run, gboolean active)
{
  static const char *const then[] = { "then", NULL };
  static const char *const ends[] = { "elif", "else", "fi", NULL };
  gboolean done = FALSE;
  g_autofree char *end = g_strdup ("elif");

  while (g_strcmp0 (end, "elif") == 0 && !is_stopped (run->script))
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
      done = TRUE;
    }
  if (active && !done)
    run->status = TRUE;
  if (g_strcmp0 (end, "fi") != 0)
    stop (run->script, run->reader.line, "an if has no fi");
}

static const char *const do_word[] = { "do", NULL };
static const char *const done_word[] = { "done", NULL };

/* The body once more; counts it as work. */
static void
run_body (Run *run, gboolean active)
{
  const char *start = run->reader.at;
  g_autofree char *end = NULL;

  run_list (run, active, done_word, &end);
  if (end == NULL)
    stop (run->script, run->reader.line, "a loop has no done");
  run->script->work += run->reader.at - start;
  if (run->script->work > WORK_MAX || ++run->script->steps > STEPS_MAX)
    stop (run->script, run->reader.line, "the menu runs too long");
}

/* for NAME in WORDS */
static void
run_for (Run *run, gboolean active)
{
  g_auto (GStrv) words = take_words (run);
  gboolean is_whole = words[0] != NULL && words[1] != NULL && g_str_equal (words[1], "in");
  g_autofree char *word = NULL;
  DomuimgGrubReader body;

  run_list (run, FALSE, do_word, &word);
  body = run->reader;
  for (guint i = 2; active && is_whole && words[i] != NULL && !is_stopped (run->script); i++)
    {
      run->reader = body;
      domuimg_grub_script_set (run->script, words[0], words[i]);
      run_body (run, TRUE);
    }
  run->reader = body;
  run_body (run, FALSE);
}

static void
run_while (Run *run, gboolean active, gboolean wanted)
{
  DomuimgGrubReader start = run->reader;
  gboolean again;

  do
    {
      g_autofree char *word = NULL;

      run->reader = start;
      run_list (run, active, do_word, &word);
      again = active && run->status == wanted && !is_stopped (run->script);
      run_body (run, again);
    }
  while (again && !is_stopped (run->script));
}

static void
define_function (Run *run, gboolean active)
{
  g_auto (GStrv) words = take_words (run);
  guint line;
  Function *function;

  domuimg_grub_skip_separators (&run->reader);
  line = run->reader.line;
  if (*run->reader.at != '{' || words[0] == NULL)
    {
      stop (run->script, line, "a function has no body");
      return;
    }
  function = g_new0 (Function, 1);
  function->line = line;
  function->body = domuimg_grub_take_block (&run->reader);
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
  guint line = run->reader.line;
  gboolean negated = FALSE, is_wrong;
  g_auto (GStrv) words = take_words (run);
  g_autofree char *block = NULL;
  char **first = words;

  if (*run->reader.at == '{')
    block = domuimg_grub_take_block (&run->reader);
  for (; *first != NULL && g_str_equal (*first, "!"); first++)
    negated = !negated;
  is_wrong = run->reader.operator_ != '\0';
  if (is_wrong)
    domuimg_menu_add_problem (run->script->menu, "line %u: GRUB takes no command with “%c” outside"
                                                 " of quotes",
                              line, run->reader.operator_);
  run->reader.operator_ = '\0';
  if (active && *first != NULL && !is_wrong && !is_stopped (run->script))
    run->status = call (run, first, block, line) != negated;
}

static void
run_statement (Run *run, gboolean active)
{
  g_autofree char *word = domuimg_grub_peek_keyword (&run->reader);
  gboolean is_if = g_str_equal (word, "if"), is_for = g_str_equal (word, "for");
  gboolean is_while = g_str_equal (word, "while"), is_until = g_str_equal (word, "until");
  gboolean is_function = g_str_equal (word, "function");

  if (++run->script->steps > STEPS_MAX)
    {
      stop (run->script, run->reader.line, "the menu runs too long");
      return;
    }
  if (is_if || is_for || is_while || is_until || is_function)
    run->reader.at += strlen (word);
  if (is_if)
    run_if (run, active);
  else if (is_for)
    run_for (run, active);
  else if (is_while || is_until)
    run_while (run, active, is_while);
  else if (is_function)
    define_function (run, active);
  else
    run_command (run, active);
}

/* Commands up to one of the words in @ends, or the end of the text. */
static gboolean
run_list (Run *run, gboolean active, const char *const *ends, char **end)
{
  DomuimgGrubReader *reader = &run->reader;

  if (++run->script->depth > DEPTH_MAX)
    stop (run->script, reader->line, "the menu is nested too deeply");
  for (domuimg_grub_skip_separators (reader); *reader->at != '\0' && !is_stopped (run->script);
       domuimg_grub_skip_separators (reader))
    {
      const char *before = reader->at;
      g_autofree char *word = domuimg_grub_peek_keyword (reader);

      if (ends != NULL && g_strv_contains (ends, word))
        {
          reader->at += strlen (word);
          *end = g_steal_pointer (&word);
          break;
        }
      run_statement (run, active);
      /* A lone brace, say. */
      if (reader->at == before)
        reader->at++;
    }
  run->script->depth--;
  return !is_stopped (run->script);
}

static gboolean
run_text (DomuimgGrubScript *self, const char *text, guint line, char **arguments,
          gboolean *status)
{
  guint n_arguments = arguments != NULL ? g_strv_length (arguments) : 0;
  Run run = { self, { text, line, value_of, NULL, FALSE, '\0' }, arguments, n_arguments, TRUE };
  gboolean ok;

  run.reader.data = &run;
  self->work += strlen (text);
  if (self->work > WORK_MAX)
    stop (self, line, "the menu runs too long");
  ok = run_list (&run, TRUE, NULL, NULL);
  *status = run.status;
  return ok;
}

gboolean
domuimg_grub_script_run (DomuimgGrubScript *self, const char *text, guint line, char **arguments)
{
  gboolean status;
  gboolean ok = run_text (self, text, line, arguments, &status);

  /* Only what the outermost run was in is finished. */
  if (self->depth == 0)
    self->finished = FALSE;
  return ok;
}
