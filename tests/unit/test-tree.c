/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "tree-fixtures.h"

/* What every back end has to do: each case is run over all of tree_kinds. */

#define CAPABILITY                                                                             \
  "security.capability=\"\\x01\\x00\\x00\\x02\\x00 \\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"   \
  "\\x00\\x00\\x00\\x00\\x00\\x00\""
#define ACL                                                                                    \
  "system.posix_acl_access=\"\\x02\\x00\\x00\\x00\\x01\\x00\\x07\\x00\\xff\\xff\\xff\\xff"     \
  "\\x02\\x00\\x07\\x00\\xe8\\x03\\x00\\x00\\x04\\x00\\x05\\x00\\xff\\xff\\xff\\xff"           \
  "\\x10\\x00\\x07\\x00\\xff\\xff\\xff\\xff \\x00\\x05\\x00\\xff\\xff\\xff\\xff\""
#define DEFAULT_ACL                                                                            \
  "system.posix_acl_default=\"\\x02\\x00\\x00\\x00\\x01\\x00\\x07\\x00\\xff\\xff\\xff\\xff"    \
  "\\x04\\x00\\x05\\x00\\xff\\xff\\xff\\xff \\x00\\x05\\x00\\xff\\xff\\xff\\xff\""

#define DIRECTORY(path) path " d 0755 0:0 - - - - -\n"
#define EMPTY(path) path " f 0644 0:0 - 0 - - \"\"\n"
#define LINK(path, target) path " l 0777 0:0 - - - " target " -\n"

static void
put_text (DomuimgTree *tree, const char *path, const char *text, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0644);
  g_autoptr (GBytes) content = g_bytes_new (text, strlen (text));

  domuimg_tree_put (tree, entry, content, error);
}

static void
must_resolve (DomuimgTree *tree, const char *path, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *real = domuimg_tree_resolve (tree, path, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (real, ==, expected);
}

static void
must_not_resolve (DomuimgTree *tree, const char *path, DomuimgError code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *real = domuimg_tree_resolve (tree, path, &error);

  g_assert_null (real);
  g_assert_error (error, DOMUIMG_ERROR, (int) code);
}

static void
t01_new_tree_is_empty (DomuimgTree *tree)
{
  tree_must_be (tree, "");
  g_assert_true (domuimg_tree_is_dir (tree, "/"));
  g_assert_false (domuimg_tree_exists (tree, "/etc"));
}

static void
t02_every_attribute_is_kept (DomuimgTree *tree)
{
  static const char dump[]
      = "/ d 1755 3:4 -5.000000001 - - - -\n"
        "/acl d 2775 0:0 1700000000.123456789 - - - - " ACL " " DEFAULT_ACL "\n"
        "/acl/inside f 0640 0:0 1.000000000 1 - - \"x\"\n"
        "/dev d 0755 0:0 2.000000000 - - - -\n"
        "/dev/disk b 0660 0:6 3.000000000 - 8:65793 - -\n"
        "/dev/null c 0666 0:0 3.000000000 - 1:3 - -\n"
        "/fifo p 0600 1:1 4.000000000 - - - -\n"
        "/link l 0777 5:6 5.500000000 - - /no\\x20where -\n"
        "/ping f 4755 70000:80000 6.999999999 4 - - \"\\x00\\xff\\n\\\"\" " CAPABILITY "\n"
        "/socket s 0755 0:0 7.000000000 - - - -\n"
        "/\\xc3\\xa4\\x20\\x22 f 0000 0:0 0.000000000 0 - - \"\"\n";

  tree_must_load (tree, dump);
  g_autofree char *again = tree_must_dump (tree, TRUE);
  g_assert_cmpstr (again, ==, dump);
}

static void
t03_put_replaces_but_no_directory (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/a l 0777 0:0 - - - b -\n/b f 0644 0:0 - - - - \"b\"\n/d/x f\n");
  put_text (tree, "/a", "new", &error);
  g_assert_no_error (error);
  tree_must_be (tree, "/a f 0644 0:0 - 3 - - \"new\"\n/b f 0644 0:0 - 1 - - \"b\"\n"
                      DIRECTORY ("/d") EMPTY ("/d/x"));
  put_text (tree, "/d", "new", &error);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  g_assert_true (domuimg_tree_exists (tree, "/d/x"));
}

