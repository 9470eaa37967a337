/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "domuimg/error.h"
#include "lib/domain/xl/file.h"
#include "tests/unit/judge-xlutil.h"

/* Ours and libxlutil's reader of xl.cfg must not differ in anything. */

static DomuimgXlFile *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  DomuimgXlFile *file = domuimg_xl_file_parse (text, strlen (text), "t.cfg", &error);

  g_assert_no_error (error);
  return file;
}

static gboolean
skip_without_judge (void)
{
  if (judge_is_there ())
    return FALSE;
  g_test_skip ("libxlutil (libxen-dev) was not there when the tests were built");
  return TRUE;
}

static void
assert_same_key (DomuimgXlFile *file, Judge *judge, const char *key)
{
  g_autofree char *text = domuimg_xl_file_get (file, key);
  g_autoptr (GPtrArray) items = domuimg_xl_file_get_list (file, key);
  g_auto (GStrv) judged = judge_list (judge, key);
  gint64 number = -1;

  g_assert_cmpstr (text, ==, judge_string (judge, key));
  if (!domuimg_xl_file_get_number (file, key, &number))
    number = -1;
  g_assert_cmpint (number, ==, judge_number (judge, key));
  g_assert_true ((text == NULL) == (judged != NULL));
  if (judged == NULL)
    return;
  g_assert_cmpuint (items->len, ==, g_strv_length (judged));
  for (guint i = 0; i < items->len; i++)
    g_assert_cmpstr (g_ptr_array_index (items, i), ==, judged[i]);
}

/* Whether the text was accepted. */
static gboolean
assert_agreement (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgXlFile) file = domuimg_xl_file_parse (text, strlen (text), "t.cfg", &error);
  g_autofree char *message = NULL;
  g_autoptr (Judge) judge = judge_read (text, &message);

  if ((file != NULL) != (judge != NULL))
    g_error ("%s, %s:\n%s", file != NULL ? "accepted here" : error->message,
             judge != NULL ? "accepted by libxlutil" : message, text);
  if (file == NULL)
    {
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
      return FALSE;
    }
  for (guint i = 0; i < file->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i);

      assert_same_key (file, judge, setting->key);
    }
  return TRUE;
}

typedef void (*ForFile) (const char *name, const char *text, gsize length);

static void
for_each_file (const char *directory, ForFile function)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", directory, "xl", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  guint n = 0;

  g_assert_no_error (error);
  for (const char *name; (name = g_dir_read_name (dir)) != NULL; n++)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autofree char *text = NULL;
      gsize length;

      g_file_get_contents (file, &text, &length, &error);
      g_assert_no_error (error);
      function (name, text, length);
    }
  g_assert_cmpuint (n, >, 3);
}

static void
accept_file (const char *name, const char *text, gsize length)
{
  g_test_message ("%s", name);
  g_assert_true (assert_agreement (text));
}

static void
test_fixtures_read_as_by_libxlutil (void)
{
  if (!skip_without_judge ())
    for_each_file ("fixtures", accept_file);
}

/* Samples are called WHAT.LINE.COLUMN. */
static void
refuse_file (const char *name, const char *text, gsize length)
{
  g_auto (GStrv) parts = g_strsplit (name, ".", 3);
  g_autofree char *place = g_strdup_printf ("t.cfg:%s:%s: ", parts[1], parts[2]);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgXlFile) file = domuimg_xl_file_parse (text, length, "t.cfg", &error);

  g_test_message ("%s: %s", name, error != NULL ? error->message : "accepted");
  g_assert_null (file);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_true (g_str_has_prefix (error->message, place));
  if (judge_is_there () && strlen (text) == length)
    g_assert_false (assert_agreement (text));
}

static void
test_refusals_name_their_place (void)
{
  for_each_file ("mustfail", refuse_file);
}

static const char *const pieces[] = {
  "a",  "b",  "c.d", "memory", "A",  "=",   "=",  "=",    "+=",   "+",    "1",     "0x1f", "12g",
  "\"", "\"", "'",   "'",      "[",  "]",   ",",  ";",    "\n",   "\n",   " ",     "\t",   "#",
  "\\", "\r", "\f",  "\\n",    "\\", "\\0", "\\0", "\\12", "\\x41", "\xff", "\x01", "\"x\"", "'y'",
  "[ 'p', 1 ]", "a = 1\n", "b = \"t\"\n", "c += [ \"l\" ]\n", "a += 'm'\n", "# text\n", "-", "(",
};

static void
test_random_texts_are_judged_alike (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  guint accepted = 0;
  const guint rounds = 60000;

  if (skip_without_judge ())
    return;
  for (guint i = 0; i < rounds; i++)
    {
      g_autoptr (GString) text = g_string_new (i % 2 == 0 ? "a = " : "");
      gint32 n = g_rand_int_range (rand, 1, 12);

      for (gint32 j = 0; j < n; j++)
        g_string_append (text, pieces[g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces))]);
      if (g_rand_boolean (rand))
        g_string_append_c (text, '\n');
      accepted += assert_agreement (text->str);
    }
  g_test_message ("%u of %u accepted", accepted, rounds);
  g_assert_cmpuint (accepted, >, 1000);
  g_assert_cmpuint (accepted, <, rounds - 1000);
}

