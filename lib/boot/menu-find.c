/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu-find.h"

#include <string.h>

typedef struct {
  const char *path;
  DomuimgMenuFormat format;
} Place;

/* Where menus are, in the order in which pygrub looks (tools/pygrub/src/pygrub, read_config). */
static const Place places[] = {
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
/* What other loaders know besides. */
static const Place more_places[] = {
  { "/syslinux/syslinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/boot/syslinux/syslinux.cfg", DOMUIMG_MENU_EXTLINUX },
  { "/loader/entries", DOMUIMG_MENU_BLS },
  { "/boot/loader/entries", DOMUIMG_MENU_BLS },
};
/* GRUB for Xen, as Debian builds it, searches the disks for these (debian/grub-xen of grub2). */
static const Place pvgrub_places[] = {
  { "/boot/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/grub/grub.cfg", DOMUIMG_MENU_GRUB2 },
  { "/boot/grub/menu.lst", DOMUIMG_MENU_LEGACY },
  { "/grub/menu.lst", DOMUIMG_MENU_LEGACY },
};

/* The trees that a menu's paths are looked up in: the root's, with a separate /boot on it. */
typedef struct {
  DomuimgTree *root;
  DomuimgTree *boot; /* (nullable) */
} Trees;

static DomuimgTree *
tree_of (const Trees *trees, const char **path)
{
  if (trees->boot != NULL && g_str_has_prefix (*path, "/boot/"))
    {
      *path += strlen ("/boot");
      return trees->boot;
    }
  return trees->root;
}

static char *
read_text (gpointer data, const char *path)
{
  DomuimgTree *tree = tree_of (data, &path);
  g_autoptr (GBytes) bytes = domuimg_tree_read (tree, path, DOMUIMG_MENU_FILE_MAX, NULL);

  return bytes != NULL ? g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : NULL;
}

static gboolean
exists (gpointer data, const char *path)
{
  DomuimgTree *tree = tree_of (data, &path);

  return domuimg_tree_exists (tree, path);
}

static char **
list (gpointer data, const char *path)
{
  DomuimgTree *tree = tree_of (data, &path);

  return domuimg_tree_list (tree, path, NULL);
}

static DomuimgMenu *
parse (const Place *place, DomuimgLoader loader, const DomuimgMenuFiles *files)
{
  g_autoptr (DomuimgMenu) menu = domuimg_menu_new (place->format, place->path + 1);
  g_autofree char *text = NULL;
  gboolean has_blscfg = loader == DOMUIMG_LOADER_DIRECT || loader == DOMUIMG_LOADER_FIRMWARE;

  if (place->format != DOMUIMG_MENU_BLS)
    {
      text = domuimg_menu_read_file (files, place->path);
      if (text == NULL)
        {
          domuimg_menu_add_problem (menu, "%s cannot be read, or is larger than 1 MiB",
                                    place->path);
          return g_steal_pointer (&menu);
        }
    }
  if (place->format == DOMUIMG_MENU_GRUB2 && loader == DOMUIMG_LOADER_PYGRUB)
    domuimg_pygrub_parse (menu, text);
  else if (place->format == DOMUIMG_MENU_GRUB2)
    domuimg_grubcfg_parse (menu, text, files, has_blscfg);
  else if (place->format == DOMUIMG_MENU_EXTLINUX)
    domuimg_extlinux_parse (menu, text, files);
  else if (place->format == DOMUIMG_MENU_LEGACY)
    domuimg_menulst_parse (menu, text, files);
  else if (place->format == DOMUIMG_MENU_BLS)
    domuimg_bls_parse (menu, place->path, files, NULL);
  if (place->format == DOMUIMG_MENU_BLS)
    menu->default_entry = menu->entries->len > 0 ? 0 : -1;
  return g_steal_pointer (&menu);
}

static DomuimgMenu *
find (const Place *all, guint n, DomuimgLoader loader, const DomuimgMenuFiles *files)
{
  for (guint i = 0; i < n; i++)
    {
      if (!files->exists (files->data, all[i].path))
        continue;
      return parse (&all[i], loader, files);
    }
  return NULL;
}

DomuimgMenu *
domuimg_menu_find (DomuimgTree *root, DomuimgTree *boot, DomuimgLoader loader, GError **error)
{
  Trees trees = { root, boot };
  DomuimgMenuFiles files = { read_text, exists, list, &trees };
  DomuimgMenu *menu;

  if (loader == DOMUIMG_LOADER_PVGRUB)
    menu = find (pvgrub_places, G_N_ELEMENTS (pvgrub_places), loader, &files);
  else
    menu = find (places, G_N_ELEMENTS (places), loader, &files);
  if (menu == NULL && (loader == DOMUIMG_LOADER_DIRECT || loader == DOMUIMG_LOADER_FIRMWARE))
    menu = find (more_places, G_N_ELEMENTS (more_places), loader, &files);
  if (menu == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "there is no boot menu, such as /boot/grub/grub.cfg");
  return menu;
}
