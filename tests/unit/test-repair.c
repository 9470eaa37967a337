/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/base/copy-file.h"
#include "lib/base/lease.h"
#include "lib/base/fd.h"
#include "lib/domain/xl/file.h"
#include "lib/base/cpio-write.h"
#include "lib/repair/initramfs.h"
#include "lib/repair/modules.h"
#include "lib/repair/site.h"
#include "lib/repair/words.h"
#include "tests/unit/tree-fixtures.h"

#include <fcntl.h>
#include <sys/xattr.h>

static DomuimgTree *
memory (void)
{
  return tree_kinds[0].make (NULL, NULL);
}

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

static void
assert_words (const char *before, const char *key, const char *value, const char *old,
              const char *after)
{
  const DomuimgParameter parameter = { key, value, old };
  g_autofree char *edited = domuimg_parameter_edit (&parameter, before);

  g_assert_cmpstr (edited, ==, after);
}

static void
test_words (void)
{
  assert_words ("root=/dev/sda1 ro", "root", "/dev/xvda1", NULL, "root=/dev/xvda1 ro");
  assert_words ("ro  quiet", "root", "UUID=1", NULL, "ro  quiet root=UUID=1");
  assert_words ("", "root", "UUID=1", NULL, "root=UUID=1");
  assert_words ("ro -- single", "root", "x", NULL, "ro root=x -- single");
  assert_words ("rootflags=a root=b rootfstype=c", "root", "x", NULL,
                "rootflags=a root=x rootfstype=c");
  assert_words ("root=a ro root=b", "root", "x", NULL, "root=x ro");
  assert_words ("root=\"LABEL=my root\" ro", "root", "x", NULL, "root=x ro");
  assert_words ("root=\"LABEL=my disk\" ro", "root", "x", NULL, "root=x ro");
  /* What follows the end is for init. */
  assert_words ("ro -- root=kept", "root", "x", NULL, "ro root=x -- root=kept");
  assert_words ("ro", "root", "LABEL=my root", NULL, "ro root=\"LABEL=my root\"");
  assert_words ("root=other ro", "root", "x", "wrong", "root=other ro");
  assert_words ("root=$device ro", "root", "x", "wrong", "root=x ro");
}

static void
test_consoles_are_added (void)
{
  assert_words ("console=tty0 ro", "console", "hvc0", NULL, "console=tty0 ro console=hvc0");
  assert_words ("console=hvc0 console=tty0", "console", "hvc0", NULL,
                " console=tty0 console=hvc0");
}

static void
test_menu_lines (void)
{
  static const char *const commands[] = { "linux", "linux16", NULL };
  const DomuimgParameter parameter = { "root", "UUID=1", "/dev/sda1" };
  g_autofree char *edited = domuimg_parameter_edit_lines (
      &parameter,
      "menuentry 'a' {\n\tlinux\t/vmlinuz root=/dev/sda1 ro\n\tinitrd /i root=/dev/sda1\n}\n"
      "linux16 /v root=/dev/sda1\r\nlinux /other root=/dev/sdb1\nlinux /memtest\nlinux\n",
      commands, 1);

  g_assert_cmpstr (edited, ==,
                   "menuentry 'a' {\n\tlinux\t/vmlinuz root=UUID=1 ro\n\tinitrd /i root=/dev/sda1\n"
                   "}\nlinux16 /v root=UUID=1\r\nlinux /other root=/dev/sdb1\nlinux /memtest\n"
                   "linux\n");
}

static void
test_missing_parameter_is_appended_to_menu_lines (void)
{
  static const char *const commands[] = { "append", NULL };
  const DomuimgParameter parameter = { "root", "UUID=1", NULL };
  g_autofree char *edited
      = domuimg_parameter_edit_lines (&parameter, "LABEL a\n  APPEND ro\n", commands, 0);

  g_assert_cmpstr (edited, ==, "LABEL a\n  APPEND ro root=UUID=1\n");
}

