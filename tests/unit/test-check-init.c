/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/check-fixtures.h"

#include <elf.h>
#include <string.h>

#include "lib/elf/needs.h"
#include "lib/check/libraries.h"
#include "lib/tree/dir.h"
#include "lib/kernel/initramfs.h"
#include "tests/unit/kernel-fixtures.h"

/* init, and what it needs to start. */

#define TARGET "/etc/systemd/system/default.target"

static const Case init_cases[] = {
  { "what is there", NULL, NULL, NULL, NULL, "", NULL },
  { "no init", NULL, "/usr/sbin/init", "", NULL, "init-missing error", NULL },
  { "dangling", NULL, GUEST_INIT, "", NULL, "init-missing error", NULL },
  { "a text that nobody may execute", NULL, GUEST_INIT, "x", NULL, "init-not-executable error",
    "init-architecture error" },
  { "a directory", NULL, "/usr/sbin/init", "->/etc", NULL, "init-not-executable error", NULL },
  { "in another place", NULL, "/usr/bin/init", "->" GUEST_INIT, NULL, "", NULL },
  { "no loader", NULL, GUEST_LOADER, "", NULL, "init-loader error", NULL },
  { "loader not executable", NULL, GUEST_LOADER, "x", NULL, "init-loader error", NULL },
  { "no library", NULL, "/lib/x86_64-linux-gnu/libc.so.6", "", NULL, "init-libraries error", NULL },
  { "no library of a library", NULL, "/opt/lib/libmount.so.1", "", NULL, "init-libraries error",
    NULL },
  { "a library that is none", NULL, "/opt/lib/libmount.so.1", "INPUT(x)", NULL,
    "init-libraries error", NULL },
  { "a directory that nobody looks in", NULL, "/etc/ld.so.conf.d/opt.conf", "", NULL,
    "init-libraries error", NULL },
  { "a loop of configurations", NULL, "/etc/ld.so.conf.d/a.conf",
    "include /etc/ld.so.conf\ninclude ld.so.conf.d/*\n", NULL, "", NULL },
  { "init=", NULL, NULL, NULL, "init=" GUEST_INIT, "", NULL },
  { "init= of what is not there", NULL, NULL, NULL, "init=/sbin/other", "init-missing error",
    NULL },
  { "init= of a shell", NULL, NULL, NULL, "init=/bin/sh", "init-no-login error", NULL },
  { "single", NULL, NULL, NULL, "ro single", "init-no-login error", NULL },
  { "a word that only starts so", NULL, NULL, NULL, "ro singles=1 S=2 rescue=x", "", NULL },
  { "a unit", NULL, NULL, NULL, "systemd.unit=rescue.target", "init-no-login error", NULL },
  { "another unit", NULL, NULL, NULL, "systemd.unit=multi-user.target", "", NULL },
  { "a target", NULL, TARGET, "->/lib/systemd/system/multi-user.target", NULL, "", NULL },
  { "a target with a shell", NULL, TARGET, "->/lib/systemd/system/rescue.target", NULL,
    "init-no-login error", "" },
  { "no target", NULL, TARGET, "->/lib/systemd/system/graphical.target", NULL,
    "init-no-login error", "" },
};

static void
test_init (void)
{
  run_cases (init_cases, G_N_ELEMENTS (init_cases), domuimg_check_init_program,
             guest_init_programs);
}

