/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/kernel/initramfs.h"
#include "tests/unit/kernel-fixtures.h"

#define BLKFRONT "lib/modules/6.1/kernel/drivers/block/xen-blkfront.ko"

static GBytes *
late_archive (void)
{
  return cpio_new (".", NULL, "./lib/modules/6.1/modules.builtin",
                   "kernel/fs/ext4/ext4.ko\nkernel/crypto/crc32c-generic.ko\n", BLKFRONT ".xz",
                   "\xfd" "7zXZ not read", "usr/lib/modules/6.2/a_b.ko.zst", "x", "/bin/sh",
                   "sh", "c.ko.gz", "", NULL);
}

static DomuimgInitramfs *
must_read (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  DomuimgInitramfs *initramfs = domuimg_initramfs_new_for_bytes (bytes, "initrd", &error);

  g_assert_no_error (error);
  return initramfs;
}

static void
must_refuse (GBytes *bytes, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_initramfs_new_for_bytes (bytes, "initrd", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_true (g_str_has_prefix (error->message, "initrd: "));
  g_assert_nonnull (strstr (error->message, word));
}

static void
must_be_late (DomuimgInitramfs *initramfs)
{
  g_auto (GStrv) versions = domuimg_initramfs_list_versions (initramfs);
  g_autofree char *joined = g_strjoinv (" ", versions);

  g_assert_cmpstr (joined, ==, "6.1 6.2");
  g_assert_true (domuimg_initramfs_has_file (initramfs, "bin/sh"));
  g_assert_true (domuimg_initramfs_has_file (initramfs, "lib/modules/6.1/modules.builtin"));
  g_assert_false (domuimg_initramfs_has_file (initramfs, "bin/bash"));
  g_assert_true (domuimg_initramfs_has_module (initramfs, "xen-blkfront"));
  g_assert_true (domuimg_initramfs_has_module (initramfs, "xen_blkfront"));
  g_assert_true (domuimg_initramfs_has_module (initramfs, "a-b"));
  g_assert_true (domuimg_initramfs_has_module (initramfs, "c"));
  g_assert_false (domuimg_initramfs_has_module (initramfs, "ext4"));
  g_assert_true (domuimg_initramfs_has_builtin (initramfs, "ext4"));
  g_assert_true (domuimg_initramfs_has_builtin (initramfs, "crc32c_generic"));
  g_assert_false (domuimg_initramfs_has_builtin (initramfs, "xen-blkfront"));
}

static void
test_plain_and_in_each_compression (void)
{
  g_autoptr (GBytes) cpio = late_archive ();
  g_autoptr (DomuimgInitramfs) plain = must_read (cpio);
  g_auto (GStrv) files = domuimg_initramfs_list_files (plain);

  must_be_late (plain);
  g_assert_cmpuint (g_strv_length (files), ==, 6);
  g_assert_cmpstr (files[0], ==, ".");
  for (guint i = 0; i < n_compressors; i++)
    {
      g_autoptr (GBytes) packed = compress_bytes (&compressors[i], cpio);
      g_autoptr (DomuimgInitramfs) initramfs = must_read (packed);

      must_be_late (initramfs);
    }
}

/* Early microcode, zeros up to a full block, the archive proper, and zeros again. */
static void
test_microcode_comes_first (void)
{
  g_autoptr (GBytes) early
      = cpio_new ("kernel/x86/microcode/GenuineIntel.bin", "microcode", NULL);
  g_autoptr (GBytes) late = late_archive ();

  for (guint i = 0; i < n_compressors; i++)
    for (gsize zeros = 0; zeros <= 512; zeros += 512)
      {
        g_autoptr (GBytes) packed = compress_bytes (&compressors[i], late);
        g_autoptr (GBytes) both = concat_bytes (early, zeros, packed);
        g_autoptr (GBytes) padded = concat_bytes (both, zeros, NULL);
        g_autoptr (DomuimgInitramfs) initramfs = must_read (padded);

        must_be_late (initramfs);
        g_assert_true (domuimg_initramfs_has_file (initramfs,
                                                   "kernel/x86/microcode/GenuineIntel.bin"));
      }
}

static void
test_archives_of_different_compressions (void)
{
  g_autoptr (GBytes) early = cpio_new ("first", "1", NULL);
  g_autoptr (GBytes) late = late_archive ();

  for (guint i = 0; i < n_compressors; i++)
    {
      const Compressor *other = &compressors[(i + 1) % n_compressors];
      g_autoptr (GBytes) one = compress_bytes (&compressors[i], early);
      g_autoptr (GBytes) two = compress_bytes (other, late);
      g_autoptr (GBytes) both = concat_bytes (one, 0, two);
      g_autoptr (DomuimgInitramfs) initramfs = NULL;

      /* liblzma wants xz streams to be followed by xz streams only. */
      if (g_str_equal (compressors[i].name, "xz"))
        continue;
      initramfs = must_read (both);
      must_be_late (initramfs);
      g_assert_true (domuimg_initramfs_has_file (initramfs, "first"));
    }
}

/* Two archives in one stream, as `cat a.cpio b.cpio | gzip` makes them. */
static void
test_archives_in_one_stream (void)
{
  g_autoptr (GBytes) early = cpio_new ("first", "1", NULL);
  g_autoptr (GBytes) late = late_archive ();
  g_autoptr (GBytes) both = concat_bytes (early, 256, late);
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], both);
  g_autoptr (DomuimgInitramfs) initramfs = must_read (packed);

  must_be_late (initramfs);
  g_assert_true (domuimg_initramfs_has_file (initramfs, "first"));
}

