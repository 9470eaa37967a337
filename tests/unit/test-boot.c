/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/tree/memory.h"
#include "menu-fixtures.h"

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

static void
test_grub_takes_first_without_default (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg", DEBIAN }, { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *entry = menu_fixture_default (menu);

  g_assert_cmpuint (menu->entries->len, ==, 3);
  g_assert_cmpuint (menu->timeout, ==, 5);
  g_assert_cmpstr (entry->kernel, ==, "/boot/vmlinuz-6.1.0-50-amd64");
  g_assert_cmpstr (menu_fixture_initrd (entry, 0), ==, "/boot/initrd.img-6.1.0-50-amd64");
  g_assert_cmpstr (entry->cmdline, ==, "root=UUID=1b7a22c0-aaaa-4bbb-8ccc-1234567890ab ro quiet");
  g_assert_cmpstr (entry->root_hint, ==, "UUID=1b7a22c0-aaaa-4bbb-8ccc-1234567890ab");
  g_assert_cmpuint (menu->problems->len, ==, 0);
}

static void
test_grub_takes_saved_entry_of_submenu (void)
{
  g_autofree char *block = menu_fixture_environment ("saved_entry=gnulinux-advanced>gnulinux-49\n");
  const MenuFile files[]
      = { { "boot/grub/grub.cfg", DEBIAN }, { "boot/grub/grubenv", block }, { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/boot/vmlinuz-6.1.0-49-amd64");
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
      const MenuFile files[] = { { "boot/grub/grub.cfg", text }, { NULL } };
      g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PVGRUB);

      g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, cases[i].kernel);
    }
}

static void
test_grub_default_may_dangle (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg",
                           "set default='gone'\nmenuentry 'One' {\nlinux /vmlinuz\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PVGRUB);

  g_assert_cmpint (menu->default_entry, ==, -1);
  g_assert_cmpstr (menu->wanted, ==, "gone");
}

static void
test_grub_keeps_order_of_initrds (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg",
                           "menuentry 'One' {\nlinux (hd0,msdos1)/vmlinuz a=\"b c\"\n"
                           "initrd /early.img /intel.img \\\n  /initrd.img\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *entry = menu_fixture_default (menu);

  g_assert_cmpuint (entry->initrds->len, ==, 3);
  g_assert_cmpstr (menu_fixture_initrd (entry, 0), ==, "/early.img");
  g_assert_cmpstr (menu_fixture_initrd (entry, 2), ==, "/initrd.img");
  g_assert_cmpstr (entry->root_hint, ==, "(hd0,msdos1)");
}