static void
test_init_of_another_architecture (void)
{
  static const struct {
    guint16 machine;
    const char *found;
  } cases[] = { { EM_AARCH64, "init-architecture error" }, { EM_X86_64, "" }, { EM_386, "" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;
      g_autoptr (GBytes) bytes = program_new (cases[i].machine, NULL, NULL, 0, NULL);

      guest_init_programs (&guest);
      tree_put (guest.machine->tree, GUEST_INIT, bytes, 0755);
      found = guest_find (&guest, domuimg_check_init_program);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

static void
test_init_may_be_a_script (void)
{
  static const struct {
    const char *text, *found;
  } cases[] = { { "#!" GUEST_INIT " -x\n", "" },
                { "#! /bin/none\n", "init-missing error" },
                { "#!/sbin/init\n", "init-architecture error" },
                { "echo\n", "init-architecture error" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;
      g_autoptr (GBytes) bytes = g_bytes_new (cases[i].text, strlen (cases[i].text));

      guest_init_programs (&guest);
      tree_edit (guest.machine->tree, "/usr/sbin/init", "");
      tree_put (guest.machine->tree, "/usr/sbin/init", bytes, 0755);
      found = guest_find (&guest, domuimg_check_init_program);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

static void
test_initramfs_falls_back_to_another_init (void)
{
  g_autoptr (GBytes) archive = cpio_new ("scripts/functions", "x", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;

  guest_init_programs (&guest);
  guest.machine->boot.initramfs = domuimg_initramfs_new_for_bytes (archive, "initrd", &error);
  g_assert_no_error (error);
  guest_set_cmdline (&guest, "init=/sbin/other break=mount");
  found = guest_find (&guest, domuimg_check_init_program);
  g_assert_cmpstr (found, ==, "init-missing warning, init-no-login error");
}

static void
test_rpath_holds_for_libraries_of_libraries (void)
{
  static const char *const one[] = { "libone.so", NULL };
  static const char *const two[] = { "libtwo.so", NULL };
  g_auto (Guest) guest = { NULL };
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  DomuimgTree *tree;

  guest_init (&guest, SYSTEMD);
  tree = guest.machine->tree;
  tree_put_program (tree, "/opt/x/bin/x", NULL, "/none:${ORIGIN}/../lib", DT_RPATH, one);
  tree_put_program (tree, "/opt/x/lib/libone.so", NULL, NULL, 0, two);
  tree_put_program (tree, "/opt/x/lib/libtwo.so", NULL, NULL, 0, one);
  domuimg_libraries_find_missing (tree, "/opt/x/bin/x", missing);
  g_assert_cmpuint (missing->len, ==, 0);
  tree_edit (tree, "/opt/x/lib/libtwo.so", "");
  domuimg_libraries_find_missing (tree, "/opt/x/bin/x", missing);
  g_assert_cmpuint (missing->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (missing, 0), ==, "libtwo.so");
}

/* The machine's own programs start, so nothing may be said to be missing. */
static void
test_programs_of_this_machine_have_their_libraries (void)
{
  static const char *const programs[] = { "/bin/sh", "/bin/ls", "/usr/bin/python3",
                                          "/lib/systemd/systemd", "/sbin/agetty" };
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) host = domuimg_tree_dir_new ("/", &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *list = NULL;

      domuimg_libraries_find_missing (host, programs[i], missing);
      g_ptr_array_add (missing, NULL);
      list = g_strjoinv (", ", (char **) missing->pdata);
      g_test_message ("%s", programs[i]);
      g_assert_cmpstr (list, ==, "");
    }
}

/* Any byte of a program set to any of some values, and any length of it. */
static void
test_damaged_programs (void)
{
  static const guint8 values[] = { 0, 1, 0x7f, 0x80, 0xff };
  static const char *const needed[] = { "liba.so", NULL };
  g_autoptr (GBytes) good = program_new (EM_X86_64, GUEST_LOADER, "/x", DT_RUNPATH, needed);
  gsize size;
  const guint8 *data = g_bytes_get_data (good, &size);
  g_auto (Guest) guest = { NULL };

  guest_init (&guest, SYSTEMD);
  for (gsize i = 0; i < size * (G_N_ELEMENTS (values) + 1); i++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, size);
      gboolean cut = i / size == G_N_ELEMENTS (values);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgElfNeeds) needs = NULL;

      if (!cut)
        copy[i % size] = values[i / size];
      bytes = g_bytes_new (copy, cut ? i % size : size);
      tree_put (guest.machine->tree, "/x", bytes, 0755);
      needs = domuimg_elf_needs_read (guest.machine->tree, "/x", &error);
      g_assert_true (needs == NULL || error == NULL);
    }
}

/* What Linux starts of an initramfs, and what it cannot unpack. */
static void
test_initramfs (void)
{
  static const struct {
    const char *name, *content, *more, *cmdline, *found;
    guint mode;
  } cases[] = {
    { "init", "#!/bin/sh\n", "bin/sh", "ro", "initramfs-driver error", 0100755 },
    { "init", "#!/bin/sh\n", "usr/bin/sh", "ro", "initramfs-driver error", 0100755 },
    { "init", "#!/bin/sh\r\n", "bin/sh", "ro", "initramfs-init error", 0100755 },
    { "init", "#!/bin/sh\n", "bin/bash", "ro", "initramfs-init error", 0100755 },
    { "init", "#!/bin/sh\n", "bin/sh", "ro", "initramfs-init error", 0100644 },
    { "top/init", "#!/bin/sh\n", "bin/sh", "ro", "initramfs-init error", 0100755 },
    { "init", "usr/lib/systemd/systemd", "bin/sh", "ro", "initramfs-driver error", 0120777 },
    { "init", "x", "bin/sh", "rdinit=/gone", "initramfs-init error", 0100755 },
    { "top/init", "x", "bin/sh", "rdinit=/top/init", "initramfs-driver error", 0100755 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autoptr (GBytes) plain = cpio_new (cases[i].name, cases[i].content, cases[i].more, "x",
                                           "lib/modules/6.1.0-fixture/modules.builtin", "a.ko", NULL);
      g_autoptr (GBytes) archive = NULL;
      g_autofree char *octal = g_strdup_printf ("%08x", cases[i].mode);
      g_autofree char *found = NULL;
      g_autofree guint8 *copy = g_memdup2 (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain));
      g_autoptr (GError) error = NULL;

      memcpy (copy + 14, octal, 8);
      archive = g_bytes_new (copy, g_bytes_get_size (plain));
      guest_init_programs (&guest);
      guest_set_cmdline (&guest, cases[i].cmdline);
      g_ptr_array_add (guest.machine->boot.initrd_paths, g_strdup ("/initrd"));
      guest.machine->ahead = domuimg_initramfs_new_for_bytes (archive, "initrd", &error);
      g_assert_no_error (error);
      found = guest_find (&guest, domuimg_check_initramfs);
      g_test_message ("%u %s", i, found);
      g_assert_true (g_str_has_prefix (found, cases[i].found));
    }
}

/* An interpreter is found as Linux finds it: through links to directories. */
static void
test_interpreter_behind_links (void)
{
  static const struct {
    const char *interpreter, *link, *target, *file;
    gboolean found;
  } cases[] = {
    { "#!/usr/bin/sh\n", "usr/bin", "->../bin", "bin/sh", TRUE },
    { "#!/usr/bin/sh\n", "usr/bin", "->/bin", "bin/sh", TRUE },
    { "#!/usr/bin/sh\n", "usr", "->./.", "bin/sh", TRUE },
    { "#!/bin/sh\n", "bin", "->usr/bin", "usr/bin/sh", TRUE },
    { "#!/usr/bin/sh\n", "usr/bin", "->../bin", "bin/bash", FALSE },
    { "#!/usr/bin/sh\n", "usr/bin", "->../sbin", "bin/sh", FALSE },
    { "#!/usr/bin/sh\n", "usr/bin", "->bin", "bin/sh", FALSE },
    { "#!/bin/sh\n", "bin/sh", "->busybox", "bin/busybox", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) archive
          = cpio_new ("init", cases[i].interpreter, cases[i].file, "x", cases[i].link, cases[i].target,
                      "lib/modules/6.1.0-fixture/modules.builtin", "a.ko", NULL);
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init_programs (&guest);
      g_ptr_array_add (guest.machine->boot.initrd_paths, g_strdup ("/initrd"));
      guest.machine->ahead = domuimg_initramfs_new_for_bytes (archive, "initrd", NULL);
      found = guest_find (&guest, domuimg_check_initramfs);
      g_test_message ("%u %s", i, found);
      g_assert_true (g_str_has_prefix (found, cases[i].found ? "initramfs-driver" : "initramfs-init error"));
    }
}

/* The decoders of Linux know less than others do. */
static void
test_packing (void)
{
  static const char *const checks[] = { "--check=crc32", "--check=crc64", "--check=sha256" };
  g_autoptr (GBytes) plain = cpio_new ("init", "x", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) packed = NULL;
      g_autoptr (DomuimgInitramfs) initramfs = NULL;
      g_autoptr (GSubprocess) xz
          = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                              "xz", checks[i], NULL);

      g_assert_no_error (error);
      g_subprocess_communicate (xz, plain, NULL, &packed, NULL, &error);
      g_assert_no_error (error);
      initramfs = domuimg_initramfs_new_for_bytes (packed, "initrd", &error);
      g_assert_no_error (error);
      g_assert_true ((domuimg_initramfs_get_unpackable (initramfs) == NULL) == (i == 0));
      g_assert_cmpuint (domuimg_initramfs_get_compressions (initramfs), ==,
                        1u << DOMUIMG_COMPRESSION_XZ);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-init/init", test_init);
  g_test_add_func ("/check-init/init-of-another-architecture", test_init_of_another_architecture);
  g_test_add_func ("/check-init/init-may-be-a-script", test_init_may_be_a_script);
  g_test_add_func ("/check-init/initramfs-falls-back-to-another-init",
                   test_initramfs_falls_back_to_another_init);
  g_test_add_func ("/check-init/rpath-holds-for-libraries-of-libraries",
                   test_rpath_holds_for_libraries_of_libraries);
  g_test_add_func ("/check-init/programs-of-this-machine-have-their-libraries",
                   test_programs_of_this_machine_have_their_libraries);
  g_test_add_func ("/check-init/damaged-programs", test_damaged_programs);
  g_test_add_func ("/check-init/initramfs", test_initramfs);
  g_test_add_func ("/check-init/interpreter-behind-links", test_interpreter_behind_links);
  g_test_add_func ("/check-init/packing", test_packing);
  return g_test_run ();
}
