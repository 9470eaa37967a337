/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/boot/menu-find.h"
#include "lib/tree/tree-memory.h"

/* A guest with the files of one boot loader. */
typedef struct {
  const char *path;
  const char *text;
} File;

static DomuimgTree *
tree_of (const File *files)
{
  DomuimgTree *tree = domuimg_tree_memory_new ();

  for (; files->path != NULL; files++)
    {
      g_autofree char *directory = g_path_get_dirname (files->path);
      g_autoptr (GError) error = NULL;

      domuimg_tree_mkdir_p (tree, directory, 0755, &error);
      g_assert_no_error (error);
      domuimg_tree_write_text (tree, files->path, files->text, 0644, &error);
      g_assert_no_error (error);
    }
  return tree;
}

static DomuimgMenu *
read_menu (const File *files, DomuimgLoader loader)
{
  g_autoptr (DomuimgTree) tree = tree_of (files);
  g_autoptr (GError) error = NULL;
  DomuimgMenu *menu = domuimg_menu_find (tree, NULL, loader, &error);

  g_assert_no_error (error);
  return menu;
}

static const DomuimgMenuEntry *
default_of (const DomuimgMenu *menu)
{
  g_assert_cmpint (menu->default_entry, >=, 0);
  g_assert_cmpint (menu->default_entry, <, (int) menu->entries->len);
  return g_ptr_array_index (menu->entries, menu->default_entry);
}

static const char *
initrd_of (const DomuimgMenuEntry *entry, guint index)
{
  g_assert_cmpuint (entry->initrds->len, >, index);
  return g_ptr_array_index (entry->initrds, index);
}

#define DEBIAN_HEAD                                                                                \
  "set superusers=''\n"                                                                            \
  "if [ -s $prefix/grubenv ]; then\n  set have_grubenv=true\n  load_env\nfi\n"                     \
  "if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n"       \
  "   save_env next_entry\n   set boot_once=true\nelse\n   set default=\"${saved_entry}\"\nfi\n"  \
  "if [ x\"${feature_menuentry_id}\" = xy ]; then\n  menuentry_id_option=\"--id\"\nelse\n"        \
  "  menuentry_id_option=\"\"\nfi\nexport menuentry_id_option\n"                                  \
  "function savedefault {\n  if [ -z \"${boot_once}\" ]; then\n"                                  \
  "    saved_entry=\"${chosen}\"\n    save_env saved_entry\n  fi\n}\n"                             \
  "function load_video {\n  if [ x$feature_all_video_module = xy ]; then\n"                       \
  "    insmod all_video\n  else\n    insmod efi_gop\n  fi\n}\n"                                    \
  "if [ x$feature_timeout_style = xy ] ; then\n  set timeout_style=menu\n  set timeout=5\n"       \
  "else\n  set timeout=7\nfi\n"

#define DEBIAN_ENTRY(title, id, version)                                                           \
  "menuentry '" title "' --class debian --class gnu-linux $menuentry_id_option '" id "' {\n"      \
  "\tload_video\n\tinsmod gzio\n"                                                                  \
  "\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n"                         \
  "\tsearch --no-floppy --fs-uuid --set=root 1b7a22c0-aaaa-4bbb-8ccc-1234567890ab\n"              \
  "\techo\t'Loading Linux " version " ...'\n"                                                      \
  "\tlinux\t/boot/vmlinuz-" version " root=UUID=1b7a22c0-aaaa-4bbb-8ccc-1234567890ab ro  quiet\n" \
  "\tinitrd\t/boot/initrd.img-" version "\n}\n"

#define DEBIAN                                                                                     \
  DEBIAN_HEAD DEBIAN_ENTRY ("Debian GNU/Linux", "gnulinux-simple", "6.1.0-50-amd64")               \
      "submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced' {" \
      "\n" DEBIAN_ENTRY ("Debian, with Linux 6.1.0-50", "gnulinux-50", "6.1.0-50-amd64")           \
          DEBIAN_ENTRY ("Debian, with Linux 6.1.0-49", "gnulinux-49", "6.1.0-49-amd64") "}\n"

static char *
environment (const char *lines)
{
  g_autofree char *text = g_strconcat ("# GRUB Environment Block\n", lines, NULL);
  GString *block = g_string_new (text);

  while (block->len < 1024)
    g_string_append_c (block, '#');
  return g_string_free (block, FALSE);
}

