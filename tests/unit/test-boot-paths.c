/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "menu-fixtures.h"

/* Where the files that a menu names lie. */

typedef struct {
  const char *name;
  MenuFile files[4];
  const char *kernel;
  const char *initrd; /* (nullable) */
} Case;

static const Case cases[] = {
  { "extlinux", { { "boot/syslinux/syslinux.cfg", "LABEL a\nLINUX ../vmlinuz\nINITRD ./../initrd\n" } },
    "/boot/vmlinuz", "/boot/initrd" },
  { "extlinux below the top", { { "syslinux.cfg", "LABEL a\nLINUX ../../vmlinuz\nINITRD .././i\n" } },
    "/vmlinuz", "/i" },
  { "a directory that is a link",
    { { "usr/share/syslinux/vmlinuz", "" },
      { "@boot/syslinux", "../usr/share/syslinux" },
      { "boot/extlinux.conf", "LABEL a\nLINUX syslinux/../k\n" } },
    "/usr/share/k", NULL },
  { "an included file",
    { { "boot/syslinux/syslinux.cfg", "INCLUDE ../more/entries.cfg\n" },
      { "boot/more/entries.cfg", "LABEL a\nKERNEL ../k\nAPPEND initrd=../i1,../i2\n" } },
    "/boot/k", "/boot/i1" },
  { "GRUB",
    { { "boot/grub/grub.cfg", "source $prefix/../more.cfg\n" },
      { "boot/more.cfg", "menuentry A { linux $prefix/../../k; initrd (hd0,1)/boot/./x/../i }\n" } },
    "/k", "/boot/i" },
  { "GRUB legacy",
    { { "boot/grub/menu.lst", "title A\nkernel (hd0,0)/boot/grub/../k\ninitrd /boot/../i\n" } },
    "/boot/k", "/i" },
  { "Boot Loader Specification",
    { { "loader/entries/a.conf", "linux /EFI/../k\ninitrd /./i\n" },
      { "k", "" } },
    "/k", "/i" },
  { "what only looks like it", { { "boot/extlinux.conf", "LABEL a\nLINUX a..b/.k./...\n" } },
    "/boot/a..b/.k./...", NULL },
};

static void
test_case (gconstpointer data)
{
  const Case *self = data;
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (self->files);
  const DomuimgMenuEntry *entry = menu_fixture_default (menu);

  g_assert_cmpstr (entry->kernel, ==, self->kernel);
  if (self->initrd != NULL)
    g_assert_cmpstr (menu_fixture_initrd (entry, 0), ==, self->initrd);
}

static void
test_devices (void)
{
  static const struct {
    const char *name;
    gboolean is_elsewhere;
  } names[] = {
    { "(hd0,msdos1)", FALSE }, { "hd0,gpt2", FALSE },     { "(hd0)", FALSE },
    { "(xvda1)", FALSE },      { "(xen/xvda,1)", FALSE }, { "(lvm/vg-loop0)", FALSE },
    { "md/0", FALSE },         { "UUID=loop0", FALSE },   { "(loopback)", FALSE },
    { "(hd1,msdos1)", TRUE },  { "hd10", TRUE },          { "(xen/xvdb,gpt1)", TRUE },
    { "loop", TRUE },          { "(loop0)", TRUE },       { "loop1,msdos1", TRUE },
    { "(crypto0)", TRUE },     { "cryptouuid/ab", TRUE }, { "(memdisk)", TRUE },
    { "(cd)", TRUE },          { "(cd0,1)", TRUE },       { "(fd0)", TRUE },
    { "(tftp,10.0.0.1)", TRUE }, { "(http)", TRUE },      { "(proc)", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (domuimg_grub_device_is_elsewhere (names[i].name) != names[i].is_elsewhere)
      g_error ("%s: elsewhere is not %d", names[i].name, names[i].is_elsewhere);
}

/* What follows a command that cannot be carried out is not what follows one that worked. */
static void
test_beyond (void)
{
  static const struct {
    const char *text;
    const char *hint;
    guint problems;
  } texts[] = {
    { "menuentry A { loopback loop0 /x.squashfs\nset root=($root)\nlinux (loop0)/k\n}", "(loop0)", 1 },
    { "menuentry A { set root=loop0\nlinux /k\n}", "loop0", 0 },
    { "if loopback loop0 /x.iso; then set root=loop0; fi\nmenuentry A { linux /k }", NULL, 1 },
    { "if cryptomount -a; then set root=crypto0; fi\nmenuentry A { linux /k }", NULL, 1 },
    { "if zfs-bootfs (hd0,1)/r v; then set root=hd1; fi\nmenuentry A { linux /k }", NULL, 1 },
    { "if [ -e (loop0)/boot/grub/grub.cfg ]; then set root=hd1; fi\nmenuentry A { linux /k }", NULL, 0 },
    { "set root=hd1,1\nif [ -e /boot/grub/grub.cfg ]; then x=1; fi\nmenuentry A$x { linux /k }",
      "hd1,1", 0 },
    { "set root=hd1,1\nsearch --file --set=root /boot/grub/grub.cfg\nmenuentry A { linux /k }", NULL, 0 },
    { "menuentry A { eval \"linux (hd1,1)/k\" }", "(hd1,1)", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const MenuFile files[] = { { "boot/grub/grub.cfg", texts[i].text }, { NULL } };
      g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);
      const DomuimgMenuEntry *entry = menu_fixture_default (menu);

      g_test_message ("%s", texts[i].text);
      g_assert_cmpstr (entry->title, ==, "A");
      g_assert_cmpstr (entry->kernel, ==, "/k");
      g_assert_cmpstr (entry->root_hint, ==, texts[i].hint);
      g_assert_cmpuint (menu->problems->len, ==, texts[i].problems);
    }
}

static void
test_initrd_keeps_its_device (void)
{
  const MenuFile files[]
      = { { "boot/grub/grub.cfg", "menuentry A {\nlinux /k\nset root=loop0\ninitrd /i (hd0,1)/j (hd1,1)/l\n}" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);
  const DomuimgMenuEntry *entry = menu_fixture_default (menu);

  g_assert_null (entry->root_hint);
  g_assert_cmpstr (menu_fixture_initrd (entry, 0), ==, "(loop0)/i");
  g_assert_cmpstr (menu_fixture_initrd (entry, 1), ==, "/j");
  g_assert_cmpstr (menu_fixture_initrd (entry, 2), ==, "(hd1,1)/l");
}

static void
test_boots_are_counted (void)
{
  g_autofree char *block = menu_fixture_environment ("n=2\n");
  const MenuFile files[] = { { "boot/grub/grub.cfg",
                               "load_env\nincrement n\nincrement n\ndecrement n\nif decrement none; "
                               "then n=9; fi\nmenuentry A { linux /k n=$n }" },
                             { "boot/grub/grubenv", block },
                             { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);

  g_assert_cmpstr (menu_fixture_default (menu)->cmdline, ==, "n=3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/boot-paths/dots/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/boot-paths/devices", test_devices);
  g_test_add_func ("/boot-paths/what-cannot-be-carried-out-fails", test_beyond);
  g_test_add_func ("/boot-paths/an-initramfs-keeps-its-device", test_initrd_keeps_its_device);
  g_test_add_func ("/boot-paths/fedoras-counters", test_boots_are_counted);
  return g_test_run ();
}