/* Strings alone, since most random texts are none. */
static void
test_random_strings_are_judged_alike (void)
{
  static const char *const parts[]
      = { "\\", "\\", "0", "7", "1", "9", " ", "-", "x", "a", "n", "q", "\"", "'", "+", "\t", "\r" };
  g_autoptr (GRand) rand = g_rand_new_with_seed (8);
  guint accepted = 0;

  if (skip_without_judge ())
    return;
  for (guint i = 0; i < 60000; i++)
    {
      g_autoptr (GString) text = g_string_new ("a = \"");
      gint32 n = g_rand_int_range (rand, 0, 8);

      for (gint32 j = 0; j < n; j++)
        g_string_append (text, parts[g_rand_int_range (rand, 0, G_N_ELEMENTS (parts))]);
      g_string_append (text, "\"\n");
      accepted += assert_agreement (text->str);
    }
  g_assert_cmpuint (accepted, >, 1000);
}

static void
test_values_and_places (void)
{
  g_autoptr (DomuimgXlFile) file = parse ("a = 'x'\n  b = [ \"p\",\n 'q' ] ; c=0x10 # last\n"
                                          "a += 'y'\n");
  const DomuimgXlSetting *b = domuimg_xl_file_find (file, "b");
  const DomuimgXlValue *q = g_ptr_array_index (b->value->items, 1);
  g_autofree char *a = domuimg_xl_file_get (file, "a");
  gint64 c;

  g_assert_cmpstr (a, ==, "xy");
  g_assert_true (domuimg_xl_file_get_number (file, "c", &c));
  g_assert_cmpint (c, ==, 16);
  g_assert_cmpuint (b->line, ==, 2);
  g_assert_cmpuint (b->column, ==, 3);
  g_assert_true (g_str_has_prefix (file->text + b->start, "b = "));
  g_assert_true (g_str_has_prefix (file->text + b->end, " ; c"));
  g_assert_true (g_str_has_prefix (file->text + q->start, "'q'"));
  g_assert_true (g_str_has_prefix (file->text + q->end, " ]"));
  g_assert_cmpuint (domuimg_xl_file_get_line (file, "c"), ==, 3);
  g_assert_cmpuint (domuimg_xl_file_get_line (file, "d"), ==, 0);
}

static void
test_edit_keeps_the_rest (void)
{
  static const struct {
    const char *before;
    const char *key;
    const char *value;
    const char *after;
  } cases[] = {
    { "# top\na = 1 # one\nb = 2\n", "a", "3", "# top\na = 3 # one\nb = 2\n" },
    { "# top\na = 1 # one\nb = 2\n", "a", NULL, "# top\n# one\nb = 2\n" },
    { "a = 1\nb = 2\n", "a", NULL, "b = 2\n" },
    { "a = 1; b = 2\n", "a", NULL, "; b = 2\n" },
    { "a = 1; b = 2\n", "b", NULL, "a = 1; \n" },
    { "a = 1\n", "c", "\"x\"", "a = 1\nc = \"x\"\n" },
    { "a = 1", "c", "\"x\"", "a = 1\nc = \"x\"\n" },
    { "", "c", "1", "c = 1\n" },
    { "a = 1\na = 2\n", "a", "3", "a = 3\n" },
    { "a = 'x'\na += 'y'\n", "a", "'z'", "a = 'z'\n" },
    { "a += 'x'\n", "a", "'z'", "a = 'z'\n" },
    { "a = [\n 'x', # why\n]\nb = 1\n", "a", "[]", "a = []\nb = 1\n" },
    { "a = [\n 'x', # why\n]\nb = 1\n", "a", NULL, "b = 1\n" },
    { "a = 1\n", "x", NULL, "a = 1\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgXlFile) file = parse (cases[i].before);
      g_autofree char *after = domuimg_xl_file_edit (file, cases[i].key, cases[i].value);

      g_assert_cmpstr (after, ==, cases[i].after);
    }
}

static void
test_rename_changes_the_key_alone (void)
{
  g_autoptr (DomuimgXlFile) file = parse ("vcpu = 2 # two\nname = 'vcpu'; vcpu += '0'\n");
  g_autofree char *after = domuimg_xl_file_rename (file, "vcpu", "vcpus");

  g_assert_cmpstr (after, ==, "vcpus = 2 # two\nname = 'vcpu'; vcpus += '0'\n");
}

static void
test_limits_hold (void)
{
  g_autoptr (GString) deep = g_string_new ("a = ");
  g_autoptr (GString) many = g_string_new (NULL);
  g_autoptr (GError) deep_error = NULL;
  g_autoptr (GError) many_error = NULL;

  for (guint i = 0; i < 100000; i++)
    {
      g_string_append_c (deep, '[');
      g_string_append (many, "a=1;");
    }
  g_assert_null (domuimg_xl_file_parse (deep->str, deep->len, "t", &deep_error));
  g_assert_error (deep_error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_null (domuimg_xl_file_parse (many->str, many->len, "t", &many_error));
  g_assert_error (many_error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/xl-file/fixtures-read-as-by-libxlutil", test_fixtures_read_as_by_libxlutil);
  g_test_add_func ("/xl-file/refusals-name-their-place", test_refusals_name_their_place);
  g_test_add_func ("/xl-file/random-texts-are-judged-alike", test_random_texts_are_judged_alike);
  g_test_add_func ("/xl-file/random-strings-are-judged-alike",
                   test_random_strings_are_judged_alike);
  g_test_add_func ("/xl-file/values-and-places", test_values_and_places);
  g_test_add_func ("/xl-file/edit-keeps-the-rest", test_edit_keeps_the_rest);
  g_test_add_func ("/xl-file/rename-changes-the-key-alone", test_rename_changes_the_key_alone);
  g_test_add_func ("/xl-file/limits-hold", test_limits_hold);
  return g_test_run ();
}
