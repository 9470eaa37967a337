/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transactions in a directory of their own. */
#include "config.h"
#include "tests/unit/undo-fixtures.h"

#include <glib/gstdio.h>

#include "lib/base/remove.h"

char *undo_scratch;

static void
set_up (void)
{
  g_autofree char *state = NULL;

  undo_scratch = g_dir_make_tmp ("domuimg-undo-XXXXXX", NULL);
  state = g_build_filename (undo_scratch, "state", NULL);
  g_setenv ("DOMUIMG_STATE_DIR", state, TRUE);
}

static void
tear_down (void)
{
  g_assert_true (domuimg_remove_tree (undo_scratch));
  g_clear_pointer (&undo_scratch, g_free);
}

char *
undo_path (const char *name)
{
  return g_build_filename (undo_scratch, name, NULL);
}

guint
undo_count_files (const char *name)
{
  g_autofree char *path = undo_path (name);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

char *
undo_add_file (DomuimgUndo *undo, const char *path, const char *text, gboolean replace)
{
  g_autoptr (GError) error = NULL;
  char *temporary = domuimg_undo_add_result (undo, path, replace, &error);

  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (temporary, text, -1, &error));
  return temporary;
}

void
undo_write (const char *name, const char *text)
{
  g_autofree char *path = undo_path (name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

void
undo_assert_content (const char *name, const char *expected)
{
  g_autofree char *path = undo_path (name);
  g_autofree char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  g_assert_cmpstr (text, ==, expected);
}

void
undo_append (const char *name, const char *text)
{
  g_autofree char *path = undo_path (name);
  FILE *file = g_fopen (path, "a");

  g_assert_true (file != NULL && fputs (text, file) >= 0 && fclose (file) == 0);
}

void
undo_run (gconstpointer data)
{
  void (*test) (void) = (void (*) (void)) data;

  set_up ();
  test ();
  tear_down ();
}
