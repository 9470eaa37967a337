/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/tree/dump.h"
#include "lib/tree/memory.h"
#include "tree-fixtures.h"

static void
test_fields_may_be_left_out (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();

  tree_must_load (tree, "\n# a comment\n   \n/a/b  f\n/c d\n/d l - - - - - a\n"
                        "/e f 0600 - - - - - \"two  words\" user.b=\"2 2\" user.a=\"\"");
  tree_must_be (tree, "/a d 0755 0:0 - - - - -\n/a/b f 0644 0:0 - 0 - - \"\"\n"
                      "/c d 0755 0:0 - - - - -\n/d l 0777 0:0 - - - a -\n"
                      "/e f 0600 0:0 - 10 - - \"two  words\" user.a=\"\" user.b=\"2 2\"\n");
}

static void
test_large_content_is_a_hash (void)
{
  const DomuimgTreeDumpOptions options = { 2, FALSE };
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();

  tree_must_load (tree, "/a f - - - - - - \"abc\"\n/b f - - - - - - \"ab\"\n");
  g_autofree char *dump = domuimg_tree_dump (tree, &options, NULL);
  g_assert_cmpstr (strchr (dump, '\n') + 1, ==,
                   "/a f 0644 0:0 - 3 - - "
                   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
                   "/b f 0644 0:0 - 2 - - \"ab\"\n");
}

static void
test_odd_names_come_back (void)
{
  static const char dump[] = "/- d 0755 0:0 - - - - -\n"
                             "/a\\x3db\\x5c\\x22\\x20\\x01\\x7f\\xff f 0644 0:0 - 0 - - \"\"\n"
                             "/l l 0777 0:0 - - - \\x2d -\n";
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();

  tree_must_load (tree, dump);
  g_assert_true (domuimg_tree_is_dir (tree, "/-"));
  g_assert_true (domuimg_tree_exists (tree, "/a=b\\\" \001\177\377"));
  g_autoptr (DomuimgEntry) link = domuimg_tree_stat (tree, "l", NULL);
  g_assert_cmpstr (link->target, ==, "-");
}

/* Each with the number of its wrong line, and what is said of it. */
static const struct {
  const char *dump;
  const char *message;
} wrong[] = {
  { "/a f\nb f\n", "line 2: “b” does not start with “/”" },
  { "/a\n", "line 1: “-” is not a type: use one of f d l c b p s h" },
  { "/a x\n", "line 1: “x” is not a type: use one of f d l c b p s h" },
  { "/a ff\n", "line 1: “ff” is not a type: use one of f d l c b p s h" },
  { "/a f 888\n", "line 1: “888” is not a mode: use octal digits" },
  { "/a f 17777\n", "line 1: “17777” is not a mode: use octal digits" },
  { "/a f - 0\n", "line 1: “0” is not like 0:0" },
  { "/a f - 0:-1\n", "line 1: “-1” is not a number that fits here" },
  { "/a f - 0:4294967296\n", "line 1: “4294967296” is not a number that fits here" },
  { "/a f - - 5\n", "line 1: “5” is not a time like 1700000000.000000000" },
  { "/a f - - 5.5\n", "line 1: “5.5” is not a time like 1700000000.000000000" },
  { "/a f - - -9223372036854775808.000000000\n",
    "line 1: “-9223372036854775808.000000000” is not a time like 1700000000.000000000" },
  { "\n\n/a f - - - 1\n",
    "line 3: the size is not that of the content: “-” takes it from there" },
  { "/a d - - - 1\n", "line 1: the size is not that of the content: “-” takes it from there" },
  { "/a c\n", "line 1: a device needs its MAJOR:MINOR" },
  { "/a f - - - - 1:3\n", "line 1: only a device has a MAJOR:MINOR" },
  { "/a l\n", "line 1: a link needs its TARGET" },
  { "/a h\n", "line 1: a link needs its TARGET" },
  { "/a f - - - - - b\n", "line 1: only a link has a TARGET" },
  { "/a l - - - - - \\x00\n", "line 1: “\\x00” has a zero byte in it" },
  { "/a\\x00b f\n", "line 1: “/a\\x00b” has a zero byte in it" },
  { "/a\\q f\n", "line 1: “\\q” is not an escape: use \\n, \\t, \\\", \\\\ or \\xNN" },
  { "/a\\x1 f\n", "line 1: “\\x1” is not an escape: use \\n, \\t, \\\", \\\\ or \\xNN" },
  { "/a d - - - - - - \"\"\n", "line 1: only a file has CONTENT" },
  { "/a f - - - - - - text\n", "line 1: “text” is not a quoted string" },
  { "/a f - - - - - - \"a\"b\"\n", "line 1: a string does not end" },
  { "/a f - - - - - - \"a\"b\"c\"\n",
    "line 1: “\"b\"c” is not an escape: use \\n, \\t, \\\", \\\\ or \\xNN" },
  { "/a\"b\" f\n", "line 1: “\"b\"” is not an escape: use \\n, \\t, \\\", \\\\ or \\xNN" },
  { "/a f - - - - - - \"\n", "line 1: a string does not end" },
  { "/a f - - - - - - \"a\\\"\n", "line 1: a string does not end" },
  { "/a f - - - - - - sha256:00\n",
    "line 1: only the content's hash is there: dump with more of it inline" },
  { "/a f - - - - - - - user.a\n", "line 1: “user.a” is not XATTR=VALUE" },
  { "/a f - - - - - - - =\"\"\n", "line 1: “=\"\"” is not XATTR=VALUE" },
  { "/a f - - - - - - - user.a=b\n", "line 1: “b” is not a quoted string" },
  { "/a f\n/a f\n", "line 2: /a had a line already" },
  { "/a f\n/a/b f\n", "line 2: /a is not a directory, so no directory can be made of it" },
  { "/a/b f\n/a f\n",
    "line 2: /a is a directory and is not replaced: remove it first" },
  { "/a d\n/l l - - - - - a\n/l/x f\n", "line 3: a directory above /l/x is a symbolic link" },
  { "/a h - - - - - /b\n/b f\n", "line 1: /b is not there" },
  { "/a d\n/b h - - - - - /a\n",
    "line 2: /a is a directory, which can have no further name /b" },
  { "/../etc f\n", "line 1: “/../etc” has a “..” in it, which could lead out of the guest" },
};

static void
test_mistakes_name_their_line (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", wrong[i].dump);
      g_assert_false (domuimg_tree_load (tree, wrong[i].dump, &error));
      g_assert_nonnull (error);
      g_assert_cmpstr (error->message, ==, wrong[i].message);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tree-dump/fields-may-be-left-out", test_fields_may_be_left_out);
  g_test_add_func ("/tree-dump/large-content-is-a-hash", test_large_content_is_a_hash);
  g_test_add_func ("/tree-dump/odd-names-come-back", test_odd_names_come_back);
  g_test_add_func ("/tree-dump/mistakes-name-their-line", test_mistakes_name_their_line);
  return g_test_run ();
}
