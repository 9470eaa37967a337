/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/boot/sdboot.h"
#include "menu-fixtures.h"

/* systemd-boot's menu: its order, its default, and what it starts. */

/* A PE file with the sections of a unified kernel image. */
static GBytes *
make_uki (const char *const (*sections)[2], guint n)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  guint32 at = 0x200;

  g_byte_array_set_size (file, at);
  memset (file->data, 0, at);
  memcpy (file->data, "MZ", 2);
  file->data[0x3c] = 0x40;
  memcpy (file->data + 0x40, "PE\0\0", 4);
  file->data[0x46] = n;
  for (guint i = 0; i < n; i++, at = file->len)
    {
      guint8 *header = file->data + 0x58 + 40 * i;
      guint32 size = GUINT32_TO_LE (strlen (sections[i][1])), offset = GUINT32_TO_LE (at);

      memcpy (header, sections[i][0], strlen (sections[i][0]));
      memcpy (header + 8, &size, 4);
      memcpy (header + 16, &size, 4);
      memcpy (header + 20, &offset, 4);
      g_byte_array_append (file, (const guint8 *) sections[i][1], strlen (sections[i][1]));
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&file));
}

static void
put_uki (DomuimgTree *tree, const char *path, const char *release, const char *cmdline)
{
  const char *const sections[][2]
      = { { ".osrel", release }, { ".cmdline", cmdline }, { ".linux", "kernel" }, { ".initrd", "initramfs" } };
  g_autoptr (GBytes) content = make_uki (sections, G_N_ELEMENTS (sections));
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0644);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  domuimg_tree_put (tree, entry, content, &error);
  g_assert_no_error (error);
}

static DomuimgMenu *
find (DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;
  DomuimgMenu *menu = domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_FIRMWARE, &error);

  g_assert_no_error (error);
  return menu;
}

/* The kernels of the entries in their order, with a blank between them. */
static char *
list_kernels (const DomuimgMenu *menu)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < menu->entries->len; i++)
    {
      const DomuimgMenuEntry *entry = g_ptr_array_index (menu->entries, i);

      g_string_append_printf (list, "%s%s", i > 0 ? " " : "", entry->kernel != NULL ? entry->kernel : "-");
    }
  return g_string_free (list, FALSE);
}

#define ENTRY(name, more) { "loader/entries/" name ".conf", "linux /k/" name "\n" more }, { "k/" name, "" }

typedef struct {
  const char *name;
  MenuFile files[10];
  const char *kernels;
} Order;

