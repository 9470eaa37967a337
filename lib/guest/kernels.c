/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernels of a guest, by their names and by its boot menu. */
#include "config.h"
#include "lib/guest/kernels.h"

#include <string.h>

#include "lib/boot/menu-find.h"
#include "lib/tree/faults.h"

/* Where a filesystem for kernels may be mounted: a menu on it does not name that. */
static const char *const mount_points[] = { "", "/boot", "/efi", "/boot/efi" };

/* (nullable) The file that the menu means by @path. */
static char *
find_file (DomuimgTree *tree, const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (mount_points); i++)
    {
      g_autofree char *whole = g_strconcat (mount_points[i], path, NULL);
      g_autofree char *file = domuimg_tree_resolve (tree, whole, NULL);
      g_autoptr (DomuimgEntry) entry = file != NULL ? domuimg_tree_stat (tree, file, NULL) : NULL;

      if (entry != NULL && entry->type == DOMUIMG_ENTRY_FILE)
        return g_steal_pointer (&file);
    }
  return NULL;
}

static gboolean
is_listed (GPtrArray *choices, const char *vmlinuz)
{
  for (guint i = 0; i < choices->len; i++)
    if (g_str_equal (((DomuimgKernelChoice *) choices->pdata[i])->vmlinuz, vmlinuz))
      return TRUE;
  return FALSE;
}

/* kernel-install puts a kernel into a directory that has its version as its name. */
static char *
guess_version (DomuimgTree *tree, const char *vmlinuz, char **modules)
{
  g_autofree char *directory = g_path_get_dirname (vmlinuz);
  g_autofree char *version = g_path_get_basename (directory);
  g_autofree char *path = g_strconcat ("lib/modules/", version, NULL);

  if (g_str_equal (version, ".") || !domuimg_tree_is_dir (tree, path))
    return g_strdup ("");
  *modules = domuimg_tree_resolve (tree, path, NULL);
  return g_steal_pointer (&version);
}

/* A unified image holds its kernel: Xen cannot start it by itself. What comes before the last initramfs is
 * microcode. */
static void
add_entry (GPtrArray *choices, DomuimgTree *tree, const DomuimgMenuEntry *entry)
{
  g_autofree char *vmlinuz = NULL;
  DomuimgKernelChoice *choice;

  if (entry->kernel == NULL || entry->is_program
      || (entry->root_hint != NULL && domuimg_grub_device_is_elsewhere (entry->root_hint)))
    return;
  vmlinuz = find_file (tree, entry->kernel);
  if (vmlinuz == NULL || is_listed (choices, vmlinuz))
    return;
  choice = g_new0 (DomuimgKernelChoice, 1);
  choice->vmlinuz = g_steal_pointer (&vmlinuz);
  if (entry->initrds->len > 0)
    choice->initrd = find_file (tree, entry->initrds->pdata[entry->initrds->len - 1]);
  choice->version = guess_version (tree, choice->vmlinuz, &choice->modules);
  choice->cmdline = g_strdup (entry->cmdline);
  g_ptr_array_add (choices, choice);
}

GPtrArray *
domuimg_guest_list_kernels (DomuimgTree *tree, GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_kernel_list (tree, error);
  g_autoptr (DomuimgMenu) menu = NULL;

  if (choices == NULL)
    return NULL;
  menu = domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_DIRECT, NULL);
  if (menu != NULL && menu->format != DOMUIMG_MENU_UKI)
    {
      if (menu->default_entry >= 0)
        add_entry (choices, tree, menu->entries->pdata[menu->default_entry]);
      for (guint i = 0; i < menu->entries->len; i++)
        add_entry (choices, tree, menu->entries->pdata[i]);
    }
  return domuimg_tree_check_faults (tree, error) ? g_steal_pointer (&choices) : NULL;
}

gboolean
domuimg_guest_is_boot (DomuimgTree *tree)
{
  return domuimg_kernel_is_in (tree, "") || domuimg_tree_is_dir (tree, "loader/entries")
         || domuimg_tree_is_dir (tree, "EFI/Linux");
}