static void
t04_directory_over_a_directory_keeps_its_files (DomuimgTree *tree)
{
  g_autoptr (DomuimgEntry) directory = domuimg_entry_new ("d", DOMUIMG_ENTRY_DIRECTORY, 0700);
  g_autoptr (DomuimgEntry) file = domuimg_entry_new ("f", DOMUIMG_ENTRY_DIRECTORY, 0711);
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/d/x f\n/f f\n");
  g_assert_true (domuimg_tree_put (tree, directory, NULL, &error));
  g_assert_true (domuimg_tree_put (tree, file, NULL, &error));
  tree_must_be (tree, "/d d 0700 0:0 - - - - -\n" EMPTY ("/d/x") "/f d 0711 0:0 - - - - -\n");
}

static void
t05_symlinks_are_resolved_inside_the_guest (DomuimgTree *tree)
{
  tree_must_load (tree, "/a/b/c f\n"
                        "/absolute l - - - - - /a/b\n"
                        "/a/relative l - - - - - b/../../a/./b/\n"
                        "/a/out l - - - - - ../../../../../etc/passwd\n"
                        "/etc/passwd f - - - - - - \"guest\"\n"
                        "/root l - - - - - /\n"
                        "/dangling l - - - - - /etc/none\n"
                        "/nowhere l - - - - - /none/none\n");
  must_resolve (tree, "/absolute/c", "a/b/c");
  must_resolve (tree, "a/relative/c", "a/b/c");
  must_resolve (tree, "//a/./relative//", "a/b");
  must_resolve (tree, "a/out", "etc/passwd");
  must_resolve (tree, "root/root/root", "");
  must_resolve (tree, "dangling", "etc/none");
  must_resolve (tree, "none", "none");
  must_not_resolve (tree, "nowhere", DOMUIMG_ERROR_NOT_FOUND);
  must_not_resolve (tree, "dangling/x", DOMUIMG_ERROR_NOT_FOUND);
  must_not_resolve (tree, "a/b/c/d", DOMUIMG_ERROR_NOT_FOUND);
  tree_must_read (tree, "a/out", "guest");
}