static void
test_truncated_anywhere (void)
{
  g_autoptr (GBytes) cpio = late_archive ();

  for (gsize length = 0; length < g_bytes_get_size (cpio) - 4; length++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (cpio, 0, length);

      must_refuse (cut, "");
    }
  for (guint i = 0; i < n_compressors; i++)
    {
      g_autoptr (GBytes) packed = compress_bytes (&compressors[i], cpio);

      /* The stream's own trailer may be missing once the archive is complete. */
      for (gsize length = 0; length + 40 < g_bytes_get_size (packed); length++)
        {
          g_autoptr (GBytes) cut = g_bytes_new_from_bytes (packed, 0, length);

          must_refuse (cut, "");
        }
    }
}

static GBytes *
patch_text (GBytes *bytes, gsize offset, const char *text)
{
  g_autoptr (GBytes) copy = g_bytes_ref (bytes);

  for (gsize i = 0; text[i] != '\0'; i++)
    {
      GBytes *next = patch_bytes (copy, offset + i, 1, (guint8) text[i]);

      g_bytes_unref (copy);
      copy = next;
    }
  return g_steal_pointer (&copy);
}

static void
test_headers_that_lie (void)
{
  g_autoptr (GBytes) cpio = cpio_new ("name", "content", NULL);
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) long_name = patch_text (cpio, 94, "ffffffff");
  g_autoptr (GBytes) no_name = patch_text (cpio, 94, "00000000");
  g_autoptr (GBytes) huge = patch_text (cpio, 54, "ffffffff");
  g_autoptr (GBytes) no_number = patch_text (cpio, 54, "0000000g");
  g_autoptr (GBytes) old_format = patch_text (cpio, 0, "070707");
  g_autoptr (GBytes) no_format = patch_text (cpio, 0, "070703");
  g_autoptr (GBytes) open_name = patch_text (cpio, 110 + 4, "x");
  g_autoptr (GBytes) text = g_bytes_new_static ("hello", 5);

  packed = compress_bytes (&compressors[0], text);
  must_refuse (long_name, "too long");
  must_refuse (no_name, "too long");
  must_refuse (huge, "cut off");
  must_refuse (no_number, "wrong number");
  must_refuse (old_format, "newc");
  must_refuse (no_format, "newc");
  must_refuse (open_name, "does not end");
  must_refuse (text, "not an initramfs");
  must_refuse (packed, "do not hold a cpio archive");
}

static void
test_second_archive_cut_off_in_one_stream (void)
{
  g_autoptr (GBytes) cpio = late_archive ();
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (cpio, 0, 200);
  g_autoptr (GBytes) both = concat_bytes (cpio, 0, cut);
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], both);

  must_refuse (packed, "cut off");
}

/* Linux, too, starts with what it has unpacked. */
static void
test_rubbish_at_the_end (void)
{
  g_autoptr (GBytes) cpio = late_archive ();
  g_autoptr (GBytes) rubbish = g_bytes_new_static ("rubbish", 7);
  g_autoptr (GBytes) both = concat_bytes (cpio, 8, rubbish);
  g_autoptr (DomuimgInitramfs) initramfs = must_read (both);

  must_be_late (initramfs);
}

