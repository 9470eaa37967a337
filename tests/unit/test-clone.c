/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of guests, names by a pattern, and sets of cleaners. */
#include "config.h"

#include <string.h>

#include "lib/clone/clone-pattern.h"
#include "lib/clone/clone-rows.h"
#include "lib/guest/identity.h"

static const DomuimgCell *
get_cell (const GPtrArray *table, guint row, guint cell)
{
  const DomuimgRow *one = g_ptr_array_index (table, row);

  g_assert_cmpuint (cell, <, one->cells->len);
  return g_ptr_array_index (one->cells, cell);
}

static void
test_quotes_and_places (void)
{
  static const char text[] = "\xef\xbb\xbfname , \"host\"\"name\" ,ip\r\n"
                             "\r\n"
                             "\"a,\nb\",,\"x\"\n"
                             "\xc3\xa4\xc3\xb6,y,\r\n"
                             "last,,z";
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) table = NULL;

  /* A field is quoted as a whole, blanks included. */
  table = domuimg_table_parse_csv (text, strlen (text), "t", &error);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_cmpstr (error->message, ==, "t:1:8: quotes stand around a whole field only");
}

static void
test_rows (void)
{
  static const char text[] = "\xef\xbb\xbfname,\"host\"\"name\",ip\r\n"
                             "\r\n"
                             "\"a,\nb\",,\"x\"\n"
                             "\xc3\xa4\xc3\xb6,y,\r\n"
                             "last,,z";
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) table = domuimg_table_parse_csv (text, strlen (text), "t", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (table->len, ==, 3);
  g_assert_cmpstr (get_cell (table, 0, 0)->value, ==, "a,\nb");
  g_assert_cmpstr (get_cell (table, 0, 0)->where, ==, "t:3:1");
  g_assert_cmpstr (get_cell (table, 0, 1)->value, ==, "");
  g_assert_cmpstr (get_cell (table, 0, 2)->name, ==, "ip");
  g_assert_cmpstr (get_cell (table, 0, 2)->where, ==, "t:4:5");
  g_assert_cmpstr (get_cell (table, 1, 1)->name, ==, "host\"name");
  g_assert_cmpstr (get_cell (table, 1, 1)->where, ==, "t:5:4");
  g_assert_cmpstr (get_cell (table, 2, 2)->value, ==, "z");
}

static void
test_hostile_samples (void)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "..", "mustfail", "table", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint count = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) table = domuimg_table_read (path, &error);

      g_test_message ("%s: %s", name, error != NULL ? error->message : "taken");
      g_assert_null (table);
      if (strstr (error->message, "built without libyaml") == NULL)
        g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
      g_assert_true (g_str_has_prefix (error->message, path));
      count++;
    }
  g_assert_cmpuint (count, >=, 15);
}

static void
test_parts_of_a_nic (void)
{
  static const char text[] = "name,ip,bridge\nweb1,192.0.2.1/24,br7\nweb2,,\n";
  g_autoptr (GPtrArray) table = domuimg_table_parse_csv (text, strlen (text), "t", NULL);
  g_autoptr (DomuimgSpec) common = domuimg_spec_new ();
  g_autoptr (DomuimgSpec) first = NULL;
  g_autoptr (DomuimgSpec) second = NULL;

  g_assert_true (domuimg_spec_set (common, "nic", "model=e1000", NULL));
  first = domuimg_clone_row_to_spec (g_ptr_array_index (table, 0), common, NULL);
  second = domuimg_clone_row_to_spec (g_ptr_array_index (table, 1), common, NULL);
  g_assert_cmpstr (domuimg_spec_get (first, "nic"), ==, "model=e1000,ip=192.0.2.1/24,bridge=br7");
  g_assert_cmpstr (domuimg_spec_get (second, "nic"), ==, "model=e1000");
  g_assert_cmpstr (domuimg_spec_get (common, "nic"), ==, "model=e1000");
}

static void
test_patterns (void)
{
  static const char *const bad[] = { "web", "web%", "web%s", "web%d%d", "web%%d", "web%0d", "web%12d" };
  g_autofree char *plain = domuimg_clone_pattern_expand ("web%d.a", 7);
  g_autofree char *wide = domuimg_clone_pattern_expand ("%03d", 1234);
  g_autofree char *padded = domuimg_clone_pattern_expand ("n%04d", 12);

  g_assert_cmpstr (plain, ==, "web7.a");
  g_assert_cmpstr (wide, ==, "1234");
  g_assert_cmpstr (padded, ==, "n0012");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (domuimg_clone_pattern_check (bad[i], NULL));
}

static void
test_cleaners (void)
{
  guint64 set, usual = domuimg_cleaners_with (DOMUIMG_CLEANER_USUAL);

  g_assert_true (domuimg_cleaners_parse ("-logs, ssh-userdir", &set, NULL));
  g_assert_false (domuimg_cleaners_has (set, "logs"));
  g_assert_true (domuimg_cleaners_has (set, "ssh-userdir"));
  g_assert_true (domuimg_cleaners_has (set, "machine-id"));
  g_assert_false (domuimg_cleaners_has (usual, "ssh-userdir"));
  g_assert_true (domuimg_cleaners_parse ("none,logs", &set, NULL));
  g_assert_cmpint (__builtin_popcountll (set), ==, 1);
  g_assert_true (domuimg_cleaners_parse ("all", &set, NULL));
  g_assert_cmpint (__builtin_popcountll (set), ==, domuimg_n_cleaners);
  g_assert_false (domuimg_cleaners_parse (",", &set, NULL));
  for (guint i = 0; i < domuimg_n_cleaners; i++)
    for (guint j = 0; j < i; j++)
      g_assert_cmpstr (domuimg_cleaners[i].name, !=, domuimg_cleaners[j].name);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clone/table/quotes-and-places", test_quotes_and_places);
  g_test_add_func ("/clone/table/rows", test_rows);
  g_test_add_func ("/clone/table/hostile-samples", test_hostile_samples);
  g_test_add_func ("/clone/table/parts-of-a-nic", test_parts_of_a_nic);
  g_test_add_func ("/clone/patterns", test_patterns);
  g_test_add_func ("/clone/cleaners", test_cleaners);
  return g_test_run ();
}
