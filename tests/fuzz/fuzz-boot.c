/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/boot/menu.h"

/* The first byte chooses the parser; the rest is the menu, and what every file beside it holds. */

typedef struct {
  const char *start;
  gsize size;
} Bytes;

static char *
read_rest (gpointer data, const char *path)
{
  const Bytes *bytes = data;

  return g_strndup (bytes->start, bytes->size);
}

static gboolean
exists (gpointer data, const char *path)
{
  return TRUE;
}

static GBytes *
read_part (gpointer data, const char *path, guint64 offset, gsize length)
{
  const Bytes *bytes = data;

  if (offset > bytes->size)
    return NULL;
  return g_bytes_new_static (bytes->start + offset, MIN (length, bytes->size - offset));
}

static char **
list (gpointer data, const char *path)
{
  return g_strsplit ("a.conf b.conf c.efi", " ", -1);
}

/* A block stays one, with the variable in it. */
static void
set_variable (const char *text)
{
  g_autofree char *block = g_strnfill (DOMUIMG_GRUBENV_SIZE, '#');
  g_autoptr (GHashTable) variables
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  memcpy (block, text, MIN (strlen (text), DOMUIMG_GRUBENV_SIZE));
  if (!domuimg_grubenv_set (block, "next_entry", "a\\\nb", NULL))
    return;
  g_assert_cmpuint (strlen (block), ==, DOMUIMG_GRUBENV_SIZE);
  g_assert_true (domuimg_grubenv_parse (block, variables));
  g_assert_cmpstr (g_hash_table_lookup (variables, "next_entry"), ==, "a\\\nb");
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = size > 0 ? g_strndup ((const char *) data + 1, size - 1) : NULL;
  g_autoptr (DomuimgMenu) menu = domuimg_menu_new (DOMUIMG_MENU_GRUB2, "boot/grub/grub.cfg");
  g_autoptr (GHashTable) variables
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Bytes rest = { (const char *) data + 1, size - 1 };
  DomuimgMenuFiles files = { read_rest, exists, list, read_part, &rest };
  static const DomuimgMenuFormat formats[]
      = { DOMUIMG_MENU_GRUB2, DOMUIMG_MENU_EXTLINUX, DOMUIMG_MENU_LEGACY };

  if (size == 0)
    return 0;
  switch (data[0] % 8)
    {
    case 0:
      domuimg_grubcfg_parse (menu, text, &files,
                             (data[0] & 0x80) != 0 ? DOMUIMG_LOADER_FIRMWARE
                                                   : DOMUIMG_LOADER_PVGRUB);
      break;
    case 1:
      g_hash_table_insert (variables, g_strdup ("early_initrd"), g_strdup ("early.img x"));
      g_hash_table_insert (variables, g_strdup ("a"), g_strdup ("b $c"));
      domuimg_bls_parse (menu, "/boot/loader/entries", &files, variables);
      break;
    case 2:
      domuimg_extlinux_parse (menu, text, &files);
      break;
    case 3:
      domuimg_menulst_parse (menu, text, &files);
      break;
    case 4:
      menu->format = formats[(data[0] >> 4) % G_N_ELEMENTS (formats)];
      domuimg_pygrub_parse (menu, text);
      break;
    case 5:
      domuimg_grubenv_parse (text, variables);
      set_variable (text);
      break;
    case 6:
      domuimg_sdboot_parse (menu, "/boot", &files);
      break;
    default:
      domuimg_sdboot_parse (menu, "", &files);
      break;
    }
  g_assert (menu->default_entry < (int) menu->entries->len);
  return 0;
}