static void
t06_circles_of_symlinks_end (DomuimgTree *tree)
{
  g_autoptr (GString) dump = g_string_new ("/x l - - - - - y\n/y l - - - - - x\n/0 f\n");

  for (int i = 1; i <= 41; i++)
    g_string_append_printf (dump, "/%d l - - - - - %d\n", i, i - 1);
  tree_must_load (tree, dump->str);
  must_not_resolve (tree, "x", DOMUIMG_ERROR_CORRUPT_INPUT);
  must_not_resolve (tree, "x/y/z", DOMUIMG_ERROR_CORRUPT_INPUT);
  must_resolve (tree, "40", "0");
  must_not_resolve (tree, "41", DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_false (domuimg_tree_exists (tree, "x"));
}

static void
t07_hostile_paths_are_refused (DomuimgTree *tree)
{
  g_autofree char *name = g_strnfill (256, 'n');
  g_autoptr (GString) deep = g_string_new (NULL);
  const char *const paths[] = { "..", "/../x", "a/../b", "a/..", name, deep->str };

  tree_must_load (tree, "/a d\n/b f\n");
  for (int i = 0; i < 2048; i++)
    g_string_append (deep, "/a");
  for (guint i = 0; i < G_N_ELEMENTS (paths) - 1; i++)
    must_not_resolve (tree, paths[i], DOMUIMG_ERROR_UNSAFE_INPUT);
  g_string_append (deep, "/a");
  must_not_resolve (tree, deep->str, DOMUIMG_ERROR_UNSAFE_INPUT);
  g_assert_false (domuimg_tree_mkdir_p (tree, "x/../../y", 0755, NULL));
  g_assert_false (domuimg_tree_remove_all (tree, "a/..", NULL));
  tree_must_be (tree, DIRECTORY ("/a") EMPTY ("/b"));
}

static void
t08_stat_follows_only_where_it_says_so (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/bin/sh f 0755\n/sh l - - - - - bin/sh\n");
  g_autoptr (DomuimgEntry) link = domuimg_tree_stat (tree, "/sh", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (link->path, ==, "sh");
  g_assert_cmpint (link->type, ==, DOMUIMG_ENTRY_SYMLINK);
  g_assert_cmpstr (link->target, ==, "bin/sh");
  g_assert_cmpuint (link->size, ==, 6);
  g_autoptr (DomuimgEntry) file = domuimg_tree_stat_follow (tree, "/sh", &error);
  g_assert_cmpstr (file->path, ==, "bin/sh");
  g_assert_cmpint (file->type, ==, DOMUIMG_ENTRY_FILE);
  g_assert_true (domuimg_tree_is_executable (tree, "sh"));
  g_assert_false (domuimg_tree_is_executable (tree, "bin"));
  g_assert_null (domuimg_tree_stat (tree, "none", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

static void
t09_list_is_sorted_and_empty_for_nothing (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/d/b f\n/d/B f\n/d/\\xff f\n/d/a-1 f\n/d/a d\n/l l - - - - - d\n");
  g_auto (GStrv) names = domuimg_tree_list (tree, "l", &error);
  g_autofree char *joined = g_strjoinv ("|", names);
  g_assert_cmpstr (joined, ==, "B|a|a-1|b|\377");
  g_auto (GStrv) none = domuimg_tree_list (tree, "none/none", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_null (domuimg_tree_list (tree, "d/b", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

static void
t10_read_keeps_to_its_limit_and_place (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;
  char buffer[4] = "";

  tree_must_load (tree, "/f f - - - - - - \"0123456789\"\n/d d\n/p p\n");
  g_autoptr (GBytes) bytes = domuimg_tree_read (tree, "f", 10, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 10);
  g_assert_null (domuimg_tree_read (tree, "f", 9, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_clear_error (&error);
  g_assert_cmpint (domuimg_tree_read_at (tree, "f", 8, buffer, 4, &error), ==, 2);
  g_assert_cmpmem (buffer, 2, "89", 2);
  g_assert_cmpint (domuimg_tree_read_at (tree, "f", 2, buffer, 4, &error), ==, 4);
  g_assert_cmpmem (buffer, 4, "2345", 4);
  g_assert_cmpint (domuimg_tree_read_at (tree, "f", 10, buffer, 4, &error), ==, 0);
  g_assert_cmpint (domuimg_tree_read_at (tree, "f", G_MAXINT64, buffer, 4, &error), ==, 0);
  g_assert_null (domuimg_tree_read_text (tree, "d", NULL));
  g_assert_null (domuimg_tree_read_text (tree, "p", NULL));
  g_assert_null (domuimg_tree_read_text (tree, "none", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

static void
t11_write_text_keeps_attributes_and_follows (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/etc/real f 4751 7:8 5.000000000 - - - \"old\" " CAPABILITY "\n"
                        "/etc/link l - - - - - real\n"
                        "/etc/dangling l - - - - - /etc/made\n"
                        "/etc/lost l - - - - - /run/none\n"
                        "/null c 0666 - - - 1:3\n");
  domuimg_tree_set_time (tree, (DomuimgTime){ 1000, 5 });
  g_assert_true (domuimg_tree_write_text (tree, "/etc/link", "new\n", 0600, &error));
  g_assert_true (domuimg_tree_write_text (tree, "/etc/dangling", "m", 0600, &error));
  g_assert_false (domuimg_tree_write_text (tree, "/etc/lost", "m", 0600, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_false (domuimg_tree_write_text (tree, "/etc", "m", 0600, NULL));
  g_assert_false (domuimg_tree_write_text (tree, "/null", "m", 0600, NULL));
  tree_must_be (tree, DIRECTORY ("/etc") LINK ("/etc/dangling", "/etc/made")
                      LINK ("/etc/link", "real") LINK ("/etc/lost", "/run/none")
                      "/etc/made f 0600 0:0 - 1 - - \"m\"\n"
                      "/etc/real f 4751 7:8 - 4 - - \"new\\n\" " CAPABILITY "\n"
                      "/null c 0666 0:0 - - 1:3 - -\n");
  g_autoptr (DomuimgEntry) real = domuimg_tree_stat (tree, "etc/real", NULL);
  g_assert_cmpint (real->mtime.sec, ==, 1000);
  g_assert_cmpint (real->mtime.nsec, ==, 5);
}

static void
t12_mkdir_p_goes_through_symlinks (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/usr/lib d\n/lib l - - - - - usr/lib\n/f f\n"
                        "/run l - - - - - /var/run\n/var d\n");
  g_assert_true (domuimg_tree_mkdir_p (tree, "/lib/a/b", 0750, &error));
  g_assert_true (domuimg_tree_mkdir_p (tree, "/lib/a", 0700, &error));
  g_assert_true (domuimg_tree_mkdir_p (tree, "/run/lock", 0711, &error));
  g_assert_true (domuimg_tree_mkdir_p (tree, "/", 0711, &error));
  g_assert_false (domuimg_tree_mkdir_p (tree, "/f/a", 0755, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  tree_must_be (tree, EMPTY ("/f") LINK ("/lib", "usr/lib") LINK ("/run", "/var/run")
                      DIRECTORY ("/usr") DIRECTORY ("/usr/lib")
                      "/usr/lib/a d 0750 0:0 - - - - -\n/usr/lib/a/b d 0750 0:0 - - - - -\n"
                      DIRECTORY ("/var") "/var/run d 0711 0:0 - - - - -\n"
                      "/var/run/lock d 0711 0:0 - - - - -\n");
}

static void
t13_symlink_and_mknod_replace (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/a f\n/b f\n/dir/x f\n");
  g_assert_true (domuimg_tree_symlink (tree, "t", "/a", &error));
  g_assert_true (domuimg_tree_mknod (tree, "/b", DOMUIMG_ENTRY_CHAR_DEVICE, 0620, 5, 1, &error));
  g_assert_true (domuimg_tree_mknod (tree, "/c", DOMUIMG_ENTRY_FIFO, 0600, 0, 0, &error));
  g_assert_false (domuimg_tree_symlink (tree, "", "/d", NULL));
  g_assert_false (domuimg_tree_symlink (tree, "t", "/dir", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  tree_must_be (tree, LINK ("/a", "t") "/b c 0620 0:0 - - 5:1 - -\n/c p 0600 0:0 - - - - -\n"
                      DIRECTORY ("/dir") EMPTY ("/dir/x"));
}

static void
t14_hard_links_are_one_file (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/a f 0644 1:1 - - - - \"one\"\n/d/b h - - - - - /a\n/c f\n");
  g_autoptr (DomuimgEntry) b = domuimg_tree_stat (tree, "d/b", &error);
  g_assert_cmpuint (b->nlink, ==, 2);
  b->mode = 0600;
  g_assert_true (domuimg_tree_set_attributes (tree, b, &error));
  g_assert_true (domuimg_tree_link (tree, "d/b", "/c", &error));
  g_assert_true (domuimg_tree_link (tree, "a", "a", &error));
  tree_must_be (tree, "/a f 0600 1:1 - 3 - - \"one\"\n/c h - - - - - /a -\n"
                      DIRECTORY ("/d") "/d/b h - - - - - /a -\n");
  g_assert_true (domuimg_tree_remove (tree, "a", &error));
  g_assert_true (domuimg_tree_write_text (tree, "c", "two", 0, &error));
  tree_must_be (tree, "/c f 0600 1:1 - 3 - - \"two\"\n" DIRECTORY ("/d")
                      "/d/b f 0600 1:1 - 3 - - \"one\"\n");
  g_assert_no_error (error);
  g_assert_false (domuimg_tree_link (tree, "d", "e", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  g_assert_false (domuimg_tree_link (tree, "none", "e", NULL));
  g_assert_false (domuimg_tree_link (tree, "c", "d", NULL));
}

static void
t15_remove_is_content_with_nothing (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/d/x f\n/e d\n/l l - - - - - d\n");
  g_assert_true (domuimg_tree_remove (tree, "none", &error));
  g_assert_true (domuimg_tree_remove (tree, "none/none", &error));
  g_assert_true (domuimg_tree_remove (tree, "d/x/y", &error));
  g_assert_true (domuimg_tree_remove (tree, "e", &error));
  g_assert_true (domuimg_tree_remove (tree, "l", &error));
  g_assert_no_error (error);
  g_assert_false (domuimg_tree_remove (tree, "d", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  g_assert_false (domuimg_tree_remove (tree, "/", NULL));
  tree_must_be (tree, DIRECTORY ("/d") EMPTY ("/d/x"));
}

static void
t16_remove_all_does_not_follow (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/keep/x f\n/top l - - - - - keep\n/go/l l - - - - - /keep\n"
                        "/go/abs l - - - - - /\n/go/d/e/f f\n");
  g_assert_true (domuimg_tree_remove_all (tree, "go", &error));
  g_assert_true (domuimg_tree_remove_all (tree, "top", &error));
  g_assert_true (domuimg_tree_remove_all (tree, "none", &error));
  g_assert_no_error (error);
  tree_must_be (tree, DIRECTORY ("/keep") EMPTY ("/keep/x"));
  g_assert_true (domuimg_tree_remove_all (tree, "/", &error));
  tree_must_be (tree, "");
}

typedef struct {
  GString *seen;
  const char *skip;
  const char *remove;
  const char *fail;
} Visitor;

static gboolean
note_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
            GError **error)
{
  Visitor *self = user_data;

  g_string_append_printf (self->seen, "/%s ", entry->path);
  if (g_strcmp0 (entry->path, self->skip) == 0)
    *descend = FALSE;
  if (g_strcmp0 (entry->path, self->fail) == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "as told");
  if (g_strcmp0 (entry->path, self->remove) == 0)
    return domuimg_tree_remove_all (tree, entry->path, error);
  return TRUE;
}

static void
t17_walk_is_in_order_and_can_be_steered (DomuimgTree *tree)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  Visitor visitor = { seen, "b", "c", NULL };

  tree_must_load (tree, "/a/x f\n/a-b f\n/a/d/e f\n/b/x f\n/c/x f\n/l l - - - - - a\n");
  g_assert_true (domuimg_tree_walk (tree, "", note_entry, &visitor, &error));
  g_assert_cmpstr (seen->str, ==, "/ /a /a/d /a/d/e /a/x /a-b /b /c /l ");
  g_string_truncate (seen, 0);
  visitor.fail = "a/d";
  g_assert_true (domuimg_tree_walk (tree, "l", note_entry, &visitor, &error));
  g_assert_no_error (error);
  g_assert_false (domuimg_tree_walk (tree, "/a", note_entry, &visitor, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_FAILED);
  g_assert_cmpstr (seen->str, ==, "/l /a /a/d ");
  g_assert_false (domuimg_tree_walk (tree, "/none", note_entry, &visitor, NULL));
}

static void
t18_set_attributes_sets_all_of_them (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/f f 0644 0:0 - - - - \"text\" " CAPABILITY "\n/l l - - - - - f\n");
  g_autoptr (DomuimgEntry) file = domuimg_entry_new ("f", DOMUIMG_ENTRY_FILE, 06711);
  file->uid = 1;
  file->gid = 2;
  file->mtime = (DomuimgTime){ 99, 999999999 };
  g_assert_true (domuimg_tree_set_attributes (tree, file, &error));
  g_autoptr (DomuimgEntry) link = domuimg_entry_new ("l", DOMUIMG_ENTRY_SYMLINK, 0777);
  link->uid = 3;
  link->mtime = (DomuimgTime){ 98, 0 };
  g_assert_true (domuimg_tree_set_attributes (tree, link, &error));
  g_autofree char *dump = tree_must_dump (tree, TRUE);
  g_assert_cmpstr (strchr (dump, '\n') + 1, ==,
                   "/f f 6711 1:2 99.999999999 4 - - \"text\"\n"
                   "/l l 0777 3:0 98.000000000 - - f -\n");
  g_free (file->path);
  file->path = g_strdup ("none");
  g_assert_false (domuimg_tree_set_attributes (tree, file, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

static void
t19_time_is_the_builds_unless_given (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  g_setenv ("SOURCE_DATE_EPOCH", "1234567890", TRUE);
  put_text (tree, "a", "", &error);
  g_setenv ("SOURCE_DATE_EPOCH", "not a number", TRUE);
  put_text (tree, "b", "", &error);
  g_unsetenv ("SOURCE_DATE_EPOCH");
  domuimg_tree_set_time (tree, (DomuimgTime){ 7, 8 });
  g_assert_true (domuimg_tree_symlink (tree, "t", "c", &error));
  g_assert_no_error (error);
  g_autoptr (DomuimgEntry) a = domuimg_tree_stat (tree, "a", NULL);
  g_autoptr (DomuimgEntry) b = domuimg_tree_stat (tree, "b", NULL);
  g_autoptr (DomuimgEntry) c = domuimg_tree_stat (tree, "c", NULL);
  g_assert_cmpint (a->mtime.sec, ==, 1234567890);
  g_assert_cmpint (ABS (b->mtime.sec - g_get_real_time () / G_USEC_PER_SEC), <, 600);
  g_assert_cmpint (c->mtime.sec, ==, 7);
  g_assert_cmpint (c->mtime.nsec, ==, 8);
}

static gboolean
count_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend,
             gpointer user_data, GError **error)
{
  ++*(guint *) user_data;
  return TRUE;
}

static void
t20_deep_directories_are_walked (DomuimgTree *tree)
{
  g_autoptr (GString) path = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  guint count = 0;

  for (int i = 0; i < 200; i++)
    g_string_append (path, "/d");
  g_assert_true (domuimg_tree_mkdir_p (tree, path->str, 0755, &error));
  g_assert_true (domuimg_tree_walk (tree, "d", count_entry, &count, &error));
  g_assert_cmpuint (count, ==, 200);
  g_assert_true (domuimg_tree_remove_all (tree, "d", &error));
  g_assert_no_error (error);
  tree_must_be (tree, "");
}

static int
make_file (const guint8 *data, gsize size)
{
  int fd = memfd_create ("domuimg-test", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (domuimg_write_all (fd, data, size));
  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  return fd;
}

static void
t21_large_files_go_in_and_out_in_pieces (DomuimgTree *tree)
{
  const gsize size = 3 * 1024 * 1024 + 17;
  g_autofree guint8 *data = g_malloc (size);
  g_autofree guint8 *copy = g_malloc (size);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new ("big", DOMUIMG_ENTRY_FILE, 0640);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 2654435761U >> 13);
  g_auto (DomuimgFd) in = make_file (data, size);
  g_auto (DomuimgFd) out = make_file (data, 0);
  g_assert_true (domuimg_tree_put_fd (tree, entry, in, NULL, &error));
  g_assert_no_error (error);
  g_autoptr (DomuimgEntry) there = domuimg_tree_stat (tree, "big", NULL);
  g_assert_cmpuint (there->size, ==, size);
  g_assert_cmpuint (there->mode, ==, 0640);
  g_assert_true (domuimg_tree_copy_out (tree, "big", out, NULL, &error));
  g_assert_cmpint (pread (out, copy, size, 0), ==, size);
  g_assert_cmpint (memcmp (data, copy, size), ==, 0);
}

static void
t22_cancelled_copies_leave_what_was_there (DomuimgTree *tree)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new ("f", DOMUIMG_ENTRY_FILE, 0640);
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/f f - - - - - - \"old\"\n");
  g_auto (DomuimgFd) in = make_file ((const guint8 *) "new", 3);
  g_cancellable_cancel (cancellable);
  g_assert_false (domuimg_tree_put_fd (tree, entry, in, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (domuimg_tree_copy_out (tree, "f", in, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  tree_must_be (tree, "/f f 0644 0:0 - 3 - - \"old\"\n");
}

static void
t23_dump_of_a_loaded_dump_is_the_same (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "fixtures", "tree",
                                                 "small-guest.dump", NULL);
  g_autofree char *dump = NULL;

  g_file_get_contents (path, &dump, NULL, &error);
  g_assert_no_error (error);
  tree_must_load (tree, dump);
  g_autofree char *again = tree_must_dump (tree, TRUE);
  g_assert_cmpstr (again, ==, dump);
}

static void
t24_a_new_file_has_no_acl_of_its_directory (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;

  tree_must_load (tree, "/d d 0755 - - - - - - " DEFAULT_ACL "\n");
  put_text (tree, "d/f", "", &error);
  g_assert_true (domuimg_tree_mkdir_p (tree, "d/e", 0755, &error));
  g_assert_no_error (error);
  tree_must_be (tree, "/d d 0755 0:0 - - - - - " DEFAULT_ACL "\n" DIRECTORY ("/d/e")
                      EMPTY ("/d/f"));
}

#define CASE(function) { #function, function }
static const struct {
  const char *name;
  void (*run) (DomuimgTree *tree);
} cases[] = {
  CASE (t01_new_tree_is_empty),
  CASE (t02_every_attribute_is_kept),
  CASE (t03_put_replaces_but_no_directory),
  CASE (t04_directory_over_a_directory_keeps_its_files),
  CASE (t05_symlinks_are_resolved_inside_the_guest),
  CASE (t06_circles_of_symlinks_end),
  CASE (t07_hostile_paths_are_refused),
  CASE (t08_stat_follows_only_where_it_says_so),
  CASE (t09_list_is_sorted_and_empty_for_nothing),
  CASE (t10_read_keeps_to_its_limit_and_place),
  CASE (t11_write_text_keeps_attributes_and_follows),
  CASE (t12_mkdir_p_goes_through_symlinks),
  CASE (t13_symlink_and_mknod_replace),
  CASE (t14_hard_links_are_one_file),
  CASE (t15_remove_is_content_with_nothing),
  CASE (t16_remove_all_does_not_follow),
  CASE (t17_walk_is_in_order_and_can_be_steered),
  CASE (t18_set_attributes_sets_all_of_them),
  CASE (t19_time_is_the_builds_unless_given),
  CASE (t20_deep_directories_are_walked),
  CASE (t21_large_files_go_in_and_out_in_pieces),
  CASE (t22_cancelled_copies_leave_what_was_there),
  CASE (t23_dump_of_a_loaded_dump_is_the_same),
  CASE (t24_a_new_file_has_no_acl_of_its_directory),
};

static void
run_case (gconstpointer data)
{
  guint number = GPOINTER_TO_UINT (data);
  const TreeKind *kind = &tree_kinds[number / G_N_ELEMENTS (cases)];
  g_autoptr (GError) error = NULL;

  if (kind->root_only && geteuid () != 0)
    {
      g_test_skip ("only root can give files away and make devices here");
      return;
    }
  char *scratch = tree_scratch_new ();
  DomuimgTree *tree = kind->make (scratch, &error);
  if (tree == NULL && kind->optional)
    {
      g_test_skip (error->message);
      tree_scratch_free (scratch);
      return;
    }
  g_assert_no_error (error);
  cases[number % G_N_ELEMENTS (cases)].run (tree);
  g_object_unref (tree);
  tree_scratch_free (scratch);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_tree_kinds * G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path
          = g_strdup_printf ("/tree/%s/%s", tree_kinds[i / G_N_ELEMENTS (cases)].name,
                             cases[i % G_N_ELEMENTS (cases)].name);
      g_test_add_data_func (path, GUINT_TO_POINTER (i), run_case);
    }
  return g_test_run ();
}
