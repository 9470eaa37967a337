/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the boot menus of a guest lie, for each loader that reads them. */
#include "config.h"
#include "lib/boot/menu-find.h"

#include <string.h>

typedef struct {
  const char *path; /* with a "*" for one directory, whatever its name */
  DomuimgMenuFormat format;
} Place;

/* In the order in which pygrub looks (tools/pygrub/src/pygrub, read_config, of Xen 4.17): it takes
 * the first that is there on a filesystem, whatever is in it. */
static const Place pygrub_places[] = {
  { "/boot/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/boot/grub2/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/grub2/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/boot/isolinux/isolinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/boot/extlinux/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/boot/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/extlinux/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/boot/grub/menu.lst", DOMUIMG_MENU_LEGACY },
  { "/boot/grub/grub.conf", DOMUIMG_MENU_LEGACY },
  { "/grub/menu.lst", DOMUIMG_MENU_LEGACY },
  { "/grub/grub.conf", DOMUIMG_MENU_LEGACY },
};
/* GRUB for Xen, as Debian builds it (grubcfg.c): neither grub2/ nor menu.lst. */
static const Place pvgrub_places[] = {
  { "/boot/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
};
/* All that a boot loader of the guest's own may read; the first that has an entry. */
static const Place all_places[] = {
  { "/boot/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/boot/grub2/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/grub2/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/boot/efi/EFI/*/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/EFI/*/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/boot/loader/entries", DOMUIMG_MENU_BLS },
  { "/loader/entries", DOMUIMG_MENU_BLS },
  { "/efi/loader/entries", DOMUIMG_MENU_BLS },
  { "/boot/efi/loader/entries", DOMUIMG_MENU_BLS },
  { "/boot/extlinux/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/boot/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/extlinux/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/extlinux.conf", DOMUIMG_MENU_EXTLINUX },
  { "/boot/syslinux/syslinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/syslinux/syslinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/syslinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/boot/isolinux/isolinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/isolinux/isolinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/boot/grub/menu.lst", DOMUIMG_MENU_LEGACY },
  { "/boot/grub/grub.conf", DOMUIMG_MENU_LEGACY },
  { "/grub/menu.lst", DOMUIMG_MENU_LEGACY },
  { "/grub/grub.conf", DOMUIMG_MENU_LEGACY },
  { "/boot/EFI/Linux", DOMUIMG_MENU_UKI },
  { "/EFI/Linux", DOMUIMG_MENU_UKI },
  { "/efi/EFI/Linux", DOMUIMG_MENU_UKI },
  { "/boot/efi/EFI/Linux", DOMUIMG_MENU_UKI },
};

static gboolean
has_dots (const char *path)
{
  return strstr (path, "/./") != NULL || strstr (path, "/../") != NULL
         || g_str_has_suffix (path, "/.") || g_str_has_suffix (path, "/..");
}

/* Out of the directory that @path means in @tree, which a link may have led to; where it is in another
 * filesystem, out of the one that it names. */
static void
leave_directory (DomuimgTree *tree, GString *path)
{
  g_autofree char *real = domuimg_tree_resolve (tree, path->str, NULL);
  char *slash;

  if (real != NULL && domuimg_tree_is_dir (tree, real))
    g_string_printf (path, "/%s", real);
  slash = strrchr (path->str, '/');
  g_string_truncate (path, slash != NULL ? (gsize) (slash - path->str) : 0);
}

/* Without "." and "..", which trees do not take; the top is its own parent. */
static char *
tidy (DomuimgTree *tree, const char *path)
{
  g_auto (GStrv) names = NULL;
  GString *result;

  if (!has_dots (path))
    return g_strdup (path);
  names = g_strsplit (path, "/", -1);
  result = g_string_new (NULL);
  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (names[i], ".."))
      leave_directory (tree, result);
    else if (*names[i] != '\0' && !g_str_equal (names[i], "."))
      g_string_append_printf (result, "/%s", names[i]);
  return g_string_free (result->len > 0 ? result : g_string_append_c (result, '/'), FALSE);
}

static char *
read_text (gpointer data, const char *path)
{
  g_autofree char *tidied = tidy (data, path);
  g_autoptr (GBytes) bytes = domuimg_tree_read (data, tidied, DOMUIMG_MENU_FILE_MAX, NULL);

  return bytes != NULL ? g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : NULL;
}

static gboolean
exists (gpointer data, const char *path)
{
  g_autofree char *tidied = tidy (data, path);

  return domuimg_tree_exists (data, tidied);
}

static char **
list (gpointer data, const char *path)
{
  g_autofree char *tidied = tidy (data, path);

  return domuimg_tree_list (data, tidied, NULL);
}

static GBytes *
read_at (gpointer data, const char *path, guint64 offset, gsize length)
{
  g_autofree char *tidied = tidy (data, path);
  g_autofree char *file = domuimg_tree_resolve (data, tidied, NULL);
  g_autofree char *buffer = g_malloc (length);
  gsize done = 0;
  gssize n = 1;

  for (; file != NULL && n > 0 && done < length; done += MAX (n, 0))
    n = domuimg_tree_read_at (data, file, offset + done, buffer + done, length - done, NULL);
  return file != NULL && n >= 0 ? g_bytes_new_take (g_steal_pointer (&buffer), done) : NULL;
}

static void
parse_text (DomuimgMenu *menu, const char *text, DomuimgLoader loader,
            const DomuimgMenuFiles *files)
{
  if (loader == DOMUIMG_LOADER_PYGRUB)
    domuimg_pygrub_parse (menu, text);
  else if (menu->format == DOMUIMG_MENU_GRUB2)
    domuimg_grubcfg_parse (menu, text, files, loader);
  else if (menu->format == DOMUIMG_MENU_EXTLINUX)
    domuimg_extlinux_parse (menu, text, files);
  else
    domuimg_menulst_parse (menu, text, files);
}