static void
test_assignments (void)
{
  const DomuimgParameter parameter = { "console", "hvc0", NULL };
  g_autofree char *edited = domuimg_parameter_edit_assignment (
      &parameter,
      "# GRUB_CMDLINE_LINUX=\"no\"\nGRUB_CMDLINE_LINUX=\"\"\nGRUB_CMDLINE_LINUX='a' # b\n"
      "GRUB_CMDLINE_LINUX=\nGRUB_CMDLINE_LINUX=\"$(x \\\"y)\"\nGRUB_CMDLINE_LINUX_X=\"\"\n",
      "GRUB_CMDLINE_LINUX", TRUE);

  g_assert_cmpstr (edited, ==,
                   "# GRUB_CMDLINE_LINUX=\"no\"\nGRUB_CMDLINE_LINUX=\"console=hvc0\"\n"
                   "GRUB_CMDLINE_LINUX='a console=hvc0' # b\nGRUB_CMDLINE_LINUX=\"console=hvc0\"\n"
                   "GRUB_CMDLINE_LINUX=\"$(x \\\"y)\"\nGRUB_CMDLINE_LINUX_X=\"\"\n");
}

static char *
grubenv (const char *text)
{
  GString *block = g_string_new ("# GRUB Environment Block\n");

  g_string_append (block, text);
  while (block->len < 1024)
    g_string_append_c (block, '#');
  return g_string_free (block, FALSE);
}

