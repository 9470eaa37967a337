/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/bootloader/message.h"
#include "lib/bootloader/save.h"
#include "menu-fixtures.h"

/* What GRUB would write into its environment block, and that nothing else is written. */

/* "NAME=VALUE NAME (removed) (hint)file:NAME=VALUE" */
static char *
list_saves (const GPtrArray *saves)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < saves->len; i++)
    {
      const DomuimgMenuSave *save = g_ptr_array_index (saves, i);

      g_string_append_printf (list, "%s%s%s %s%s%s", i > 0 ? "; " : "", save->hint != NULL ? save->hint : "",
                              save->file, save->name, save->value != NULL ? "=" : " removed",
                              save->value != NULL ? save->value : "");
    }
  return g_string_free (list, FALSE);
}

typedef struct {
  const char *name;
  const char *text;
  const char *of_menu;
  const char *of_entry; /* that is the default */
} Case;

#define ENV "/boot/grub/grubenv"
#define SAVEDEFAULT "function savedefault { saved_entry=\"${chosen}\"; save_env saved_entry; }\n"

static const Case cases[] = {
  { "an entry for one boot",
    "load_env\nset default=$next_entry\nset next_entry=\nsave_env next_entry\nmenuentry r { linux /k }",
    ENV " next_entry=", "" },
  { "what is there already", "n=old\nsave_env n\nmenuentry a { linux /k }", "", "" },
  { "several, and one that is removed", "a=1\nsave_env a n b\nmenuentry a { linux /k }",
    ENV " a=1; " ENV " n removed", "" },
  { "another file", "a=1\nsave_env --file /other/../env a\nmenuentry a { linux /k }", "/env a=1", "" },
  { "a file on another partition", "a=1\nset root=hd0,2\nsave_env -f /env a\nsave_env -f (hd0,3)/env a\n"
                                   "menuentry a { linux /k }",
    "hd0,2/env a=1; (hd0,3)/env a=1", "" },
  { "a file that is not there", "a=1\nsave_env -f /gone a\nsave_env -f (loop0)/env a\nmenuentry a { linux /k }",
    "", "" },
  { "the default that is kept", SAVEDEFAULT "menuentry 'A > b' { savedefault\nlinux /k }", "",
    ENV " saved_entry=A >> b" },
  { "the default of a submenu",
    SAVEDEFAULT "default='s>i'\nexport default\nsubmenu S --id s { x=1; save_env x\n"
                "menuentry I --id i { saved_entry=$chosen; save_env saved_entry; linux /k } }",
    "", ENV " saved_entry=s>i" },
  { "what another entry saves", "menuentry a { linux /k }\nmenuentry b { a=1; save_env a; linux /k }", "", "" },
};

