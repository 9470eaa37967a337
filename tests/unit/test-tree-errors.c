/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree some of whose files cannot be read: none of them may be taken for one that is not there. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/tree/tree.h"

/* In it are "gone", which went away since it was listed, "closed", a directory that cannot be
 * listed, "grown", whose size says 0, and "bad", which cannot even be looked at. */
#define BROKEN_TYPE_TREE (broken_tree_get_type ())
G_DECLARE_FINAL_TYPE (BrokenTree, broken_tree, BROKEN, TREE, GObject)

struct _BrokenTree {
  GObject parent_instance;

  gboolean has_bad;
  guint listed; /* how often "closed" was */
};

static const char content[] = "more than its size says";

static DomuimgEntry *
broken_stat (DomuimgTree *tree, const char *path, GError **error)
{
  if (g_str_equal (path, "") || g_str_equal (path, "closed"))
    return domuimg_entry_new (path, DOMUIMG_ENTRY_DIRECTORY, 0755);
  if (g_str_equal (path, "grown"))
    return domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0644);
  if (g_str_equal (path, "bad"))
    domuimg_set_errno (error, EIO, "%s", path);
  else
    domuimg_set_errno (error, ENOENT, "%s", path);
  return NULL;
}

static char **
broken_list (DomuimgTree *tree, const char *path, GError **error)
{
  BrokenTree *self = BROKEN_TREE (tree);

  if (g_str_equal (path, ""))
    return g_strsplit (self->has_bad ? "gone grown bad" : "closed gone grown", " ", -1);
  self->listed++;
  domuimg_set_errno (error, EIO, "%s", path);
  return NULL;
}

static gssize
broken_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
                GError **error)
{
  gsize left = offset < strlen (content) ? strlen (content) - offset : 0;

  /* A byte at a time is as good an answer as any. */
  length = MIN (length, MIN (left, 1));
  memcpy (buffer, content + MIN (offset, strlen (content)), length);
  return (gssize) length;
}

static gboolean
broken_remove (DomuimgTree *tree, const char *path, GError **error)
{
  return domuimg_set_errno (error, g_str_equal (path, "gone") ? ENOENT : EIO, "%s", path);
}

static void
broken_tree_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = broken_stat;
  iface->list = broken_list;
  iface->read_at = broken_read_at;
  iface->remove = broken_remove;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BrokenTree, broken_tree, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE, broken_tree_iface_init))

static void
broken_tree_class_init (BrokenTreeClass *klass)
{
}

static void
broken_tree_init (BrokenTree *self)
{
}

static DomuimgTree *
broken_new (gboolean has_bad)
{
  BrokenTree *self = g_object_new (BROKEN_TYPE_TREE, NULL);

  self->has_bad = has_bad;
  return DOMUIMG_TREE (self);
}

static void
assert_io (GError *error)
{
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
}

static void
test_paths (void)
{
  g_autoptr (DomuimgTree) tree = broken_new (TRUE);
  g_autoptr (GError) resolving = NULL, looking = NULL, writing = NULL;
  g_autofree char *gone = domuimg_tree_resolve (tree, "gone", NULL);

  g_assert_cmpstr (gone, ==, "gone");
  g_assert_null (domuimg_tree_resolve (tree, "bad", &resolving));
  assert_io (resolving);
  g_assert_null (domuimg_tree_stat (tree, "bad", &looking));
  assert_io (looking);
  g_assert_false (domuimg_tree_write_text (tree, "bad", "x", 0644, &writing));
  assert_io (writing);
}

static void
test_lists (void)
{
  g_autoptr (DomuimgTree) tree = broken_new (TRUE);
  static const char *const unreadable[] = { "bad", "closed" };
  g_auto (GStrv) none = domuimg_tree_list (tree, "gone", NULL);

  g_assert_nonnull (none);
  g_assert_null (none[0]);
  for (guint i = 0; i < G_N_ELEMENTS (unreadable); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_tree_list (tree, unreadable[i], &error));
      assert_io (error);
    }
}

static gboolean
count (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
       GError **error)
{
  guint *seen = user_data;

  (*seen)++;
  *descend = *descend && !g_str_equal (entry->path, "closed");
  return TRUE;
}

static gboolean
see (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data, GError **error)
{
  return TRUE;
}

static void
test_walks (void)
{
  g_autoptr (DomuimgTree) tree = broken_new (FALSE), bad = broken_new (TRUE);
  g_autoptr (GError) error = NULL, closed = NULL, unreadable = NULL;
  guint seen = 0;

  /* What went away is passed, and what is not wanted is not opened. */
  g_assert_true (domuimg_tree_walk (tree, "", count, &seen, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (seen, ==, 3);
  g_assert_cmpuint (BROKEN_TREE (tree)->listed, ==, 0);
  g_assert_false (domuimg_tree_walk (tree, "", see, NULL, &closed));
  assert_io (closed);
  g_assert_false (domuimg_tree_walk (bad, "", see, NULL, &unreadable));
  assert_io (unreadable);
}

static void
test_removal (void)
{
  g_autoptr (DomuimgTree) tree = broken_new (FALSE);
  g_autoptr (GError) one = NULL, all = NULL;

  g_assert_true (domuimg_tree_remove (tree, "gone", NULL));
  g_assert_false (domuimg_tree_remove (tree, "grown", &one));
  assert_io (one);
  g_assert_false (domuimg_tree_remove_all (tree, "grown", &all));
  assert_io (all);
}

/* A file in /proc says 0, and one of a live root grows. */
static void
test_sizes_are_hints (void)
{
  g_autoptr (DomuimgTree) tree = broken_new (FALSE);
  g_autofree char *text = domuimg_tree_read_text (tree, "grown", NULL);
  g_autoptr (GError) too_large = NULL, error = NULL;
  int fd = memfd_create ("copy", MFD_CLOEXEC);
  char copy[sizeof content] = "";

  g_assert_cmpstr (text, ==, content);
  g_assert_null (domuimg_tree_read (tree, "grown", strlen (content) - 1, &too_large));
  g_assert_error (too_large, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_true (domuimg_tree_copy_out (tree, "grown", fd, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (pread (fd, copy, sizeof copy, 0), ==, (gssize) strlen (content));
  g_assert_cmpstr (copy, ==, content);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tree-errors/paths", test_paths);
  g_test_add_func ("/tree-errors/lists", test_lists);
  g_test_add_func ("/tree-errors/walks", test_walks);
  g_test_add_func ("/tree-errors/removal", test_removal);
  g_test_add_func ("/tree-errors/sizes-are-hints", test_sizes_are_hints);
  return g_test_run ();
}