static void
test_a_bomb_is_cut_short (void)
{
  g_autofree char *mega = g_strnfill (1 << 20, 'x');
  g_autoptr (GByteArray) names = g_byte_array_new ();
  g_autoptr (GBytes) one = NULL;
  g_autoptr (GBytes) all = NULL;
  g_autoptr (GBytes) packed = NULL;

  mega[4000] = '\0';
  one = cpio_new (mega, "", NULL);
  for (guint i = 0; i < 5000; i++)
    g_byte_array_append (names, g_bytes_get_data (one, NULL), (guint) g_bytes_get_size (one));
  all = g_byte_array_free_to_bytes (g_steal_pointer (&names));
  packed = compress_bytes (&compressors[0], all);
  must_refuse (packed, "too many files");
}

/* Lists of modules beyond 4 MiB do not count. */
static void
test_lists_without_end (void)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GBytes) long_one = NULL;
  g_autoptr (GBytes) last = cpio_new ("lib/modules/6.2/modules.builtin", "kernel/late.ko\n", NULL);
  g_autoptr (GBytes) both = NULL;
  g_autoptr (DomuimgInitramfs) initramfs = NULL;

  while (list->len < 4 << 20)
    g_string_append (list, "kernel/early.ko\n");
  long_one = cpio_new ("lib/modules/6.1/modules.builtin", list->str, NULL);
  both = concat_bytes (long_one, 0, last);
  initramfs = must_read (both);
  g_assert_true (domuimg_initramfs_has_builtin (initramfs, "early"));
  g_assert_false (domuimg_initramfs_has_builtin (initramfs, "late"));
}

static void
must_fail (GBytes *bytes, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgInitramfs) initramfs = domuimg_initramfs_new_for_bytes (bytes, name, &error);

  g_assert_null (initramfs);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_true (g_str_has_prefix (error->message, name));
}

static void
test_what_must_fail (void)
{
  for_each_must_fail ("initramfs", must_fail);
}

/* What a kernel gets no root= for. */
static void
test_root_of_its_own (void)
{
  static const struct {
    const char *name;
    const char *text;
    const char *root;
  } cases[] = {
    { "nix/store/x-initrd-fsinfo", "/nix\n/dev/b\next4\nro\n/\n/dev/disk/by-uuid/1\nxfs\ndefaults\n",
      "/dev/disk/by-uuid/1" },
    { "nix/store/x-initrd-fsinfo", "/boot\n/\next4\nro\n", NULL },
    { "nix/store/x-initrd-fsinfo", "/", NULL },
    { "etc/fstab", "# x /sysroot\n/dev/a /sysroot/usr ext4\nUUID=1\t/sysroot ext4 ro 0 0\n", "UUID=1" },
    { "nix/store/x-initrd-fstab", "LABEL=r /sysroot xfs\n", "LABEL=r" },
    { "etc/cmdline.d/95root-dev.conf", " root=UUID=2 rootfstype=ext4\n", "UUID=2" },
    { "etc/cmdline.d/note.txt", "root=UUID=2\n", NULL },
    { "etc/cmdline.d/a.conf", "# root=UUID=3\nroot=\n", NULL },
    { "other/etc/fstab", "UUID=1 /sysroot ext4\n", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = cpio_new (cases[i].name, cases[i].text, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgInitramfs) initramfs = domuimg_initramfs_new_for_bytes (bytes, "initrd", &error);

      g_assert_no_error (error);
      g_assert_cmpstr (domuimg_initramfs_get_root (initramfs), ==, cases[i].root);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/initramfs/plain-and-in-each-compression", test_plain_and_in_each_compression);
  g_test_add_func ("/initramfs/microcode-comes-first", test_microcode_comes_first);
  g_test_add_func ("/initramfs/archives-of-different-compressions",
                   test_archives_of_different_compressions);
  g_test_add_func ("/initramfs/archives-in-one-stream", test_archives_in_one_stream);
  g_test_add_func ("/initramfs/truncated-anywhere", test_truncated_anywhere);
  g_test_add_func ("/initramfs/headers-that-lie", test_headers_that_lie);
  g_test_add_func ("/initramfs/second-archive-cut-off-in-one-stream",
                   test_second_archive_cut_off_in_one_stream);
  g_test_add_func ("/initramfs/rubbish-at-the-end", test_rubbish_at_the_end);
  g_test_add_func ("/initramfs/a-bomb-is-cut-short", test_a_bomb_is_cut_short);
  g_test_add_func ("/initramfs/lists-without-end", test_lists_without_end);
  g_test_add_func ("/initramfs/a-root-of-its-own", test_root_of_its_own);
  g_test_add_func ("/initramfs/what-must-fail", test_what_must_fail);
  return g_test_run ();
}
