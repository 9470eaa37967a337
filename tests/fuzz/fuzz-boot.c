/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/boot/menu.h"

/* The first byte chooses the parser; the rest is the menu, and what every file beside it holds. */

static char *
read_rest (gpointer data, const char *path)
{
  return g_strdup (data);
}

static gboolean
exists (gpointer data, const char *path)
{
  return TRUE;
}

static char **
list (gpointer data, const char *path)
{
  return g_strsplit ("a.conf b.conf", " ", -1);
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = size > 0 ? g_strndup ((const char *) data + 1, size - 1) : NULL;
  g_autoptr (DomuimgMenu) menu = domuimg_menu_new (DOMUIMG_MENU_GRUB2, "boot/grub/grub.cfg");
  g_autoptr (GHashTable) variables
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  DomuimgMenuFiles files = { read_rest, exists, list, text };

  if (size == 0)
    return 0;
  switch (data[0] % 6)
    {
    case 0:
      domuimg_grubcfg_parse (menu, text, &files, (data[0] & 0x80) != 0);
      break;
    case 1:
      domuimg_bls_parse (menu, "/boot/loader/entries", &files, variables);
      break;
    case 2:
      domuimg_extlinux_parse (menu, text, &files);
      break;
    case 3:
      domuimg_menulst_parse (menu, text, &files);
      break;
    case 4:
      domuimg_pygrub_parse (menu, text);
      break;
    default:
      domuimg_grubenv_parse (text, variables);
      break;
    }
  g_assert (menu->default_entry < (int) menu->entries->len);
  return 0;
}