static DomuimgMenu *
parse (const char *path, DomuimgMenuFormat format, DomuimgLoader loader,
       const DomuimgMenuFiles *files)
{
  DomuimgMenu *menu = domuimg_menu_new (format, path + 1);
  g_autofree char *text = NULL;

  if (format == DOMUIMG_MENU_BLS || format == DOMUIMG_MENU_UKI)
    {
      g_autofree char *parent = g_path_get_dirname (path);
      g_autofree char *partition = g_path_get_dirname (parent);

      domuimg_sdboot_parse (menu, g_str_equal (partition, "/") ? "" : partition, files);
    }
  else if ((text = domuimg_menu_read_file (files, path)) != NULL)
    parse_text (menu, text, loader, files);
  else
    domuimg_menu_add_problem (menu, "%s cannot be read, or is larger than 1 MiB", path);
  return menu;
}

/* The paths that there are of @place. */
static GPtrArray *
expand (const Place *place, const DomuimgMenuFiles *files)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) parts = g_strsplit (place->path, "*", 2);
  g_auto (GStrv) names = NULL;

  if (parts[1] == NULL)
    g_ptr_array_add (paths, g_strdup (place->path));
  else
    names = files->list (files->data, parts[0]);
  for (guint i = 0; names != NULL && names[i] != NULL && i < DOMUIMG_MENU_ENTRIES; i++)
    g_ptr_array_add (paths, g_strconcat (parts[0], names[i], parts[1], NULL));
  for (guint i = paths->len; i > 0; i--)
    if (!files->exists (files->data, g_ptr_array_index (paths, i - 1)))
      g_ptr_array_remove_index (paths, i - 1);
  return paths;
}

/* The first that is there; for a boot loader of the guest's own, that has an entry. A grub.cfg
 * beside EFI programs mostly names the one on another filesystem: without an entry it is none. */
static DomuimgMenu *
find_in (const Place *all, guint n, DomuimgLoader loader, const DomuimgMenuFiles *files)
{
  gboolean takes_first = loader == DOMUIMG_LOADER_PVGRUB || loader == DOMUIMG_LOADER_PYGRUB;
  g_autoptr (DomuimgMenu) empty = NULL;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GPtrArray) paths = expand (&all[i], files);

      for (guint j = 0; j < paths->len; j++)
        {
          g_autoptr (DomuimgMenu) menu
              = parse (g_ptr_array_index (paths, j), all[i].format, loader, files);

          if (takes_first || menu->entries->len > 0)
            return g_steal_pointer (&menu);
          if (empty == NULL && all[i].format != DOMUIMG_MENU_UKI
              && strchr (all[i].path, '*') == NULL)
            empty = g_steal_pointer (&menu);
        }
    }
  return g_steal_pointer (&empty);
}

static void
tidy_saves (DomuimgTree *tree, GPtrArray *saves)
{
  for (guint i = 0; i < saves->len; i++)
    {
      DomuimgMenuSave *save = g_ptr_array_index (saves, i);
      char *file = tidy (tree, save->file);

      g_free (save->file);
      save->file = file;
    }
}

static void
tidy_entry (DomuimgTree *tree, DomuimgMenuEntry *entry)
{
  char *kernel = entry->kernel != NULL ? tidy (tree, entry->kernel) : NULL;

  g_free (entry->kernel);
  entry->kernel = kernel;
  for (guint i = 0; i < entry->initrds->len; i++)
    {
      char *initrd = g_ptr_array_index (entry->initrds, i);

      if (*initrd != '/')
        continue;
      entry->initrds->pdata[i] = tidy (tree, initrd);
      g_free (initrd);
    }
  tidy_saves (tree, entry->saves);
}

static DomuimgMenu *
find_on (DomuimgTree *tree, DomuimgLoader loader)
{
  const DomuimgMenuFiles files = { read_text, exists, list, read_at, tree };
  DomuimgMenu *menu;

  if (loader == DOMUIMG_LOADER_PVGRUB)
    menu = find_in (pvgrub_places, G_N_ELEMENTS (pvgrub_places), loader, &files);
  else if (loader == DOMUIMG_LOADER_PYGRUB)
    menu = find_in (pygrub_places, G_N_ELEMENTS (pygrub_places), loader, &files);
  else
    menu = find_in (all_places, G_N_ELEMENTS (all_places), loader, &files);
  for (guint i = 0; menu != NULL && i < menu->entries->len; i++)
    tidy_entry (tree, g_ptr_array_index (menu->entries, i));
  if (menu != NULL)
    tidy_saves (tree, menu->saves);
  return menu;
}

static void
prepend (char **path)
{
  char *joined = g_strconcat ("boot/", *path, NULL);

  g_free (*path);
  *path = joined;
}

DomuimgMenu *
domuimg_menu_find (DomuimgTree *root, DomuimgTree *boot, DomuimgLoader loader, GError **error)
{
  DomuimgMenu *menu = boot != NULL ? find_on (boot, loader) : NULL;

  if (menu != NULL)
    {
      prepend (&menu->path);
      for (guint i = 0; i < menu->entries->len; i++)
        prepend (&((DomuimgMenuEntry *) g_ptr_array_index (menu->entries, i))->source);
    }
  else
    menu = find_on (root, loader);
  if (menu == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "there is no boot menu, such as /boot/grub/grub.cfg");
  return menu;
}
