/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "menu-fixtures.h"

#include "lib/tree/memory.h"

static void
add_file (DomuimgTree *tree, const MenuFile *file)
{
  gboolean is_link = *file->path == '@';
  const char *path = file->path + is_link;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  if (is_link)
    domuimg_tree_symlink (tree, file->text, path, &error);
  else
    domuimg_tree_write_text (tree, path, file->text, 0644, &error);
  g_assert_no_error (error);
}

DomuimgTree *
menu_fixture_tree (const MenuFile *files)
{
  DomuimgTree *tree = domuimg_tree_memory_new ();

  for (; files->path != NULL; files++)
    add_file (tree, files);
  return tree;
}

DomuimgMenu *
menu_fixture_read (const MenuFile *files, DomuimgLoader loader)
{
  g_autoptr (DomuimgTree) tree = menu_fixture_tree (files);
  g_autoptr (GError) error = NULL;
  DomuimgMenu *menu = domuimg_menu_find (tree, NULL, loader, &error);

  g_assert_no_error (error);
  return menu;
}

DomuimgMenu *
menu_fixture_read_own (const MenuFile *files)
{
  return menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
}

const DomuimgMenuEntry *
menu_fixture_default (const DomuimgMenu *menu)
{
  g_assert_cmpint (menu->default_entry, >=, 0);
  g_assert_cmpint (menu->default_entry, <, (int) menu->entries->len);
  return g_ptr_array_index (menu->entries, menu->default_entry);
}

const char *
menu_fixture_initrd (const DomuimgMenuEntry *entry, guint index)
{
  g_assert_cmpuint (entry->initrds->len, >, index);
  return g_ptr_array_index (entry->initrds, index);
}

char *
menu_fixture_environment (const char *lines)
{
  GString *block = g_string_new ("# GRUB Environment Block\n");

  g_string_append (block, lines);
  while (block->len < 1024)
    g_string_append_c (block, '#');
  return g_string_free (block, FALSE);
}
