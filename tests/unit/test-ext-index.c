/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <archive.h>
#include <archive_entry.h>
#include <ext2fs/ext2fs.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/fs/ext/tree.h"
#include "lib/fs/fs.h"
#include "lib/source/tar.h"
#include "tests/unit/tree-fixtures.h"

/* Directories with a hash index, in filesystems of several kinds, judged by e2fsck, which knows the
 * hash of each name and so in which leaf it must be. */

#define SEED "11111111-1111-4111-8111-111111111111"
/* The same as four words. */
static const guint32 seed[] = { 0x11111111, 0x11411111, 0x11111181, 0x11111111 };

typedef struct {
  const char *options; /* of mke2fs */
  const char *tuning;  /* (nullable) a command of debugfs */
} Kind;

static const Kind kinds[] = {
  { "-b4096", NULL },
  { "-b1024", NULL },
  { "-b4096 -O^metadata_csum", NULL },
  { "-b1024 -O^metadata_csum", NULL },
  { "-b1024", "set_super_value flags 1" },
  { "-b1024", "set_super_value flags 2" },
  { "-b1024", "set_super_value def_hash_version legacy" },
  { "-b1024", "set_super_value def_hash_version tea" },
};

typedef struct {
  char *scratch;
  char *tar;
  char *image;
  struct archive *archive;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->scratch = tree_scratch_new ();
  self->tar = g_build_filename (self->scratch, "tar", NULL);
  self->image = g_build_filename (self->scratch, "image", NULL);
  self->archive = archive_write_new ();
  archive_write_set_format_gnutar (self->archive);
  g_assert_cmpint (archive_write_open_filename (self->archive, self->tar), ==, ARCHIVE_OK);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  archive_write_free (self->archive);
  tree_scratch_free (self->scratch);
  g_free (self->tar);
  g_free (self->image);
}

static void
add (Fixture *self, const char *path)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, 0);
  g_assert_cmpint (archive_write_header (self->archive, entry), ==, ARCHIVE_OK);
  archive_entry_free (entry);
}

/* Some names have bytes that are negative as signed characters. */
static char *
name_of (guint number)
{
  static const char *const ends[] = { "", "\xc3\xa4\xc3\xb6\xc3\xbc", "\xe6\xbc\xa2\xe5\xad\x97", "-x" };

  return g_strdup_printf ("%0*u%s", 5 + (int) (number % 100), number, ends[number % 4]);
}

static void
add_many (Fixture *self, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *name = name_of (i);
      g_autofree char *path = g_strconcat ("many/", name, NULL);

      add (self, path);
    }
}

/* What @program says of the image. @options: words with one space between; @request: for debugfs. */
static char *
run (Fixture *self, const char *program, const char *options, const char *request)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (program);
  g_auto (GStrv) words = g_strsplit (options, " ", -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) output = NULL;
  const char *text;
  gsize length;

  for (guint i = 0; words[i] != NULL; i++)
    domuimg_exec_arg (exec, words[i]);
  if (request != NULL)
    domuimg_exec_arg (exec, request);
  domuimg_exec_arg (exec, self->image);
  output = domuimg_exec_output (exec, NULL, &error);
  g_assert_no_error (error);
  text = g_bytes_get_data (output, &length);
  return g_strndup (length > 0 ? text : "", length);
}

static void
assert_clean (Fixture *self)
{
  g_free (run (self, "e2fsck", "-fn", NULL));
}

static void
make_filesystem (Fixture *self, const Kind *kind, guint inodes)
{
  g_autofree char *options
      = g_strdup_printf ("-q -F -t ext4 -U %s -E hash_seed=%s -N %u %s", SEED, SEED, inodes,
                         kind->options);

  g_assert_true (g_file_set_contents (self->image, "", 0, NULL));
  g_assert_cmpint (truncate (self->image, 128 << 20), ==, 0);
  g_free (run (self, "mke2fs", options, NULL));
  if (kind->tuning != NULL)
    g_free (run (self, "debugfs", "-w -R", kind->tuning));
}