static const Order orders[] = {
  { "names, the newest first", { ENTRY ("l-6.9", ""), ENTRY ("l-6.10", ""), ENTRY ("l-6.2-old", "") },
    "/k/l-6.10 /k/l-6.9 /k/l-6.2-old" },
  { "keys to sort by, then versions",
    { ENTRY ("z-9", ""), ENTRY ("a", "sort-key b\nversion 1\n"), ENTRY ("b", "sort-key b\nversion 10\n"),
      ENTRY ("c", "sort-key a\nversion 2\n") },
    "/k/c /k/b /k/a /k/z-9" },
  { "a key to sort by and no version", { ENTRY ("a-2", "sort-key s\n"), ENTRY ("a-10", "sort-key s\n") },
    "/k/a-10 /k/a-2" },
  { "one system's versions beside each other",
    { ENTRY ("a", "sort-key s\nmachine-id 2\nversion 9\n"), ENTRY ("b", "sort-key s\nmachine-id 1\nversion 1\n"),
      ENTRY ("c", "sort-key s\nmachine-id 1\nversion 2\n") },
    "/k/c /k/b /k/a" },
  { "bad ones last", { ENTRY ("f-7+0-3", "version 7\nsort-key f\n"), ENTRY ("f-5+3", "version 5\nsort-key f\n"),
      ENTRY ("f-4", "version 4\nsort-key f\n"), ENTRY ("a+0", "") },
    "/k/f-5+3 /k/f-4 /k/f-7+0-3 /k/a+0" },
  { "what has more tries left, and was tried less", { ENTRY ("f+1-2", ""), ENTRY ("f+2-1", ""), ENTRY ("f+2", "") },
    "/k/f+2 /k/f+2-1 /k/f+1-2" },
  { "a counter that is none", { ENTRY ("f+0-3x", ""), ENTRY ("f+0-", ""), ENTRY ("f+", ""), ENTRY ("f", "") },
    "/k/f+0-3x /k/f+0- /k/f+ /k/f" },
  { "a kernel that is gone", { { "loader/entries/new.conf", "linux /gone\n" }, ENTRY ("old", "") }, "/k/old" },
  { "names that are no entries'",
    { ENTRY ("a", ""), ENTRY ("auto-b", ""), ENTRY (".c", ""), { "loader/entries/d.conf.bak", "linux /k/a\n" } },
    "/k/a" },
  { "a suffix in upper case", { { "loader/entries/A.CONF", "linux /k/a\n" }, { "k/a", "" } }, "/k/a" },
  { "what is for another machine",
    { ENTRY ("a", "architecture x64\n"), ENTRY ("b", "architecture aa64\n"), ENTRY ("c", "architecture X64\n") },
    "/k/c /k/a" },
  { "two kinds in one", { ENTRY ("a", "efi /x\n"), ENTRY ("b", "") }, "/k/b" },
  { "no kind at all", { ENTRY ("a", ""), { "loader/entries/b.conf", "title B\noptions ro\n" } }, "/k/a" },
  { "quotes, comments and backslashes",
    { { "loader/entries/a.conf", "#linux /x\n  linux  \"\\k\\a\" \nlinux\n" }, { "k/a", "" } }, "/k/a" },
  { "the last of several kernels", { ENTRY ("a", "linux /k/b\n"), { "k/b", "" } }, "/k/b" },
  { "a partition that is a directory",
    { { "boot/loader/entries/m-6.conf", "linux /m/6/linux\ninitrd /m/6/initrd\n" }, { "boot/m/6/linux", "" } },
    "/boot/m/6/linux" },
};

static void
test_order (gconstpointer data)
{
  const Order *self = data;
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (self->files);
  g_autofree char *kernels = list_kernels (menu);

  g_assert_cmpstr (kernels, ==, self->kernels);
  g_assert_cmpuint (menu->problems->len, ==, 0);
}

