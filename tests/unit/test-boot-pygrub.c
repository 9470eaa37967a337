/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/boot/menu.h"

/* What pygrub of Xen 4.17 makes of menus; each case was given to its GrubConf.py and ExtLinuxConf.py
 * too. */

static DomuimgMenu *
parse (DomuimgMenuFormat format, const char *text)
{
  DomuimgMenu *menu = domuimg_menu_new (format, "boot/menu");

  domuimg_pygrub_parse (menu, text);
  return menu;
}

/* "KERNEL|INITRD|ARGUMENTS" of what is booted; "" where nothing is. */
static char *
boot (DomuimgMenuFormat format, const char *text)
{
  g_autoptr (DomuimgMenu) menu = parse (format, text);
  const DomuimgMenuEntry *entry;

  if (menu->entries->len == 0)
    return g_strdup ("");
  entry = g_ptr_array_index (menu->entries, MAX (menu->default_entry, 0));
  g_assert_cmpuint (entry->initrds->len, <=, 1);
  return g_strjoin ("|", entry->kernel,
                    entry->initrds->len > 0 ? g_ptr_array_index (entry->initrds, 0) : "",
                    entry->cmdline, NULL);
}

typedef struct {
  const char *text;
  const char *expected;
} Case;

static void
assert_cases (DomuimgMenuFormat format, const Case *cases, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *booted = boot (format, cases[i].text);

      if (!g_str_equal (booted, cases[i].expected))
        g_test_message ("of the menu: %s", cases[i].text);
      g_assert_cmpstr (booted, ==, cases[i].expected);
    }
}

#define AFTER "menuentry 'A' {\nlinux /a x\n}\nmenuentry 'B b' --id b {\nlinux /b\n}\n"

static void
test_default_is_a_number (void)
{
  static const Case cases[] = {
    { "set default=1\n" AFTER, "/b||" },
    { "set default=\"1\" # it\n" AFTER, "/b||" },
    { "set default='B b'\n" AFTER, "/a||x" },
    { "set default=b\n" AFTER, "/a||x" },
    { "set default=\"${saved_entry}\"\n" AFTER, "/a||x" },
    { "set default=9\n" AFTER, "/a||x" },
    { "if [ x = y ]; then\nset default=1\nfi\n" AFTER, "/b||" },
    { "set default=-1\nset default=0\n" AFTER, "" },
  };

  assert_cases (DOMUIMG_MENU_GRUB2, cases, G_N_ELEMENTS (cases));
}

static void
test_default_that_is_no_number_is_told (void)
{
  g_autoptr (DomuimgMenu) menu = parse (DOMUIMG_MENU_GRUB2, "set default='B b'\n" AFTER);
  g_autoptr (DomuimgMenu) far = parse (DOMUIMG_MENU_GRUB2, "set default=9\n" AFTER);

  g_assert_cmpint (menu->default_entry, ==, 0);
  g_assert_cmpuint (menu->problems->len, ==, 1);
  g_assert_cmpint (far->default_entry, ==, -1);
}

static void
test_where_a_set_raises (void)
{
  static const Case cases[] = {
    { "set a=b\n" AFTER, "/a||x" },
    { "set a b\n" AFTER, "/a||x" },
    { "set kernelopts=\"\"\n" AFTER, "/a||x" },
    { "set kernelopts=\"root=UUID=1\"\n" AFTER, "" },
    { "set a = b\n" AFTER, "" },
    { "set pager\n" AFTER, "" },
    { "set\n" AFTER, "" },
    { "set timeout=${t}\n" AFTER, "" },
    { "set root='lvmid/a'\n" AFTER, "/a||x" },
    { "menuentry 'A' {\nset root='lvmid/a'\nlinux /a\n}\n", "" },
    { "menuentry 'A' {\nset root='hd0,gpt2'\nlinux /a\n}\n", "/a||" },
    { "menuentry 'A' {\nset a=b=c\nlinux /a\n}\n", "" },
  };

  assert_cases (DOMUIMG_MENU_GRUB2, cases, G_N_ELEMENTS (cases));
}