static void
write_image (Fixture *self, const Kind *kind, guint inodes)
{
  g_autoptr (GError) error = NULL;
  DomuimgUsage usage = { 0 };
  int fd;

  archive_write_close (self->archive);
  make_filesystem (self, kind, inodes);
  g_autoptr (DomuimgRegion) region = domuimg_region_open (self->image, TRUE, &error);
  g_assert_no_error (error);
  fd = open (self->tar, O_RDONLY | O_CLOEXEC);
  g_autoptr (DomuimgStream) stream = domuimg_tar_new (fd, "test.tar", NULL, NULL, &error);
  g_assert_no_error (error);
  const DomuimgFsContent content = { stream, &usage, NULL };
  g_autoptr (DomuimgTree) tree
      = domuimg_fs_fill (domuimg_fs_find ("ext4"), region, &content, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (domuimg_tree_ext_close (DOMUIMG_TREE_EXT (tree), &error));
  close (fd);
  assert_clean (self);
}

/* What debugfs says of the index; empty where there is none. */
static char *
dump_index (Fixture *self, const char *path)
{
  g_autofree char *request = g_strdup_printf ("htree_dump %s", path);

  return run (self, "debugfs", "-R", request);
}

static guint
levels_of (Fixture *self)
{
  static const char label[] = "Indirect levels: ";
  g_autofree char *dump = dump_index (self, "/many");
  const char *at = strstr (dump, label);

  g_assert_nonnull (at);
  return atoi (at + strlen (label));
}

static DomuimgTree *
open_tree (Fixture *self, gboolean writable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = domuimg_region_open (self->image, writable, &error);
  DomuimgTree *tree = domuimg_tree_ext_open (region, writable, &error);

  g_assert_no_error (error);
  return tree;
}

static guint
count_names (Fixture *self, const char *path)
{
  g_autoptr (DomuimgTree) tree = open_tree (self, FALSE);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = domuimg_tree_list (tree, path, &error);

  g_assert_no_error (error);
  return g_strv_length (names);
}

static void
test_kind (Fixture *self, gconstpointer data)
{
  const Kind *kind = data;

  add_many (self, 6000);
  write_image (self, kind, 8000);
  g_assert_cmpuint (levels_of (self), ==, g_str_has_prefix (kind->options, "-b1024") ? 1 : 0);
  g_assert_cmpuint (count_names (self, "many"), ==, 6000);
}

/* A directory of one block needs no index. */
static void
test_small (Fixture *self, gconstpointer data)
{
  g_autofree char *none = NULL, *some = NULL;

  /* "." and "..", and 169 names with 24 bytes each: 4080 of 4084. */
  for (guint i = 0; i < 170; i++)
    {
      g_autofree char *fits = g_strdup_printf ("fits/1234567890123%03u", i);
      g_autofree char *above = g_strdup_printf ("above/1234567890123%03u", i);

      if (i < 169)
        add (self, fits);
      add (self, above);
    }
  write_image (self, &kinds[0], 1000);
  none = dump_index (self, "/fits");
  some = dump_index (self, "/above");
  g_assert_null (strstr (none, "Root node"));
  g_assert_nonnull (strstr (some, "Root node"));
}

static void
test_filesystem_without_indexes (Fixture *self, gconstpointer data)
{
  const Kind kind = { "-b4096 -O^dir_index", NULL };
  g_autofree char *dump = NULL;

  add_many (self, 2000);
  write_image (self, &kind, 3000);
  dump = dump_index (self, "/many");
  g_assert_null (strstr (dump, "Root node"));
  g_assert_cmpuint (count_names (self, "many"), ==, 2000);
}

/* A root of 123 records and nodes of 126 name 15,498 leaves of 1 KiB, each with 3 long names. */
static void
test_more_than_an_index_holds (Fixture *self, gconstpointer data)
{
  g_autofree char *dump = NULL;

  for (guint i = 0; i < 3 * 15498 + 1; i++)
    {
      g_autofree char *path = g_strdup_printf ("many/%0250u", i);

      add (self, path);
    }
  write_image (self, &kinds[1], 50000);
  dump = dump_index (self, "/many");
  g_assert_null (strstr (dump, "Root node"));
  g_assert_cmpuint (count_names (self, "many"), ==, 3 * 15498 + 1);
}

static guint32
hash_of (const char *name)
{
  ext2_dirhash_t hash, minor;

  g_assert_cmpint (ext2fs_dirhash (EXT2_HASH_HALF_MD4, name, strlen (name), seed, &hash, &minor), ==,
                   0);
  return hash;
}

static char *
long_name (guint number)
{
  return g_strdup_printf ("%0250u", number);
}

/* Two numbers whose long names have the same hash. */
static guint32
find_pair (guint *one, guint *other)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 1;; i++)
    {
      g_autofree char *name = long_name (i);
      guint32 hash = hash_of (name);
      guint before = GPOINTER_TO_UINT (g_hash_table_lookup (seen, GUINT_TO_POINTER (hash)));

      if (before != 0)
        {
          *one = before;
          *other = i;
          return hash;
        }
      g_hash_table_insert (seen, GUINT_TO_POINTER (hash), GUINT_TO_POINTER (i));
    }
}