static void
test_grub_takes_first_without_default (void)
{
  const File files[] = { { "boot/grub/grub.cfg", DEBIAN }, { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *entry = default_of (menu);

  g_assert_cmpuint (menu->entries->len, ==, 3);
  g_assert_cmpuint (menu->timeout, ==, 5);
  g_assert_cmpstr (entry->kernel, ==, "/boot/vmlinuz-6.1.0-50-amd64");
  g_assert_cmpstr (initrd_of (entry, 0), ==, "/boot/initrd.img-6.1.0-50-amd64");
  g_assert_cmpstr (entry->cmdline, ==, "root=UUID=1b7a22c0-aaaa-4bbb-8ccc-1234567890ab ro quiet");
  g_assert_cmpstr (entry->root_hint, ==, "UUID=1b7a22c0-aaaa-4bbb-8ccc-1234567890ab");
  g_assert_cmpuint (menu->problems->len, ==, 0);
}

static void
test_grub_takes_saved_entry_of_submenu (void)
{
  g_autofree char *block = environment ("saved_entry=gnulinux-advanced>gnulinux-49\n");
  const File files[]
      = { { "boot/grub/grub.cfg", DEBIAN }, { "boot/grub/grubenv", block }, { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpstr (default_of (menu)->kernel, ==, "/boot/vmlinuz-6.1.0-49-amd64");
}

static void
test_grub_default_by_index_and_title (void)
{
  static const struct {
    const char *wanted;
    const char *kernel;
  } cases[] = { { "1>1", "/c" }, { "1", "/b" }, { "More>Third", "/c" }, { "first", "/a" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf (
          "set default=\"%s\"\nmenuentry 'First' --id first {\nlinux /a\n}\nsubmenu 'More' {\n"
          "menuentry 'Second' {\nlinux /b\n}\nmenuentry 'Third' {\nlinux /c\n}\n}\n",
          cases[i].wanted);
      const File files[] = { { "boot/grub/grub.cfg", text }, { NULL } };
      g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_PVGRUB);

      g_assert_cmpstr (default_of (menu)->kernel, ==, cases[i].kernel);
    }
}

static void
test_grub_default_may_dangle (void)
{
  const File files[] = { { "boot/grub/grub.cfg",
                           "set default='gone'\nmenuentry 'One' {\nlinux /vmlinuz\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_PVGRUB);

  g_assert_cmpint (menu->default_entry, ==, -1);
  g_assert_cmpstr (menu->wanted, ==, "gone");
}

static void
test_grub_keeps_order_of_initrds (void)
{
  const File files[] = { { "boot/grub/grub.cfg",
                           "menuentry 'One' {\nlinux (hd0,msdos1)/vmlinuz a=\"b c\"\n"
                           "initrd /early.img /intel.img \\\n  /initrd.img\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *entry = default_of (menu);

  g_assert_cmpuint (entry->initrds->len, ==, 3);
  g_assert_cmpstr (initrd_of (entry, 0), ==, "/early.img");
  g_assert_cmpstr (initrd_of (entry, 2), ==, "/initrd.img");
  g_assert_cmpstr (entry->root_hint, ==, "(hd0,msdos1)");
}

static void
test_grub_evaluates_conditions (void)
{
  const File files[]
      = { { "boot/grub/grub.cfg",
            "set a=yes\nfunction pick {\n  if [ \"$1\" = yes -a -f /boot/marker ]; then\n"
            "    set kernel=/right\n  elif [ -n \"$1\" ]; then\n    set kernel=/elif\n  else\n"
            "    set kernel=/else\n  fi\n}\npick $a\nif ! [ x${kernel} = x/right ]; then "
            "set kernel=/wrong; fi\nmenuentry \"M ${a}\" { linux ${kernel} ; initrd /i }\n" },
          { "boot/marker", "" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpstr (default_of (menu)->kernel, ==, "/right");
  g_assert_cmpstr (default_of (menu)->title, ==, "M yes");
  g_assert_cmpstr (initrd_of (default_of (menu), 0), ==, "/i");
}

static const File fedora[] = {
  { "boot/grub2/grub.cfg",
    "load_env -f /boot/grub2/grubenv\nset default=\"${saved_entry}\"\ninsmod blscfg\nblscfg\n" },
  { "boot/loader/entries/abc-6.1.9-200.fc37.x86_64.conf",
    "title Fedora (6.1.9)\nversion 6.1.9-200.fc37.x86_64\nlinux /boot/vmlinuz-6.1.9\n"
    "initrd /boot/initramfs-6.1.9.img $tuned_initrd\noptions $kernelopts quiet\n" },
  { "boot/loader/entries/abc-6.1.18-200.fc37.x86_64.conf",
    "title Fedora (6.1.18)\nversion 6.1.18-200.fc37.x86_64\nlinux /boot/vmlinuz-6.1.18\n"
    "initrd /boot/initramfs-6.1.18.img\noptions $kernelopts\n" },
  { "boot/grub2/grubenv",
    "# GRUB Environment Block\nkernelopts=root=UUID=1 ro \nsaved_entry=abc-6.1.9-200.fc37.x86_64\n"
    "####" },
  { NULL }
};

static void
test_bls_with_variables (void)
{
  g_autoptr (DomuimgMenu) menu = read_menu (fedora, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *newest = g_ptr_array_index (menu->entries, 0);

  g_assert_cmpuint (menu->entries->len, ==, 2);
  g_assert_cmpstr (newest->kernel, ==, "/boot/vmlinuz-6.1.18");
  g_assert_cmpstr (default_of (menu)->kernel, ==, "/boot/vmlinuz-6.1.9");
  g_assert_cmpstr (default_of (menu)->cmdline, ==, "root=UUID=1 ro quiet");
  g_assert_cmpuint (default_of (menu)->initrds->len, ==, 1);
}

static void
test_pygrub_finds_nothing_in_blscfg (void)
{
  g_autoptr (DomuimgMenu) menu = read_menu (fedora, DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (menu->entries->len, ==, 0);
}

static void
test_pvgrub_has_no_blscfg (void)
{
  const File files[] = { { "boot/grub/grub.cfg", "blscfg\n" }, { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_PVGRUB);

  g_assert_cmpuint (menu->entries->len, ==, 0);
  g_assert_cmpuint (menu->problems->len, ==, 1);
}

static void
test_pygrub_reads_line_by_line (void)
{
  const File files[] = { { "boot/grub/grub.cfg", DEBIAN }, { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_PYGRUB);

  /* It knows no saved entry, and counts the entries of submenus with the others. */
  g_assert_cmpuint (menu->entries->len, ==, 3);
  g_assert_cmpstr (default_of (menu)->kernel, ==, "/boot/vmlinuz-6.1.0-50-amd64");
  g_assert_cmpint (menu->default_entry, ==, 0);
}

static void
test_pygrub_takes_two_initrds_for_one (void)
{
  const File files[] = { { "boot/grub/grub.cfg",
                           "menuentry 'One' --class x {\nlinux /vmlinuz ro\ninitrd /a /b\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (default_of (menu)->initrds->len, ==, 1);
  g_assert_cmpstr (initrd_of (default_of (menu), 0), ==, "/a /b");
}

static void
test_pygrub_gives_up_on_a_stray_brace (void)
{
  const File files[] = { { "boot/grub/grub.cfg",
                           "menuentry 'One' --class x {\nlinux /vmlinuz\n}\nif true; then\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (menu->entries->len, ==, 0);
  g_assert_nonnull (strstr (g_ptr_array_index (menu->problems, 0), "line 5"));
}

static void
test_extlinux (void)
{
  const File files[]
      = { { "boot/extlinux.conf",
            "DEFAULT menu.c32\nTIMEOUT 30\nLABEL virt\n  MENU DEFAULT\n  MENU LABEL Linux virt\n"
            "  LINUX vmlinuz-virt\n  INITRD initramfs-virt,more.img\n  APPEND root=UUID=2 quiet\n"
            "LABEL lts\n  kernel /boot/vmlinuz-lts\n  append initrd=/boot/i-lts ro\n" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *second = g_ptr_array_index (menu->entries, 1);

  g_assert_cmpuint (menu->timeout, ==, 3);
  g_assert_cmpstr (default_of (menu)->title, ==, "Linux virt");
  g_assert_cmpstr (default_of (menu)->kernel, ==, "/boot/vmlinuz-virt");
  g_assert_cmpstr (initrd_of (default_of (menu), 1), ==, "/boot/more.img");
  g_assert_cmpstr (second->cmdline, ==, "ro");
  g_assert_cmpstr (initrd_of (second, 0), ==, "/boot/i-lts");
}

static void
test_legacy (void)
{
  const File files[]
      = { { "boot/grub/menu.lst",
            "default saved\ntimeout=10\n# comment\ntitle Old\nroot (hd0,0)\n"
            "kernel /vmlinuz-2.6.18 ro root=/dev/sda1\ninitrd /initrd-2.6.18.img\n"
            "title New\nkernel (hd0,1)/vmlinuz-2.6.26 ro\n" },
          { "boot/grub/default", "1\n#\n#\n" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *first = g_ptr_array_index (menu->entries, 0);

  g_assert_cmpuint (menu->timeout, ==, 10);
  g_assert_cmpint (menu->default_entry, ==, 1);
  g_assert_cmpstr (first->kernel, ==, "/vmlinuz-2.6.18");
  g_assert_cmpstr (first->root_hint, ==, "(hd0,0)");
  g_assert_cmpstr (first->cmdline, ==, "ro root=/dev/sda1");
  g_assert_cmpstr (default_of (menu)->kernel, ==, "/vmlinuz-2.6.26");
  g_assert_cmpstr (default_of (menu)->root_hint, ==, "(hd0,1)");
}

static void
test_nothing_is_not_found (void)
{
  const File files[] = { { "etc/fstab", "" }, { NULL } };
  g_autoptr (DomuimgTree) tree = tree_of (files);
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_PVGRUB, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

/* A menu that calls itself, one that is nested without end, and one that never stops defining. */
static void
test_hostile_menus_end (void)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autoptr (GString) many = g_string_new (NULL);
  const char *texts[] = { "function f {\n f\n f\n}\nf\n", NULL, NULL,
                          "configfile /boot/grub/grub.cfg\nconfigfile /boot/grub/grub.cfg\n",
                          "set a=aaaaaaaaaaaaaaaa\nfunction g {\nset a=$a$a$a$a\ng\n}\ng\n" };

  for (guint i = 0; i < 1000; i++)
    g_string_append (deep, "if true; then\n");
  for (guint i = 0; i < 5000; i++)
    g_string_append (many, "menuentry 'x' {\nlinux /a\n}\n");
  texts[1] = deep->str;
  texts[2] = many->str;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const File files[] = { { "boot/grub/grub.cfg", texts[i] }, { NULL } };
      g_autoptr (DomuimgMenu) menu = read_menu (files, DOMUIMG_LOADER_FIRMWARE);

      g_assert_cmpuint (menu->entries->len, <=, DOMUIMG_MENU_ENTRIES);
      g_assert_cmpuint (menu->problems->len, <=, DOMUIMG_MENU_PROBLEMS);
    }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestFunc function;
  } tests[] = {
    { "grub takes the first entry without a default", test_grub_takes_first_without_default },
    { "grub takes the saved entry of a submenu", test_grub_takes_saved_entry_of_submenu },
    { "grub finds the default by index, id and title", test_grub_default_by_index_and_title },
    { "a default that is not there is told", test_grub_default_may_dangle },
    { "grub keeps the order of several initrds", test_grub_keeps_order_of_initrds },
    { "grub evaluates conditions and functions", test_grub_evaluates_conditions },
    { "bls entries take grubenv's variables, newest first", test_bls_with_variables },
    { "pygrub finds no entry where blscfg is all", test_pygrub_finds_nothing_in_blscfg },
    { "GRUB for Xen has no blscfg", test_pvgrub_has_no_blscfg },
    { "pygrub reads line by line", test_pygrub_reads_line_by_line },
    { "pygrub takes two initrds for one path", test_pygrub_takes_two_initrds_for_one },
    { "pygrub gives up on a stray brace", test_pygrub_gives_up_on_a_stray_brace },
    { "extlinux", test_extlinux },
    { "GRUB legacy, with its saved default", test_legacy },
    { "no menu is not found", test_nothing_is_not_found },
    { "hostile menus come to an end", test_hostile_menus_end },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/boot/", tests[i].name, NULL);

      g_test_add_func (path, tests[i].function);
    }
  return g_test_run ();
}