static void
test_entries_of_grub2 (void)
{
  static const Case cases[] = {
    { "menuentry 'A'{\nlinux /a\n}\n", "" },
    { "menuentry A {\nlinux /a\n}\n", "" },
    { "menuentry 'A' {\nlinuxefi /a\n}\n", "" },
    { "menuentry 'A' {\nlinux\t(hd0,msdos1)/a b  c\ninitrd (hd0,1)/i\n}\n", "/a|/i|b  c" },
    { "menuentry 'A' {\nlinux ($root)/a\n}\n", "" },
    { "menuentry 'A' {\nlinux16 /a $b\ninitrd16 /i /j\n}\n", "/a|/i /j|$b" },
    { "menuentry 'A' {\nif true; then\nlinux /a\nelse\nlinux /b\nfi\n}\n", "/b||" },
    { "submenu 'S' {\n" AFTER "}\nset default=1\n", "/b||" },
    { AFTER "}\n", "" },
    { AFTER "menuentry 'C' {\nmenuentry 'D' {\n}\n}\n", "" },
    { AFTER "menuentry 'C' {\nlinux /c\n", "" },
    { "function f {\nmenuentry 'X' {\n}\n" AFTER, "/a||x" },
    { AFTER "# \xff\n", "" },
  };

  assert_cases (DOMUIMG_MENU_GRUB2, cases, G_N_ELEMENTS (cases));
}

static void
test_entries_of_legacy (void)
{
  static const Case cases[] = {
    { "default saved\ntitle A\nroot (hd0,0)\nkernel (hd0,0)/a ro\ninitrd /i\n", "/a|/i|ro" },
    { "default=1\ntitle A\nkernel /a\ntitle B\nkernel /b x\n", "/b||x" },
    { "title A\nroot (nd)\nkernel /a\n", "" },
    { "title A\nkernel=/a b\n", "/a||b" },
    { "timeout=x\ntitle A\nkernel /a\n", "" },
    { "title A\nkernel /xen.gz\nmodule /vmlinuz\n", "/xen.gz||" },
    { "title\n", "" },
  };

  assert_cases (DOMUIMG_MENU_LEGACY, cases, G_N_ELEMENTS (cases));
}

static void
test_entries_of_extlinux (void)
{
  static const Case cases[] = {
    { "DEFAULT b\nLABEL a\nKERNEL /a\nLABEL b\nKERNEL b\nAPPEND root=x initrd=/i ro\n",
      "/b|/i|root=x  ro" },
    { "LABEL a\nAPPEND ro\nKERNEL /a\n", "/a||" },
    { "LABEL a\nLINUX /a\nINITRD /i\n", "" },
    { "LABEL a\nKERNEL /a\nINITRD /i\nAPPEND ro\n", "/a||ro" },
    { "LABEL a\nKERNEL mboot.c32\nAPPEND xen.gz --- /k ro --- /i\n", "/k|/i|ro" },
    { "DEFAULT b\nLABEL a\nKERNEL /a\nMENU LABEL b\nLABEL c\nKERNEL /c\nMENU DEFAULT\n", "/a||" },
  };

  assert_cases (DOMUIMG_MENU_EXTLINUX, cases, G_N_ELEMENTS (cases));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/boot-pygrub/the default is a number", test_default_is_a_number);
  g_test_add_func ("/boot-pygrub/a default that is no number is told",
                   test_default_that_is_no_number_is_told);
  g_test_add_func ("/boot-pygrub/where a set raises", test_where_a_set_raises);
  g_test_add_func ("/boot-pygrub/entries of grub.cfg", test_entries_of_grub2);
  g_test_add_func ("/boot-pygrub/entries of menu.lst", test_entries_of_legacy);
  g_test_add_func ("/boot-pygrub/entries of extlinux.conf", test_entries_of_extlinux);
  return g_test_run ();
}