static void
add_long (Fixture *self, guint number)
{
  g_autofree char *name = long_name (number);
  g_autofree char *path = g_strconcat ("many/", name, NULL);

  add (self, path);
}

/* A leaf of 1 KiB has three long names: two with lower hashes, and one of a pair. */
static void
test_same_hash_in_two_leaves (Fixture *self, gconstpointer data)
{
  guint one, other, lower = 0;
  guint32 hash = find_pair (&one, &other);
  g_autofree char *dump = NULL;
  g_autofree char *record = g_strdup_printf ("Entry #1: Hash 0x%08x, block 2", hash | 1);

  add_long (self, one);
  add_long (self, other);
  for (guint i = 1; lower < 2; i++)
    {
      g_autofree char *name = long_name (i);

      if (hash_of (name) >= hash)
        continue;
      add_long (self, i);
      lower++;
    }
  write_image (self, &kinds[4], 1000);
  dump = dump_index (self, "/many");
  g_assert_nonnull (strstr (dump, record));
}

static void
put (DomuimgTree *tree, guint number)
{
  g_autofree char *path = g_strdup_printf ("many/new-%0200u", number);
  g_autoptr (GError) error = NULL;

  domuimg_tree_write_text (tree, path, "x", 0644, &error);
  g_assert_no_error (error);
}

static void
drop (DomuimgTree *tree, guint number)
{
  g_autofree char *name = name_of (number);
  g_autofree char *path = g_strconcat ("many/", name, NULL);
  g_autoptr (GError) error = NULL;

  domuimg_tree_remove (tree, path, &error);
  g_assert_no_error (error);
}

/* It grows a level on the way. */
static void
test_edited (Fixture *self, gconstpointer data)
{
  const Kind *kind = data;

  add_many (self, 500);
  write_image (self, kind, 3000);
  g_assert_cmpuint (levels_of (self), ==, 0);
  DomuimgTree *tree = open_tree (self, TRUE);
  for (guint i = 0; i < 600; i++)
    put (tree, i);
  for (guint i = 0; i < 500; i += 2)
    drop (tree, i);
  g_assert_true (domuimg_tree_ext_close (DOMUIMG_TREE_EXT (tree), NULL));
  g_object_unref (tree);
  assert_clean (self);
  g_assert_cmpuint (levels_of (self), ==, g_str_has_prefix (kind->options, "-b1024") ? 1 : 0);
  g_assert_cmpuint (count_names (self, "many"), ==, 500 + 600 - 250);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, data, test) g_test_add ("/ext-index/" name, Fixture, data, set_up, test, tear_down)
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/ext-index/kind/%u", i);

      g_test_add (path, Fixture, &kinds[i], set_up, test_kind, tear_down);
    }
  ADD ("small", NULL, test_small);
  ADD ("filesystem-without-indexes", NULL, test_filesystem_without_indexes);
  ADD ("more-than-an-index-holds", NULL, test_more_than_an_index_holds);
  ADD ("same-hash-in-two-leaves", NULL, test_same_hash_in_two_leaves);
  ADD ("edited/4096", &kinds[0], test_edited);
  ADD ("edited/1024", &kinds[1], test_edited);
  ADD ("edited/1024-without-checksums", &kinds[3], test_edited);
  return g_test_run ();
}