static void
test_grubenv_keeps_its_size (void)
{
  const DomuimgParameter parameter = { "root", "UUID=0123456789", "/dev/sda1" };
  g_autofree char *block = grubenv ("saved_entry=0\nkernelopts=root=/dev/sda1 ro\nboot=1\n");
  g_autofree char *expected
      = grubenv ("saved_entry=0\nkernelopts=root=UUID=0123456789 ro\nboot=1\n");
  g_autoptr (GError) error = NULL;
  g_autofree char *edited = domuimg_parameter_edit_grubenv (&parameter, block, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (edited, ==, expected);
}

static void
test_shorter_grubenv_is_filled (void)
{
  const DomuimgParameter parameter = { "root", "UUID=1", "/dev/mapper/group-root" };
  g_autofree char *block = grubenv ("kernelopts=root=/dev/mapper/group-root ro\n");
  g_autofree char *expected = grubenv ("kernelopts=root=UUID=1 ro\n");
  g_autoptr (GError) error = NULL;
  g_autofree char *edited = domuimg_parameter_edit_grubenv (&parameter, block, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (edited, ==, expected);
}

static void
test_full_grubenv (void)
{
  const DomuimgParameter parameter = { "root", "UUID=0123456789", "/dev/sda1" };
  g_autofree char *filling = g_strnfill (1024 - 57, 'x');
  g_autofree char *lines = g_strdup_printf ("kernelopts=root=/dev/sda1 %s\n", filling);
  g_autofree char *block = grubenv (lines);
  g_autofree char *short_block = g_strdup ("# GRUB Environment Block\nkernelopts=a\n");
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_parameter_edit_grubenv (&parameter, block, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_null (domuimg_parameter_edit_grubenv (&parameter, short_block, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
}

typedef struct {
  DomuimgGuestBoot boot;
  DomuimgRepairSite site;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const char *config = data;

  domuimg_guest_boot_init (&fixture->boot);
  fixture->site = (DomuimgRepairSite){
    .name = "web1.cfg",
    .loaded = &fixture->boot,
    .root = { .tree = memory (),
              .changes = g_ptr_array_new_with_free_func (g_free),
              .kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) },
    .config = g_strdup (config),
  };
  fixture->site.root.originals = fixture->site.root.tree;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  domuimg_guest_boot_clear (&fixture->boot);
  g_object_unref (fixture->site.root.tree);
  g_free (fixture->site.config);
  g_ptr_array_unref (fixture->site.root.changes);
  g_hash_table_unref (fixture->site.root.kept);
}

static void
test_original_is_kept_once (Fixture *fixture, gconstpointer data)
{
  DomuimgEdit *edit = &fixture->site.root;
  g_autoptr (GError) error = NULL;

  put (edit->tree, "/etc/fstab", "old");
  g_assert_true (domuimg_edit_write (edit, "/etc/fstab", "new", 0644, &error));
  g_assert_true (domuimg_edit_write (edit, "/etc/fstab", "newer", 0644, &error));
  g_assert_true (domuimg_edit_write (edit, "/etc/fstab", "newer", 0644, &error));
  tree_must_read (edit->tree, "/var/lib/domuimg/replaced/etc/fstab", "old");
  g_assert_false (domuimg_tree_exists (edit->tree, "/var/lib/domuimg/replaced/etc/fstab.1"));
  tree_must_read (edit->tree, "/etc/fstab", "newer");
  g_assert_cmpuint (edit->changes->len, ==, 2);
  g_assert_cmpstr (edit->changes->pdata[0], ==, "changed /etc/fstab");
}

static void
test_older_original_stays (Fixture *fixture, gconstpointer data)
{
  DomuimgEdit *edit = &fixture->site.root;
  g_autoptr (GError) error = NULL;

  put (edit->tree, "/var/lib/domuimg/replaced/etc/fstab", "oldest");
  put (edit->tree, "/etc/fstab", "old");
  g_assert_true (domuimg_edit_write (edit, "/etc/fstab", "new", 0644, &error));
  tree_must_read (edit->tree, "/var/lib/domuimg/replaced/etc/fstab", "oldest");
  tree_must_read (edit->tree, "/var/lib/domuimg/replaced/etc/fstab.1", "old");
}

static void
test_new_file_has_no_original (Fixture *fixture, gconstpointer data)
{
  DomuimgEdit *edit = &fixture->site.root;

  g_assert_true (domuimg_edit_write (edit, "/etc/new.d/a", "new", 0644, NULL));
  g_assert_false (domuimg_tree_exists (edit->tree, "/var/lib/domuimg"));
  g_assert_cmpstr (edit->changes->pdata[0], ==, "wrote /etc/new.d/a");
}

static void
test_original_behind_a_symlink_is_kept (Fixture *fixture, gconstpointer data)
{
  DomuimgEdit *edit = &fixture->site.root;

  put (edit->tree, "/usr/etc/a", "old");
  g_assert_true (domuimg_tree_symlink (edit->tree, "usr/etc", "/etc", NULL));
  g_assert_true (domuimg_edit_write (edit, "/etc/a", "new", 0644, NULL));
  tree_must_read (edit->tree, "/var/lib/domuimg/replaced/usr/etc/a", "old");
  tree_must_read (edit->tree, "/usr/etc/a", "new");
}

static void
test_original_of_boot_is_kept_in_the_root (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DomuimgTree) boot = memory ();
  DomuimgEdit *root = &fixture->site.root;
  DomuimgEdit edit = *root;

  edit.tree = boot;
  edit.prefix = "/boot";
  put (boot, "grub/grub.cfg", "old");
  g_assert_true (domuimg_edit_write (&edit, "grub/grub.cfg", "new", 0644, NULL));
  tree_must_read (root->tree, "/var/lib/domuimg/replaced/boot/grub/grub.cfg", "old");
  tree_must_read (boot, "grub/grub.cfg", "new");
  g_assert_cmpstr (root->changes->pdata[0], ==, "changed /boot/grub/grub.cfg");
}

static void
test_taken_away_with_an_original (Fixture *fixture, gconstpointer data)
{
  DomuimgEdit *edit = &fixture->site.root;

  put (edit->tree, "/etc/a", "old");
  g_assert_true (domuimg_edit_take_away (edit, "/etc/a", NULL));
  g_assert_true (domuimg_edit_take_away (edit, "/etc/a", NULL));
  g_assert_false (domuimg_tree_exists (edit->tree, "/etc/a"));
  tree_must_read (edit->tree, "/var/lib/domuimg/replaced/etc/a", "old");
  g_assert_cmpuint (edit->changes->len, ==, 1);
}

/* "Could not be read" is not "not there". */
static void
test_what_is_no_text_stays (Fixture *fixture, gconstpointer data)
{
  DomuimgEdit *edit = &fixture->site.root;
  g_autoptr (GError) error = NULL;

  g_assert_true (domuimg_tree_mkdir_p (edit->tree, "/etc/default/grub", 0755, NULL));
  g_assert_false (domuimg_edit_write (edit, "/etc/default/grub", "new", 0644, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_cmpuint (edit->changes->len, ==, 0);
}

static void
test_cancelled_edit_changes_nothing (Fixture *fixture, gconstpointer data)
{
  DomuimgEdit *edit = &fixture->site.root;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  put (edit->tree, "/etc/a", "old");
  g_cancellable_cancel (cancellable);
  edit->cancellable = cancellable;
  g_assert_false (domuimg_edit_write (edit, "/etc/a", "new", 0644, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (domuimg_edit_take_away (edit, "/etc/a", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  tree_must_read (edit->tree, "/etc/a", "old");
}

static void
test_config_cmdline (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (domuimg_repair_set_parameter (&fixture->site, "root", "UUID=1", &error));
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->site.config, ==,
                   "# mine\nname = \"a\"\ncmdline = \"root=UUID=1 ro\"\n");
}

static void
test_config_root_and_extra (Fixture *fixture, gconstpointer data)
{
  g_assert_true (domuimg_repair_set_parameter (&fixture->site, "root", "UUID=1", NULL));
  g_assert_true (domuimg_repair_set_parameter (&fixture->site, "console", "hvc0", NULL));
  g_assert_cmpstr (fixture->site.config, ==,
                   "root = \"UUID=1 ro\"\nextra = \"quiet console=hvc0\"\n");
}

static void
test_disk_format (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgXlFile) file = NULL;
  g_autoptr (GPtrArray) disks = NULL;
  static const char *const expected[]
      = { "/a=b.img,qcow2,xvda,w", "format=qcow2,vdev=xvdb,access=rw,target=/b,qcow2,c.img",
          "/c.img,qcow2,xvdc,w", "format=qcow2,vdev=xvdd,target=/d.img", "/e.img,raw,xvde" };
  static const char *const vdevs[] = { "xvda", "xvdb", "xvdc", "xvdd" };

  for (guint i = 0; i < G_N_ELEMENTS (vdevs); i++)
    {
      g_autofree char *argument = g_strdup_printf ("%s\tqcow2", vdevs[i]);

      g_assert_true (domuimg_repair_disk_format (&fixture->site, argument, &error));
      g_assert_no_error (error);
    }
  file = domuimg_xl_file_parse (fixture->site.config, strlen (fixture->site.config), "x",
                                &error);
  g_assert_no_error (error);
  disks = domuimg_xl_file_get_list (file, "disk");
  g_assert_cmpuint (disks->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < disks->len; i++)
    g_assert_cmpstr (disks->pdata[i], ==, expected[i]);
  g_assert_false (domuimg_repair_disk_format (&fixture->site, "hda\traw", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

#define MODULES "/lib/modules/6.1/"

static DomuimgTree *
with_modules (void)
{
  DomuimgTree *tree = memory ();

  put (tree, MODULES "modules.dep",
       "kernel/fs/ext4/ext4.ko: kernel/fs/jbd2.ko kernel/lib/crc16.ko\nkernel/fs/jbd2.ko:\n"
       "kernel/lib/crc16.ko:\nkernel/crypto/crc32c_generic.ko:\n"
       "kernel/drivers/xen-blkfront.ko:\nkernel/loop-a.ko:\nkernel/loop-b.ko:\n");
  put (tree, MODULES "modules.softdep",
       "# soft\nsoftdep jbd2 pre: crc32c post: nothing\nsoftdep loop_a pre: loop_b\n"
       "softdep loop_b pre: loop_a\n");
  put (tree, MODULES "modules.alias", "alias crc32c crc32c_generic\n");
  put (tree, MODULES "modules.builtin", "kernel/drivers/xenbus.ko\n");
  put (tree, MODULES "kernel/drivers/xen-blkfront.ko", "the driver");
  return tree;
}

static void
assert_resolved (const char *const *modules, const char *expected)
{
  g_autoptr (DomuimgTree) tree = with_modules ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) paths = domuimg_modules_resolve (tree, "6.1", modules, &error);
  g_autoptr (GString) names = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *name = g_path_get_basename (paths->pdata[i]);

      g_string_append_printf (names, "%s ", name);
    }
  g_assert_cmpstr (names->str, ==, expected);
}

static void
test_modules_come_after_what_they_need (void)
{
  assert_resolved ((const char *[]){ "ext4", "xen_blkfront", NULL },
                   "crc16.ko crc32c_generic.ko jbd2.ko ext4.ko xen-blkfront.ko ");
  assert_resolved ((const char *[]){ "xenbus", NULL }, "");
  assert_resolved ((const char *[]){ "loop-a", NULL }, "loop-b.ko loop-a.ko ");
}

static void
test_missing_module (void)
{
  g_autoptr (DomuimgTree) tree = with_modules ();
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_modules_resolve (tree, "6.1", (const char *[]){ "xfs", NULL }, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (domuimg_modules_resolve (tree, "6.2", (const char *[]){ "ext4", NULL }, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

static GBytes *
make_initramfs (const char *const *paths)
{
  g_autoptr (DomuimgCpioWriter) cpio = domuimg_cpio_writer_new ();
  g_autoptr (GBytes) content = g_bytes_new_static ("x", 1);
  g_autoptr (GError) error = NULL;
  GBytes *bytes;

  for (guint i = 0; paths[i] != NULL; i++)
    domuimg_cpio_writer_add_file (cpio, paths[i], 0644, content, &error);
  bytes = domuimg_cpio_writer_finish (cpio, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes) % 512, ==, 0);
  return bytes;
}

static void
assert_hook (const char *const *paths, const char *loader, const char *path)
{
  g_autoptr (GBytes) bytes = make_initramfs (paths);
  g_autoptr (DomuimgInitramfs) initramfs = domuimg_initramfs_new_for_bytes (bytes, "i", NULL);
  g_auto (DomuimgInitramfsHook) hook = { NULL };

  g_assert_cmpint (domuimg_initramfs_find_hook (initramfs, "n", &hook), ==, path != NULL);
  g_assert_cmpstr (hook.path, ==, path);
  g_assert_cmpstr (hook.loader, ==, loader);
}

static void
test_hooks (void)
{
  assert_hook ((const char *[]){ "conf/initramfs.conf", "usr/sbin/modprobe", NULL },
               "usr/sbin/modprobe", "conf/conf.d/n");
  assert_hook ((const char *[]){ "usr/lib/dracut/hooks/pre-udev/50.sh", "usr/bin/kmod", NULL },
               "usr/bin/kmod", "usr/lib/dracut/hooks/pre-udev/00-n.sh");
  assert_hook ((const char *[]){ "usr/lib/systemd/systemd", "usr/bin/kmod", NULL },
               "usr/bin/kmod", "etc/systemd/system/n.service");
  assert_hook ((const char *[]){ "init", "bin/busybox", NULL }, "bin/busybox", NULL);
  assert_hook ((const char *[]){ "conf/initramfs.conf", NULL }, NULL, NULL);
}

/* The addition and the initramfs that it was put before, read again as one. */
static void
test_addition_and_initramfs_are_one (void)
{
  g_autoptr (DomuimgTree) tree = with_modules ();
  g_autoptr (GBytes) old = make_initramfs (
      (const char *[]){ "conf/initramfs.conf", "sbin/modprobe", "lib/modules/6.1/a.ko", NULL });
  g_autoptr (DomuimgInitramfs) initramfs = domuimg_initramfs_new_for_bytes (old, "i", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) addition = domuimg_initramfs_make_addition (
      tree, initramfs, "6.1", "domuimg", (const char *[]){ "xen-blkfront", NULL }, &error);
  g_autoptr (GByteArray) both = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (DomuimgInitramfs) result = NULL;

  g_assert_no_error (error);
  g_byte_array_append (both, g_bytes_get_data (addition, NULL), g_bytes_get_size (addition));
  g_byte_array_append (both, g_bytes_get_data (old, NULL), g_bytes_get_size (old));
  bytes = g_bytes_new (both->data, both->len);
  result = domuimg_initramfs_new_for_bytes (bytes, "both", &error);
  g_assert_no_error (error);
  g_assert_true (domuimg_initramfs_has_module (result, "xen_blkfront"));
  g_assert_true (domuimg_initramfs_has_module (result, "a"));
  g_assert_true (domuimg_initramfs_has_file (result, "conf"));
  g_assert_true (domuimg_initramfs_has_file (result, "conf/conf.d/domuimg"));
  g_assert_true (domuimg_initramfs_has_file (result, "domuimg/insmod"));
}

static void
test_copy_keeps_bytes_mode_and_holes (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autofree char *from = g_build_filename (scratch, "a", NULL);
  g_autofree char *to = g_build_filename (scratch, "b", NULL);
  g_auto (DomuimgFd) fd = open (from, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_autoptr (GError) error = NULL;
  g_autofree char *bytes = NULL;
  GStatBuf status;
  gsize length;

  g_assert_cmpint (ftruncate (fd, 8 << 20), ==, 0);
  g_assert_cmpint (pwrite (fd, "middle", 6, 4 << 20), ==, 6);
  g_assert_cmpint (g_chmod (from, 0640), ==, 0);
  domuimg_copy_file (from, to, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (to, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07777, ==, 0640);
  g_assert_cmpint (status.st_size, ==, 8 << 20);
  g_assert_cmpint (status.st_blocks, <, 2048);
  g_assert_true (g_file_get_contents (to, &bytes, &length, NULL));
  g_assert_cmpmem (bytes + (4 << 20), 7, "middle", 7);
  g_assert_false (domuimg_copy_file (from, to, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  tree_scratch_free (g_steal_pointer (&scratch));
}

/* Whose image it is, and its label, stay. */
static void
test_copy_keeps_owner_and_attributes (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autofree char *from = g_build_filename (scratch, "a", NULL);
  g_autofree char *to = g_build_filename (scratch, "b", NULL);
  g_autoptr (GError) error = NULL;
  gboolean has_attribute;
  char value[8] = "";
  GStatBuf status;

  g_assert_true (g_file_set_contents (from, "content", -1, NULL));
  has_attribute = setxattr (from, "user.label", "secret", 6, 0) == 0;
  if (geteuid () == 0)
    g_assert_cmpint (chown (from, 1000, 1001), ==, 0);
  g_assert_true (domuimg_copy_file (from, to, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (to, &status), ==, 0);
  g_assert_cmpuint (status.st_uid, ==, geteuid () == 0 ? 1000 : geteuid ());
  if (has_attribute)
    g_assert_cmpint (getxattr (to, "user.label", value, sizeof value), ==, 6);
  tree_scratch_free (g_steal_pointer (&scratch));
}

static void
test_file_open_for_writing_is_busy (void)
{
  g_autofree char *scratch = tree_scratch_new ();
  g_autofree char *path = g_build_filename (scratch, "a", NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_true (domuimg_file_is_busy (path));
  close (fd);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  g_assert_false (domuimg_file_is_busy (path));
  close (fd);
  tree_scratch_free (g_steal_pointer (&scratch));
}

#define CASE(name, config, function)                                                              \
  g_test_add ("/repair/" name, Fixture, config, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/repair/words", test_words);
  g_test_add_func ("/repair/consoles-are-added", test_consoles_are_added);
  g_test_add_func ("/repair/menu-lines", test_menu_lines);
  g_test_add_func ("/repair/missing-parameter-is-appended-to-menu-lines",
                   test_missing_parameter_is_appended_to_menu_lines);
  g_test_add_func ("/repair/assignments", test_assignments);
  g_test_add_func ("/repair/grubenv-keeps-its-size", test_grubenv_keeps_its_size);
  g_test_add_func ("/repair/shorter-grubenv-is-filled", test_shorter_grubenv_is_filled);
  g_test_add_func ("/repair/full-grubenv", test_full_grubenv);
  CASE ("original-is-kept-once", NULL, test_original_is_kept_once);
  CASE ("older-original-stays", NULL, test_older_original_stays);
  CASE ("new-file-has-no-original", NULL, test_new_file_has_no_original);
  CASE ("original-behind-a-symlink-is-kept", NULL, test_original_behind_a_symlink_is_kept);
  CASE ("original-of-boot-is-kept-in-the-root", NULL, test_original_of_boot_is_kept_in_the_root);
  CASE ("taken-away-with-an-original", NULL, test_taken_away_with_an_original);
  CASE ("what-is-no-text-stays", NULL, test_what_is_no_text_stays);
  CASE ("cancelled-edit-changes-nothing", NULL, test_cancelled_edit_changes_nothing);
  CASE ("config-cmdline", "# mine\nname = \"a\"\ncmdline = \"root=/dev/sda1 ro\"\n",
        test_config_cmdline);
  CASE ("config-root-and-extra", "root = \"/dev/sda1 ro\"\nextra = \"quiet\"\n",
        test_config_root_and_extra);
  CASE ("disk-format",
        "disk = [ '/a=b.img,raw,xvda,w', 'format=raw,vdev=xvdb,access=rw,target=/b,qcow2,c.img',\n"
        " 'tap:aio:/c.img,xvdc,w', 'vdev=xvdd,target=/d.img', '/e.img,raw,xvde' ]\n",
        test_disk_format);
  g_test_add_func ("/repair/modules-come-after-what-they-need",
                   test_modules_come_after_what_they_need);
  g_test_add_func ("/repair/missing-module", test_missing_module);
  g_test_add_func ("/repair/hooks", test_hooks);
  g_test_add_func ("/repair/addition-and-initramfs-are-one",
                   test_addition_and_initramfs_are_one);
  g_test_add_func ("/repair/copy-keeps-bytes-mode-and-holes",
                   test_copy_keeps_bytes_mode_and_holes);
  g_test_add_func ("/repair/copy-keeps-owner-and-attributes", test_copy_keeps_owner_and_attributes);
  g_test_add_func ("/repair/file-open-for-writing-is-busy", test_file_open_for_writing_is_busy);
  return g_test_run ();
}