static void
test_case (gconstpointer data)
{
  const Case *self = data;
  g_autofree char *block = menu_fixture_environment ("n=old\nnext_entry=r\n");
  const MenuFile files[] = { { "boot/grub/grub.cfg", self->text },
                             { "boot/grub/grubenv", block },
                             { "env", block },
                             { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);
  g_autoptr (DomuimgMenu) of_xen = menu_fixture_read (files, DOMUIMG_LOADER_PVGRUB);
  g_autofree char *of_menu = list_saves (menu->saves);
  g_autofree char *of_entry = list_saves (menu_fixture_default (menu)->saves);

  g_assert_cmpstr (of_menu, ==, self->of_menu);
  g_assert_cmpstr (of_entry, ==, self->of_entry);
  g_assert_cmpuint (menu->problems->len, ==, 0);
  /* GRUB for Xen finds no block in its own memory. */
  if (strstr (self->text, "save_env -") == NULL)
    g_assert_cmpuint (of_xen->saves->len, ==, 0);
}

static void
check_set (const char *before, const char *name, const char *value, const char *after)
{
  g_autofree char *block = menu_fixture_environment (before);
  g_autofree char *expected = menu_fixture_environment (after);
  g_autoptr (GError) error = NULL;

  g_assert_true (domuimg_grubenv_set (block, name, value, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (block, ==, expected);
}

static void
test_set (void)
{
  check_set ("", "a", "1", "a=1\n");
  check_set ("a=1\nb=2\n", "a", "", "b=2\na=\n");
  check_set ("a=1\nb=2\nab=3\n", "a", NULL, "b=2\nab=3\n");
  check_set ("# WARNING: do not edit\na=1\n", "a", "2", "# WARNING: do not edit\na=2\n");
  check_set ("b=x\\\ny\\\\\n", "a", "1\n\\", "b=x\\\ny\\\\\na=1\\\n\\\\\n");
  check_set ("b=a=1\\\na=7\n", "a", NULL, "b=a=1\\\na=7\n");
}

static void
check_refused (const char *block, const char *name, const char *value, DomuimgError code)
{
  g_autofree char *copy = g_strdup (block);
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_grubenv_set (copy, name, value, &error));
  g_assert_error (error, DOMUIMG_ERROR, (int) code);
  g_assert_cmpstr (copy, ==, block);
}

static void
test_refused (void)
{
  g_autofree char *block = menu_fixture_environment ("a=1\n");
  g_autofree char *long_value = g_strnfill (1000, 'x');
  g_autofree char *other = g_strnfill (DOMUIMG_GRUBENV_SIZE, '#');
  g_autofree char *cut = menu_fixture_environment ("a=1\n");

  check_refused (block, "a", long_value, DOMUIMG_ERROR_NO_SPACE);
  check_refused (block, "", "1", DOMUIMG_ERROR_INVALID_ARGUMENT);
  check_refused (block, "a b", "1", DOMUIMG_ERROR_INVALID_ARGUMENT);
  check_refused (block, "a\nb", "1", DOMUIMG_ERROR_INVALID_ARGUMENT);
  check_refused (other, "a", "1", DOMUIMG_ERROR_CORRUPT_INPUT);
  cut[1000] = '\0';
  g_assert_false (domuimg_grubenv_set (cut, "a", "1", NULL));
}

typedef struct {
  char *path;
  int fd;
  char *content;
  gsize size;
} Disk;

/* Something else, a block at 4096, and something else. */
static void
disk_setup (Disk *self, gconstpointer data)
{
  g_autofree char *block = menu_fixture_environment ("next_entry=r\nkeep=1\n");
  g_autoptr (GError) error = NULL;

  self->fd = g_file_open_tmp ("domuimg-save-XXXXXX", &self->path, &error);
  g_assert_no_error (error);
  domuimg_fd_clear (&self->fd);
  self->size = 3 * 4096;
  self->content = g_strnfill (self->size, 'x');
  memcpy (self->content + 4096, block, DOMUIMG_GRUBENV_SIZE);
  g_assert_true (g_file_set_contents (self->path, self->content, (gssize) self->size, NULL));
  self->fd = open (self->path, O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (self->fd, >=, 0);
}

static void
disk_teardown (Disk *self, gconstpointer data)
{
  domuimg_fd_clear (&self->fd);
  g_unlink (self->path);
  g_free (self->path);
  g_free (self->content);
}

static void
disk_assert (const Disk *self, const char *lines)
{
  g_autofree char *expected = g_memdup2 (self->content, self->size);
  g_autofree char *block = menu_fixture_environment (lines);
  g_autofree char *now = NULL;
  gsize size;

  memcpy (expected + 4096, block, DOMUIMG_GRUBENV_SIZE);
  g_assert_true (g_file_get_contents (self->path, &now, &size, NULL));
  g_assert_cmpmem (now, size, expected, self->size);
}

static gboolean
try_save (const Disk *self, guint64 offset, const char *name, const char *value, GError **error)
{
  DomuimgBootloaderSave save = { offset, (char *) name, (char *) value };
  g_autoptr (GPtrArray) saves = g_ptr_array_new ();

  g_ptr_array_add (saves, &save);
  return domuimg_bootloader_save (self->path, self->fd, saves, error);
}

static void
test_one_block_is_written (Disk *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_save (self, 4096, "next_entry", "", &error));
  g_assert_no_error (error);
  disk_assert (self, "keep=1\nnext_entry=\n");
}

/* What a process may ask for that the disk has taken over. */
static void
test_all_else_is_refused (Disk *self, gconstpointer data)
{
  static const struct {
    guint64 offset;
    const char *name;
  } wrong[] = { { 0, "a" },           { 8192, "a" },          { 4096 + 512, "a" },
                { 4097, "a" },        { 12288, "a" },         { G_MAXUINT64 - 511, "a" },
                { 11776, "a" },       { 4096, "a=b" },        { 4096, "" } };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (try_save (self, wrong[i].offset, wrong[i].name, "1", &error));
      g_assert_nonnull (error);
      disk_assert (self, "next_entry=r\nkeep=1\n");
    }
}

static void
test_disk_in_use (Disk *self, gconstpointer data)
{
  g_auto (DomuimgFd) other = open (self->path, O_RDWR | O_CLOEXEC);
  g_autoptr (GError) error = NULL;

  g_assert_false (try_save (self, 4096, "next_entry", "", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY);
  disk_assert (self, "next_entry=r\nkeep=1\n");
}

static void
test_another_file_of_its_name (Disk *self, gconstpointer data)
{
  g_autofree char *old = g_strconcat (self->path, ".old", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_rename (self->path, old), ==, 0);
  g_assert_true (g_file_set_contents (self->path, self->content, (gssize) self->size, NULL));
  g_assert_false (try_save (self, 4096, "next_entry", "", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY);
  disk_assert (self, "next_entry=r\nkeep=1\n");
  g_unlink (old);
}

static void
test_saves_travel (void)
{
  DomuimgBootloaderSave kept = { 1048576, (char *) "a", (char *) "" };
  DomuimgBootloaderSave removed = { 512, (char *) "b", NULL };
  g_autoptr (GPtrArray) saves = g_ptr_array_new (), notes = g_ptr_array_new ();
  g_autoptr (GPtrArray) saves_again = g_ptr_array_new_with_free_func (domuimg_bootloader_save_free);
  g_autoptr (GPtrArray) notes_again = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) bytes = NULL;
  const DomuimgBootloaderSave *first, *second;

  g_ptr_array_add (saves, &kept);
  g_ptr_array_add (saves, &removed);
  g_ptr_array_add (notes, (char *) "why");
  bytes = domuimg_bootloader_saves_write (saves, notes);
  g_assert_true (domuimg_bootloader_saves_read (bytes, saves_again, notes_again, NULL));
  g_assert_cmpuint (saves_again->len, ==, 2);
  first = saves_again->pdata[0];
  second = saves_again->pdata[1];
  g_assert_cmpuint (first->offset, ==, 1048576);
  g_assert_cmpstr (first->name, ==, "a");
  g_assert_cmpstr (first->value, ==, "");
  g_assert_null (second->value);
  g_assert_cmpstr (notes_again->pdata[0], ==, "why");
}

#define DISK_TEST(name, function)                                                                  \
  g_test_add ("/boot-saves/disk/" name, Disk, NULL, disk_setup, function, disk_teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/boot-saves/menu/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/boot-saves/block/what-else-is-there-stays", test_set);
  g_test_add_func ("/boot-saves/block/what-is-refused", test_refused);
  DISK_TEST ("one-block-is-written", test_one_block_is_written);
  DISK_TEST ("all-else-is-refused", test_all_else_is_refused);
  DISK_TEST ("in-use", test_disk_in_use);
  DISK_TEST ("another-file-of-its-name", test_another_file_of_its_name);
  g_test_add_func ("/boot-saves/saves-travel", test_saves_travel);
  return g_test_run ();
}
