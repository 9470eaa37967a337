/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/boot/menu-find.h"
#include "lib/guest/boot-menu.h"
#include "lib/guest/kmod.h"
#include "lib/kernel/select.h"
#include "lib/tree/memory.h"

#define UUID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define CMDLINE "root=UUID=" UUID " ro console=hvc0"
#define MENU "/boot/grub/grub.cfg"

static void
put (DomuimgTree *tree, const char *path, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  domuimg_tree_write_text (tree, path, text, 0644, &error);
  g_assert_no_error (error);
}

static DomuimgKernelChoice *
choice_new (const char *version, const char *vmlinuz, const char *initrd)
{
  DomuimgKernelChoice *choice = g_new0 (DomuimgKernelChoice, 1);

  choice->version = g_strdup (version);
  choice->vmlinuz = g_strdup (vmlinuz);
  choice->initrd = g_strdup (initrd);
  return choice;
}

static GPtrArray *
kernels_new (void)
{
  GPtrArray *kernels = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_kernel_choice_free);

  g_ptr_array_add (kernels, choice_new ("6.1.0-2", "boot/vmlinuz-6.1.0-2", "boot/initrd.img-6.1.0-2"));
  g_ptr_array_add (kernels, choice_new ("6.1.0-1", "boot/vmlinuz-6.1.0-1", NULL));
  return kernels;
}

static DomuimgTree *
guest_new (void)
{
  DomuimgTree *tree = domuimg_tree_memory_new ();

  put (tree, "/boot/vmlinuz-6.1.0-2", "kernel");
  put (tree, "/boot/initrd.img-6.1.0-2", "initramfs");
  put (tree, "/boot/vmlinuz-6.1.0-1", "kernel");
  return tree;
}

static void
write_menu (DomuimgTree *tree, GPtrArray *kernels)
{
  const DomuimgBootMenu menu = { .uuid = UUID, .cmdline = CMDLINE, .kernels = kernels };
  g_autoptr (GError) error = NULL;

  domuimg_boot_menu_write (&menu, tree, NULL, &error);
  g_assert_no_error (error);
}

/* By the readers of what each loader would take. */
static void
test_both_loaders_read_it (void)
{
  static const DomuimgLoader loaders[] = { DOMUIMG_LOADER_PVGRUB, DOMUIMG_LOADER_PYGRUB };
  g_autoptr (DomuimgTree) tree = guest_new ();
  g_autoptr (GPtrArray) kernels = kernels_new ();

  write_menu (tree, kernels);
  for (guint i = 0; i < G_N_ELEMENTS (loaders); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgMenu) menu = domuimg_menu_find (tree, NULL, loaders[i], &error);
      const DomuimgMenuEntry *first;

      g_assert_no_error (error);
      g_assert_cmpuint (menu->problems->len, ==, 0);
      g_assert_cmpuint (menu->entries->len, ==, 2);
      g_assert_cmpint (menu->default_entry, ==, 0);
      first = g_ptr_array_index (menu->entries, 0);
      g_assert_cmpstr (first->kernel, ==, "/boot/vmlinuz-6.1.0-2");
      g_assert_cmpuint (first->initrds->len, ==, 1);
      g_assert_cmpstr (g_ptr_array_index (first->initrds, 0), ==, "/boot/initrd.img-6.1.0-2");
      g_assert_cmpstr (first->cmdline, ==, CMDLINE);
    }
}

static void
test_links_come_first_where_they_lead_to_the_kernel (void)
{
  g_autoptr (DomuimgTree) tree = guest_new ();
  g_autoptr (GPtrArray) kernels = kernels_new ();
  g_autofree char *text = NULL;

  domuimg_tree_symlink (tree, "boot/vmlinuz-6.1.0-2", "/vmlinuz", NULL);
  domuimg_tree_symlink (tree, "boot/initrd.img-6.1.0-2", "/initrd.img", NULL);
  write_menu (tree, kernels);
  text = domuimg_tree_read_text (tree, MENU, NULL);
  g_assert_nonnull (strstr (text, "linux /vmlinuz root="));
  g_assert_cmpuint (strstr (text, "linux /vmlinuz ") - text, <, strstr (text, "linux /boot") - text);
  g_assert_nonnull (strstr (text, "initrd /initrd.img\n"));
}