static void
test_options_are_joined (void)
{
  const MenuFile files[] = { ENTRY ("a", "options ro\n#options bad\noptions \"quiet x\"\ntitle A\ntitle \"B b\"\n"
                                         "initrd /i1\ninitrd \\i2\n"),
                             { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);
  const DomuimgMenuEntry *entry = menu_fixture_default (menu);

  g_assert_cmpstr (entry->cmdline, ==, "ro quiet x");
  g_assert_cmpstr (entry->title, ==, "B b");
  g_assert_cmpstr (menu_fixture_initrd (entry, 0), ==, "/i1");
  g_assert_cmpstr (menu_fixture_initrd (entry, 1), ==, "/i2");
}

static void
test_initrd_lies_beside_its_kernel (void)
{
  const MenuFile files[]
      = { { "boot/loader/entries/m-6.conf", "linux /m/6/linux\ninitrd /m/6/initrd\n" }, { "boot/m/6/linux", "" },
          { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);

  g_assert_cmpstr (menu_fixture_initrd (menu_fixture_default (menu), 0), ==, "/boot/m/6/initrd");
}

static void
test_all_kernels_gone (void)
{
  const MenuFile files[] = { { "loader/entries/a.conf", "linux /gone\n" }, { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);

  g_assert_cmpuint (menu->entries->len, ==, 0);
  g_assert_cmpuint (menu->problems->len, ==, 1);
  g_assert_nonnull (strstr (menu->problems->pdata[0], "/gone"));
}

static void
test_defaults (void)
{
  static const struct {
    const char *conf;
    const char *kernel; /* NULL: none is the default */
    guint problems;
  } cases[] = {
    { "", "/k/linux-6.10", 0 },
    { "default @saved\n", "/k/linux-6.10", 1 },
    { "default Linux-6.9.conf\n", "/k/Linux-6.9", 0 },
    { "default linux-6.9.CONF\n", "/k/Linux-6.9", 0 },
    { "default \"linux-6.9\"\n", "/k/Linux-6.9", 0 },
    { "default *-6.?.conf\n", "/k/Linux-6.9", 0 },
    { "default *in*6*x-6.2*\n", NULL, 0 },
    { "default l*n*-6.2*\n", "/k/linux-6.2-old+0-3", 0 },
    { "default linux-6.2-old.conf\n", "/k/linux-6.2-old+0-3", 0 },
    { "default linux-6.2-old+0-3.conf\n", "/k/linux-6.2-old+0-3", 0 },
    { "default linux-6.[3-9].conf\n", "/k/Linux-6.9", 0 },
    { "default linux-6.[]8-].conf\n", NULL, 0 },
    { "default linux-6.[8.conf\n", NULL, 0 },
    { "default linux-6\\.9*\n", "/k/Linux-6.9", 0 },
    { "default gone\n", NULL, 0 },
    { "default gone\ndefault linux-6.9*\n", "/k/Linux-6.9", 0 },
    { "default linux-6.9*\ndefault @auto\n", "/k/Linux-6.9", 0 },
    { "default linux-6.9*\ndefault @saved\n", "/k/linux-6.10", 1 },
    { "preferred linux-6.9*\ndefault linux-6.10*\n", "/k/Linux-6.9", 0 },
    { "default linux-6.10*\npreferred linux-6.2*\n", "/k/linux-6.10", 0 },
    { "preferred gone\n", "/k/linux-6.10", 0 },
    { "preferred @saved\ndefault linux-6.9*\n", "/k/Linux-6.9", 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const MenuFile files[] = { ENTRY ("Linux-6.9", ""), ENTRY ("linux-6.10", ""),
                                 ENTRY ("linux-6.2-old+0-3", ""), { "loader/loader.conf", cases[i].conf },
                                 { NULL } };
      g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);

      g_test_message ("%s", cases[i].conf);
      g_assert_cmpuint (menu->entries->len, ==, 3);
      g_assert_cmpuint (menu->problems->len, ==, cases[i].problems);
      if (cases[i].kernel != NULL)
        g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, cases[i].kernel);
      else
        g_assert_cmpint (menu->default_entry, ==, -1);
    }
}

#define ARCH "ID=arch\nPRETTY_NAME=\"Arch Linux\"\n"

static void
test_unified_images (void)
{
  const MenuFile files[] = { { "EFI/Linux/readme.txt", "" },
                             { "EFI/Linux/not-one.efi", "MZ" },
                             { "loader/loader.conf", "timeout menu-force\ndefault a-6.6.9*\n" },
                             { NULL } };
  g_autoptr (DomuimgTree) tree = menu_fixture_tree (files);
  g_autoptr (DomuimgMenu) menu = NULL;

  put_uki (tree, "EFI/Linux/a-6.6.9.efi", ARCH, "root=PARTUUID=1 rw\n");
  put_uki (tree, "EFI/Linux/A-6.6.10.EFI", ARCH, "root=PARTUUID=1 rw\n");
  menu = find (tree);
  g_assert_cmpint (menu->format, ==, DOMUIMG_MENU_UKI);
  g_assert_cmpuint (menu->entries->len, ==, 2);
  g_assert_true (menu->waits);
  g_assert_cmpint (menu->default_entry, ==, 1);
  g_assert_cmpstr (menu_fixture_default (menu)->title, ==, "Arch Linux");
  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, "/EFI/Linux/a-6.6.9.efi");
  g_assert_cmpstr (menu_fixture_default (menu)->cmdline, ==, "root=PARTUUID=1 rw");
  g_assert_cmpuint (menu_fixture_default (menu)->initrds->len, ==, 0);
}

/* What has been put into two folders is one menu. */
static void
test_images_among_entries (void)
{
  const MenuFile files[] = { ENTRY ("arch-2", "sort-key arch\nversion 2\n"), ENTRY ("zz", "sort-key zz\n"), { NULL } };
  g_autoptr (DomuimgTree) tree = menu_fixture_tree (files);
  g_autoptr (DomuimgMenu) menu = NULL;
  g_autofree char *kernels = NULL;

  put_uki (tree, "EFI/Linux/a.efi", ARCH "VERSION_ID=1\n", "");
  put_uki (tree, "EFI/Linux/b.efi", ARCH "VERSION_ID=3\n", "");
  put_uki (tree, "EFI/Linux/c+0-1.efi", ARCH "IMAGE_ID=aaa\nIMAGE_VERSION=9\n", "");
  menu = find (tree);
  kernels = list_kernels (menu);
  g_assert_cmpstr (kernels, ==, "/EFI/Linux/b.efi /k/arch-2 /EFI/Linux/a.efi /k/zz /EFI/Linux/c+0-1.efi");
}

static void
test_programs (void)
{
  const MenuFile files[] = { { "loader/entries/1.conf", "uki \\EFI\\x.efi\n" },
                             { "loader/entries/2.conf", "efi /EFI/x.efi\noptions own\n" },
                             { "loader/entries/3.conf", "efi /shell.efi\n" },
                             { "shell.efi", "MZ" },
                             { NULL } };
  g_autoptr (DomuimgTree) tree = menu_fixture_tree (files);
  g_autoptr (DomuimgMenu) menu = NULL;
  g_autofree char *kernels = NULL;

  put_uki (tree, "EFI/x.efi", ARCH, "root=1");
  menu = find (tree);
  kernels = list_kernels (menu);
  g_assert_cmpstr (kernels, ==, "- /EFI/x.efi /EFI/x.efi");
  g_assert_cmpstr (((DomuimgMenuEntry *) menu->entries->pdata[1])->cmdline, ==, "own");
  g_assert_cmpstr (((DomuimgMenuEntry *) menu->entries->pdata[2])->cmdline, ==, "root=1");
}

/* Those of the specification, and some more. */
static void
test_versions (void)
{
  static const char *const ascending[] = { "ab",      "abb",  "abc",   "0001",
                                           "002",   "12",   "122",    "122.9",   "123~rc1", "123",
                                           "123-a", "123-a.1", "123-a1", "123-a1.1", "123-3", "123-3.1",
                                           "123^patch1", "123^1", "123.a-1", "123.1-1", "123a-1", "124" };

  for (guint i = 0; i < G_N_ELEMENTS (ascending); i++)
    for (guint j = 0; j < G_N_ELEMENTS (ascending); j++)
      {
        int order = domuimg_sdboot_compare_versions (ascending[i], ascending[j]);

        g_test_message ("%s %s", ascending[i], ascending[j]);
        g_assert_cmpint ((order > 0) - (order < 0), ==, (i > j) - (i < j));
      }
  g_assert_cmpint (domuimg_sdboot_compare_versions ("~1", ""), <, 0);
  g_assert_cmpint (domuimg_sdboot_compare_versions (NULL, ""), ==, 0);
  g_assert_cmpint (domuimg_sdboot_compare_versions ("1_2", "1+2"), ==, 0);
  g_assert_cmpint (domuimg_sdboot_compare_versions ("007", "7"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      g_autofree char *path = g_strconcat ("/boot-sdboot/order/", orders[i].name, NULL);

      g_test_add_data_func (path, &orders[i], test_order);
    }
  g_test_add_func ("/boot-sdboot/options-are-joined", test_options_are_joined);
  g_test_add_func ("/boot-sdboot/an-initramfs-lies-beside-its-kernel", test_initrd_lies_beside_its_kernel);
  g_test_add_func ("/boot-sdboot/all-kernels-gone", test_all_kernels_gone);
  g_test_add_func ("/boot-sdboot/defaults", test_defaults);
  g_test_add_func ("/boot-sdboot/unified-images", test_unified_images);
  g_test_add_func ("/boot-sdboot/images-among-entries", test_images_among_entries);
  g_test_add_func ("/boot-sdboot/programs", test_programs);
  g_test_add_func ("/boot-sdboot/versions", test_versions);
  return g_test_run ();
}