static void
test_grub_evaluates_conditions (void)
{
  const MenuFile files[]
      = { { "boot/grub/grub.cfg",
            "set a=yes\nfunction pick {\n  if [ \"$1\" = yes -a -f /boot/marker ]; then\n"
            "    set kernel=/right\n  elif [ -n \"$1\" ]; then\n    set kernel=/elif\n  else\n"
            "    set kernel=/else\n  fi\n}\npick $a\nif ! [ x${kernel} = x/right ]; then "
            "set kernel=/wrong; fi\nmenuentry \"M ${a}\" { linux ${kernel} ; initrd /i }\n" },
          { "boot/marker", "" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/right");
  g_assert_cmpstr (menu_fixture_default (menu)->title, ==, "M yes");
  g_assert_cmpstr (menu_fixture_initrd (menu_fixture_default (menu), 0), ==, "/i");
}

static const MenuFile fedora[] = {
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
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (fedora, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *newest = g_ptr_array_index (menu->entries, 0);

  g_assert_cmpuint (menu->entries->len, ==, 2);
  g_assert_cmpstr (newest->kernel, ==, "/boot/vmlinuz-6.1.18");
  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/boot/vmlinuz-6.1.9");
  g_assert_cmpstr (menu_fixture_default (menu)->cmdline, ==, "root=UUID=1 ro quiet");
  g_assert_cmpuint (menu_fixture_default (menu)->initrds->len, ==, 1);
}

/* What blscfg adds: microcode in front, and options to an entry without; one that has its own keeps
 * them. A backslash of the block keeps the next character. */
static void
test_bls_is_completed (void)
{
  const MenuFile files[]
      = { { "boot/grub2/grub.cfg", "load_env\nset default_kernelopts=\"root=$r ro\"\nblscfg\n" },
          { "boot/grub2/grubenv",
            "# GRUB Environment Block\nr=a\\\\b\nearly_initrd=early.img\n#r=commented\n####" },
          { "boot/loader/entries/b.conf", "linux /k\ninitrd /boot/i.img\n" },
          { "boot/loader/entries/a.conf", "linux /k\noptions own\n" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *with, *without;

  g_assert_cmpuint (menu->entries->len, ==, 2);
  without = g_ptr_array_index (menu->entries, 0);
  with = g_ptr_array_index (menu->entries, 1);
  g_assert_cmpstr (menu_fixture_initrd (without, 0), ==, "/boot/early.img");
  g_assert_cmpstr (menu_fixture_initrd (without, 1), ==, "/boot/i.img");
  g_assert_cmpstr (without->cmdline, ==, "root=a\\b ro");
  g_assert_cmpstr (with->cmdline, ==, "own");
}

static void
test_other_files_are_no_environment (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg", "load_env\nmenuentry T { linux /k a$a }\n" },
                         { "boot/grub/grubenv", "# GRUB Environment Black\na=1\n####" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpstr (menu_fixture_default (menu)->cmdline, ==, "a");
}

static void
test_pygrub_finds_nothing_in_blscfg (void)
{
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (fedora, DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (menu->entries->len, ==, 0);
}

static void
test_pvgrub_has_no_blscfg (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg", "blscfg\n" }, { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PVGRUB);

  g_assert_cmpuint (menu->entries->len, ==, 0);
  g_assert_cmpuint (menu->problems->len, ==, 1);
}

static void
test_pygrub_reads_line_by_line (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg", DEBIAN }, { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PYGRUB);

  /* It knows no saved entry, and counts the entries of submenus with the others. */
  g_assert_cmpuint (menu->entries->len, ==, 3);
  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/boot/vmlinuz-6.1.0-50-amd64");
  g_assert_cmpint (menu->default_entry, ==, 0);
}

static void
test_pygrub_takes_two_initrds_for_one (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg",
                           "menuentry 'One' --class x {\nlinux /vmlinuz ro\ninitrd /a /b\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (menu_fixture_default (menu)->initrds->len, ==, 1);
  g_assert_cmpstr (menu_fixture_initrd (menu_fixture_default (menu), 0), ==, "/a /b");
}

static void
test_pygrub_gives_up_on_a_stray_brace (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg",
                           "menuentry 'One' --class x {\nlinux /vmlinuz\n}\nif true; then\n}\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (menu->entries->len, ==, 0);
  g_assert_nonnull (strstr (g_ptr_array_index (menu->problems, 0), "line 5"));
}

static void
test_extlinux (void)
{
  const MenuFile files[]
      = { { "boot/extlinux.conf",
            "DEFAULT menu.c32\nTIMEOUT 30\nLABEL virt\n  MENU DEFAULT\n  MENU LABEL Linux virt\n"
            "  LINUX vmlinuz-virt\n  INITRD initramfs-virt,more.img\n  APPEND root=UUID=2 quiet\n"
            "LABEL lts\n  kernel /boot/vmlinuz-lts\n  append initrd=/boot/i-lts ro\n" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *second = g_ptr_array_index (menu->entries, 1);

  g_assert_cmpuint (menu->timeout, ==, 3);
  g_assert_cmpstr (menu_fixture_default (menu)->title, ==, "Linux virt");
  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/boot/vmlinuz-virt");
  g_assert_cmpstr (menu_fixture_initrd (menu_fixture_default (menu), 1), ==, "/boot/more.img");
  g_assert_cmpstr (second->cmdline, ==, "ro");
  g_assert_cmpstr (menu_fixture_initrd (second, 0), ==, "/boot/i-lts");
}

static void
test_legacy (void)
{
  const MenuFile files[]
      = { { "boot/grub/menu.lst",
            "default saved\ntimeout=10\n# comment\ntitle Old\nroot (hd0,0)\n"
            "kernel /vmlinuz-2.6.18 ro root=/dev/sda1\ninitrd /initrd-2.6.18.img\n"
            "title New\nkernel (hd0,1)/vmlinuz-2.6.26 ro\n" },
          { "boot/grub/default", "1\n#\n#\n" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *first = g_ptr_array_index (menu->entries, 0);

  g_assert_cmpuint (menu->timeout, ==, 10);
  g_assert_cmpint (menu->default_entry, ==, 1);
  g_assert_cmpstr (first->kernel, ==, "/vmlinuz-2.6.18");
  g_assert_cmpstr (first->root_hint, ==, "(hd0,0)");
  g_assert_cmpstr (first->cmdline, ==, "ro root=/dev/sda1");
  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/vmlinuz-2.6.26");
  g_assert_cmpstr (menu_fixture_default (menu)->root_hint, ==, "(hd0,1)");
}

/* What stands before the kernel, two lines of initrd, and a hypervisor with its modules. */
static void
test_legacy_lines (void)
{
  const MenuFile files[]
      = { { "boot/grub/menu.lst",
            "default 1\ntitle A\nkernel --type=linux --no-mem-option /a ro\ninitrd /old\ninitrd /new\n"
            "title B\nkernel /xen.gz\nmodule /vmlinuz\nmodule /initrd\n" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *first = g_ptr_array_index (menu->entries, 0);

  g_assert_cmpstr (first->kernel, ==, "/a");
  g_assert_cmpstr (first->cmdline, ==, "ro");
  g_assert_cmpuint (first->initrds->len, ==, 1);
  g_assert_cmpstr (menu_fixture_initrd (first, 0), ==, "/new");
  g_assert_null (menu_fixture_default (menu)->kernel);
}

static void
test_nothing_is_not_found (void)
{
  const MenuFile files[] = { { "etc/fstab", "" }, { NULL } };
  g_autoptr (DomuimgTree) tree = menu_fixture_tree (files);
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_PVGRUB, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

typedef struct {
  const char *text;
  const char *expected; /* KERNEL|CMDLINE of what is booted */
} Case;

/* Each was given to GRUB 2.06, with `linux` a function that prints its words. */
static void
test_grub_reads_its_language (void)
{
  static const Case cases[] = {
    /* Words. */
    { "set a=\"x y\"\nmenuentry T { linux /k a$a\"b $a\" '$a' \\$a }\n",
      "/k|ax \"yb x y\" $a $a" },
    { "menuentry 'a b'{ linux /k \"$1\" # rest\n}\n", "/k|\"a b\"" },
    { "set d=' z'\nset b=q$d\nmenuentry T { linux /k $b x#y }\n", "/k|qz x#y" },
    { "menuentry T {\nlinux /k a \\\n  b \"c\\\nd\"\n}\n", "/k|a b cd" },
    { "function f { set x=$2a-$#; }\nf 1 2\nmenuentry T { linux /k $x }\n", "/k|2a-2" },
    /* Conditions. */
    { "if [ x$a = x -a -z \"$b\" ]; then set c=1; fi\nmenuentry T { linux /k $c }\n", "/k|1" },
    { "if [ -n \"$a\" -o ! x = y ]; then c=1\nelse c=2\nfi\nmenuentry T { linux /k $c }\n",
      "/k|1" },
    { "if [ $a ]; then c=1; fi\nmenuentry T { linux /k $c }\n", "/k|1" },
    { "if [ \\( a = b -o a = a \\) -a 2 -lt 10 ]; then c=1; fi\nmenuentry T { linux /k $c }\n",
      "/k|1" },
    { "if false; then c=1\nelif ! true; then c=2\nelse c=3; fi\nmenuentry T { linux /k $c }\n",
      "/k|3" },
    { "if [ 2 -lt 2 -o 2 -gt 2 ]; then c=1\nelif [ 2 -le 2 -a 10 -ge 9 ]; then c=2; fi\n"
      "menuentry T { linux /k $c }\n",
      "/k|2" },
    { "if [ -z x ]; then c=1\nelif [ ! a = a ]; then c=2\nelse c=3; fi\nmenuentry T { linux /k $c }\n",
      "/k|3" },
    /* Loops. */
    { "for i in a b c; do x=$x$i; done\nmenuentry T { linux /k $x }\n", "/k|abc" },
    { "while [ x$n != xiii ]; do n=i$n; done\nmenuentry T { linux /k $n }\n", "/k|iii" },
    { "until [ x$n = xii ]; do n=i$n; done\nmenuentry T { linux /k $n }\n", "/k|ii" },
    /* A submenu sees what is exported, when it is chosen. */
    { "a=1\nb=2\nexport a\nset default='0>1'\nsubmenu S {\nc=3\nmenuentry X { true; }\n"
      "menuentry Y { linux /k a$a b$b c$c }\n}\na=4\n",
      "/k|a4 b c3" },
    /* A command with an operator is none. */
    { "set default=1|2\nmenuentry T { linux /a }\nmenuentry U { linux /b }\n", "/a|" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const MenuFile files[] = { { "boot/grub/grub.cfg", cases[i].text }, { NULL } };
      g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
      const DomuimgMenuEntry *entry = menu_fixture_default (menu);
      g_autofree char *booted = g_strconcat (entry->kernel, "|", entry->cmdline, NULL);

      g_assert_cmpstr (booted, ==, cases[i].expected);
    }
}

static void
test_grub_goes_into_a_submenu_whose_default_dangles (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg",
                           "set default='S>gone'\nmenuentry A { linux /a }\n"
                           "submenu S { menuentry B { linux /b }; menuentry C { linux /c } }\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/b");
  g_assert_cmpuint (menu->problems->len, ==, 1);
}

static void
test_grub_goes_to_another_file (void)
{
  static const MenuFile files[] = {
    { "boot/grub/grub.cfg", "a=1\nb=2\nexport b\nset default=1\nconfigfile /grub/real.cfg\n"
                            "menuentry Never { linux /never }\n" },
    { "grub/real.cfg", "source ${config_directory}/part.cfg\nmenuentry T { linux /k a$a b$b }\n"
                       "set timeout=4\n" },
    { "grub/part.cfg", "\nmenuentry P { linux /p }\n" },
    { NULL }
  };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  const DomuimgMenuEntry *second;

  g_assert_cmpuint (menu->entries->len, ==, 2);
  g_assert_cmpuint (menu->timeout, ==, 4);
  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/p");
  g_assert_cmpstr (menu_fixture_default (menu)->source, ==, "grub/part.cfg");
  g_assert_cmpuint (menu_fixture_default (menu)->line, ==, 2);
  second = g_ptr_array_index (menu->entries, 1);
  g_assert_cmpstr (second->source, ==, "grub/real.cfg");
  g_assert_cmpstr (second->cmdline, ==, "a b2");
}

static void
test_grub_searches_in_every_way_it_is_written (void)
{
  static const Case cases[] = {
    { "search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 --hint hd1 U", "UUID=U" },
    { "search --no-floppy --fs-uuid --set U", "UUID=U" },
    { "search --fs-uuid --set root U", "UUID=U" },
    { "search -nus root U", "UUID=U" },
    { "search --label L --set=root", "LABEL=L" },
    { "search.fs_uuid U root hd0,gpt2", "UUID=U" },
    { "search.fs_label L root", "LABEL=L" },
    { "search --fs-uuid U", NULL },
    { "search --set=root --file /boot/grub/grub.cfg", NULL },
    { "set root='hd0,msdos1'", "hd0,msdos1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text
          = g_strconcat (cases[i].text, "\nmenuentry T { linux ($root)/k }\n", NULL);
      const MenuFile files[] = { { "boot/grub/grub.cfg", text }, { NULL } };
      g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
      const char *hint = menu_fixture_default (menu)->root_hint;

      g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/k");
      g_assert_cmpstr (hint != NULL && *hint == '(' ? "hd0,msdos1" : hint, ==, cases[i].expected);
    }
}

static void
test_grub_without_timeout_waits (void)
{
  static const struct {
    const char *text;
    gboolean waits;
    guint timeout;
  } cases[] = { { "", TRUE, 0 }, { "set timeout=0\n", FALSE, 0 }, { "set timeout=7\n", FALSE, 7 },
                { "set timeout=-1\n", TRUE, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text
          = g_strconcat (cases[i].text, "set fallback=1\nmenuentry T { linux /k }\n", NULL);
      const MenuFile files[] = { { "boot/grub/grub.cfg", text }, { NULL } };
      g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PVGRUB);

      g_assert_cmpint (menu->waits, ==, cases[i].waits);
      g_assert_cmpuint (menu->timeout, ==, cases[i].timeout);
      g_assert_cmpstr (menu->fallback, ==, "1");
    }
}

static void
test_grub_for_xen_has_other_commands (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg",
                           "menuentry A { linux16 /a }\nmenuentry B { linux /b\ninitrd /i }\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_PVGRUB);
  g_autoptr (DomuimgMenu) own = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);

  g_assert_null (menu_fixture_default (menu)->kernel);
  g_assert_cmpuint (menu->problems->len, ==, 1);
  g_assert_cmpstr (menu_fixture_default (own)->kernel, ==, "/a");
}

static void
test_versions_compare_as_rpm_does (void)
{
  static const struct {
    const char *a;
    const char *b;
    int order;
  } cases[] = { { "5.14.0-70.el9", "5.14.0-70.13.1.el9_0", -1 },
                { "6.10.3", "6.2.15", 1 },
                { "1.0", "1.0", 0 },
                { "1.0~rc1", "1.0", -1 },
                { "1.0", "1.0a", -1 },
                { "1.a", "1.1", -1 },
                { "1.007", "1.7", 0 },
                { "18446744073709551617", "18446744073709551616", 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      int order = domuimg_menu_compare_versions (cases[i].a, cases[i].b);
      int back = domuimg_menu_compare_versions (cases[i].b, cases[i].a);

      g_assert_cmpint ((order > 0) - (order < 0), ==, cases[i].order);
      g_assert_cmpint ((back > 0) - (back < 0), ==, -cases[i].order);
    }
}

static void
test_a_menu_of_its_own_with_an_entry_is_taken (void)
{
  const MenuFile files[] = { { "boot/grub/grub.cfg", "insmod x\n" },
                         { "boot/extlinux.conf", "LABEL a\nLINUX vmlinuz\n" },
                         { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);
  g_autoptr (DomuimgMenu) by_pygrub = menu_fixture_read (files, DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpint (menu->format, ==, DOMUIMG_MENU_EXTLINUX);
  /* What comes first, whatever is in it. */
  g_assert_cmpint (by_pygrub->format, ==, DOMUIMG_MENU_GRUB2);
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
      const MenuFile files[] = { { "boot/grub/grub.cfg", texts[i] }, { NULL } };
      g_autoptr (DomuimgMenu) menu = menu_fixture_read (files, DOMUIMG_LOADER_FIRMWARE);

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
    { "grub reads its language", test_grub_reads_its_language },
    { "grub goes into a submenu whose default dangles",
      test_grub_goes_into_a_submenu_whose_default_dangles },
    { "grub goes to another file", test_grub_goes_to_another_file },
    { "grub searches in every way it is written", test_grub_searches_in_every_way_it_is_written },
    { "grub without a timeout waits", test_grub_without_timeout_waits },
    { "GRUB for Xen has other commands", test_grub_for_xen_has_other_commands },
    { "versions compare as rpm does", test_versions_compare_as_rpm_does },
    { "a menu of its own with an entry is taken", test_a_menu_of_its_own_with_an_entry_is_taken },
    { "bls entries take grubenv's variables, newest first", test_bls_with_variables },
    { "bls entries are completed as blscfg does", test_bls_is_completed },
    { "a file that is not an environment block has no variables",
      test_other_files_are_no_environment },
    { "pygrub finds no entry where blscfg is all", test_pygrub_finds_nothing_in_blscfg },
    { "GRUB for Xen has no blscfg", test_pvgrub_has_no_blscfg },
    { "pygrub reads line by line", test_pygrub_reads_line_by_line },
    { "pygrub takes two initrds for one path", test_pygrub_takes_two_initrds_for_one },
    { "pygrub gives up on a stray brace", test_pygrub_gives_up_on_a_stray_brace },
    { "extlinux", test_extlinux },
    { "GRUB legacy, with its saved default", test_legacy },
    { "GRUB legacy's lines of kernels", test_legacy_lines },
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