/* A link to the kernel without one to its initramfs would start it without. */
static void
test_half_a_pair_of_links_is_not_used (void)
{
  g_autoptr (DomuimgTree) tree = guest_new ();
  g_autoptr (GPtrArray) kernels = kernels_new ();
  g_autofree char *text = NULL;

  domuimg_tree_symlink (tree, "boot/vmlinuz-6.1.0-2", "/vmlinuz", NULL);
  write_menu (tree, kernels);
  text = domuimg_tree_read_text (tree, MENU, NULL);
  g_assert_null (strstr (text, "linux /vmlinuz "));
}

static void
test_names_cannot_break_out_of_the_menu (void)
{
  g_autoptr (DomuimgTree) tree = guest_new ();
  g_autoptr (GPtrArray) kernels = kernels_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  const DomuimgBootMenu menu = { .uuid = UUID, .cmdline = CMDLINE, .kernels = kernels };

  g_ptr_array_add (kernels, choice_new ("1'{\n", "boot/vmlinuz-1'{\n", NULL));
  write_menu (tree, kernels);
  text = domuimg_tree_read_text (tree, MENU, NULL);
  g_assert_null (strstr (text, "vmlinuz-1"));

  g_ptr_array_insert (kernels, 0, choice_new ("1", "boot/vmlinuz-$x", NULL));
  g_assert_false (domuimg_boot_menu_write (&menu, tree, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_BOOTABLE);
}

static void
test_words_that_grub_would_take_are_refused (void)
{
  static const char *const wrong[] = { "a;b", "$a", "a\nb", "\"a b\"", "it's", "a\\b", "{", "a|b" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (domuimg_boot_menu_check_cmdline (wrong[i], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
  g_assert_true (domuimg_boot_menu_check_cmdline ("ip=10.0.0.1::10.0.0.2 quiet a.b=c,d@e", NULL));
}

static void
test_debians_update_grub_keeps_the_console (void)
{
  g_autoptr (DomuimgTree) tree = guest_new ();
  g_autoptr (GPtrArray) kernels = kernels_new ();
  g_autofree char *text = NULL;

  put (tree, "/var/lib/dpkg/status", "");
  write_menu (tree, kernels);
  text = domuimg_tree_read_text (tree, "/etc/default/grub.d/domuimg.cfg", NULL);
  g_assert_nonnull (strstr (text, "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX console=hvc0\"\n"));
}

static void
test_a_menu_that_was_there_is_kept_aside (void)
{
  g_autoptr (DomuimgTree) tree = guest_new ();
  g_autoptr (GPtrArray) kernels = kernels_new ();
  g_autofree char *kept = NULL;

  put (tree, MENU, "theirs\n");
  write_menu (tree, kernels);
  write_menu (tree, kernels);
  kept = domuimg_tree_read_text (tree, "/var/lib/domuimg/replaced" MENU, NULL);
  g_assert_cmpstr (kept, ==, "theirs\n");
}

static void
test_kmod_says_what_it_reads (void)
{
  g_autoptr (DomuimgTree) tree = guest_new ();

  g_assert_false (domuimg_guest_reads_modules (tree, ".xz"));
  put (tree, "/usr/lib64/libkmod.so.2", "... liblzma.so.5 ...");
  g_assert_true (domuimg_guest_reads_modules (tree, ".xz"));
  g_assert_false (domuimg_guest_reads_modules (tree, ".zst"));
  put (tree, "/bin/kmod", "... libzstd.so.1 ...");
  g_assert_true (domuimg_guest_reads_modules (tree, ".zst"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/boot-menu/both-loaders-read-it", test_both_loaders_read_it);
  g_test_add_func ("/boot-menu/links-come-first-where-they-lead-to-the-kernel",
                   test_links_come_first_where_they_lead_to_the_kernel);
  g_test_add_func ("/boot-menu/half-a-pair-of-links-is-not-used",
                   test_half_a_pair_of_links_is_not_used);
  g_test_add_func ("/boot-menu/names-cannot-break-out-of-the-menu",
                   test_names_cannot_break_out_of_the_menu);
  g_test_add_func ("/boot-menu/words-that-grub-would-take-are-refused",
                   test_words_that_grub_would_take_are_refused);
  g_test_add_func ("/boot-menu/debians-update-grub-keeps-the-console",
                   test_debians_update_grub_keeps_the_console);
  g_test_add_func ("/boot-menu/a-menu-that-was-there-is-kept-aside",
                   test_a_menu_that_was_there_is_kept_aside);
  g_test_add_func ("/boot-menu/kmod-says-what-it-reads", test_kmod_says_what_it_reads);
  return g_test_run ();
}
