/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>

#include "domuimg/error.h"
#include "domuimg/kernel.h"
#include "lib/base/decompress.h"
#include "tests/unit/kernel-fixtures.h"

static DomuimgKernel *
must_read (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  DomuimgKernel *kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);

  g_assert_no_error (error);
  g_assert_nonnull (kernel);
  return kernel;
}

static void
must_refuse (GBytes *bytes, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);

  g_assert_null (kernel);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_true (g_str_has_prefix (error->message, "vmlinuz: "));
  g_assert_nonnull (strstr (error->message, word));
}

/* @word is NULL where it can boot, else of the reason why it cannot. */
static void
must_boot (DomuimgKernel *kernel, DomuimgGuestType type, const char *word)
{
  g_autofree char *reason = NULL;

  g_assert_cmpint (domuimg_kernel_can_boot (kernel, type, &reason), ==, word == NULL);
  if (word == NULL)
    g_assert_null (reason);
  else if (strstr (reason, word) == NULL)
    g_error ("'%s' is not in '%s'", word, reason);
}

static void
test_bzimage_in_each_compression (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);

  for (guint i = 0; i < n_compressors; i++)
    {
      gboolean is_gzip = g_str_equal (compressors[i].name, "gzip");
      g_autoptr (GBytes) payload = compress_bytes (&compressors[i], elf);
      g_autoptr (GBytes) image
          = bzimage_new (0x020f, payload, is_gzip ? 0 : (guint32) g_bytes_get_size (elf),
                         "6.1.0-50-amd64 (builder@debian) #1 SMP");
      g_autoptr (DomuimgKernel) kernel = must_read (image);

      g_assert_cmpint (domuimg_kernel_get_format (kernel), ==, DOMUIMG_KERNEL_FORMAT_BZIMAGE);
      g_assert_cmpstr (domuimg_kernel_get_compression (kernel), ==, compressors[i].name);
      g_assert_cmpstr (domuimg_kernel_get_version (kernel), ==, "6.1.0-50-amd64");
      g_assert_cmpstr (domuimg_kernel_get_architecture (kernel), ==, "x86_64");
      g_assert_cmpstr (domuimg_kernel_get_boot_protocol (kernel), ==, "2.15");
      must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, NULL);
      must_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, NULL);
      must_boot (kernel, DOMUIMG_GUEST_TYPE_HVM, NULL);
    }
}

static void
test_elf_plain_and_gzipped (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) gzipped = compress_bytes (&compressors[0], elf);
  g_autoptr (DomuimgKernel) plain = must_read (elf);
  g_autoptr (DomuimgKernel) packed = must_read (gzipped);

  g_assert_cmpint (domuimg_kernel_get_format (plain), ==, DOMUIMG_KERNEL_FORMAT_ELF);
  g_assert_cmpint (domuimg_kernel_get_format (packed), ==, DOMUIMG_KERNEL_FORMAT_ELF_GZIP);
  g_assert_cmpstr (domuimg_kernel_get_version (packed), ==, "6.1.0-fixture");
  g_assert_cmpstr (domuimg_kernel_get_compression (plain), ==, "none");
  g_assert_null (domuimg_kernel_get_boot_protocol (plain));
  must_boot (packed, DOMUIMG_GUEST_TYPE_AUTO, NULL);
  must_boot (packed, DOMUIMG_GUEST_TYPE_HVM, "bzImages");
}

/* The checksum and the size behind the data. */
#define GZIP_END 8

static void
test_gzip_with_a_wrong_checksum (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], elf);
  gsize size = g_bytes_get_size (packed);
  const guint8 *bytes = g_bytes_get_data (packed, NULL);
  g_autoptr (GBytes) wrong
      = patch_bytes (packed, size - GZIP_END, 1, bytes[size - GZIP_END] ^ 1);
  g_autoptr (GBytes) image = bzimage_new (0x020f, wrong, 0, "6.1.0");
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (packed, 0, size - 1);

  must_refuse (wrong, "damaged");
  must_refuse (image, "damaged");
  must_refuse (cut, "truncated");
}

static void
test_notes_are_found_wherever_they_lie (void)
{
  static const guint bits[] = { 32, 64 };

  for (guint i = 0; i < G_N_ELEMENTS (bits); i++)
    for (NotesPlace place = NOTES_IN_SEGMENT; place <= NOTES_IN_SECTION; place++)
      {
        g_autoptr (GByteArray) notes = notes_of_linux (TRUE, TRUE);
        g_autoptr (GBytes) elf
            = elf_new (bits[i], bits[i] == 64 ? EM_X86_64 : EM_386, notes, place);
        g_autoptr (DomuimgKernel) kernel = must_read (elf);
        g_auto (GStrv) lines = domuimg_kernel_get_notes (kernel);

        g_assert_true (g_strv_contains ((const char *const *) lines, "LOADER: generic"));
        g_assert_true (g_strv_contains ((const char *const *) lines, "PHYS32_ENTRY: 0x1000850"));
        g_assert_true (
            g_strv_contains ((const char *const *) lines, "ENTRY: 0xffffffff830791c0"));
        g_assert_cmpuint (g_strv_length (lines), ==, 7);
        must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, NULL);
      }
}

static void
test_guest_section_is_for_pv_only (void)
{
  static const char text[] = "GUEST_OS=linux,GUEST_VER=2.6,XEN_VER=xen-3.0,VIRT_BASE=0xC0000000,"
                             "PAE=yes,LOADER=generic";
  g_autoptr (GByteArray) section = g_byte_array_new ();
  g_autoptr (GBytes) elf = NULL;
  g_autoptr (DomuimgKernel) kernel = NULL;

  g_byte_array_append (section, (const guint8 *) text, sizeof text);
  elf = elf_new (32, EM_386, section, NOTES_IN_GUEST_SECTION);
  kernel = must_read (elf);
  g_assert_cmpstr (domuimg_kernel_get_architecture (kernel), ==, "i386");
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, NULL);
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, "PHYS32_ENTRY");
}

static void
test_entry_points_decide (void)
{
  g_autoptr (GBytes) neither = elf_of_linux (FALSE, FALSE);
  g_autoptr (GBytes) pv_only = elf_of_linux (TRUE, FALSE);
  g_autoptr (GBytes) pvh_only = elf_of_linux (FALSE, TRUE);
  g_autoptr (DomuimgKernel) none = must_read (neither);
  g_autoptr (DomuimgKernel) pv = must_read (pv_only);
  g_autoptr (DomuimgKernel) pvh = must_read (pvh_only);

  must_boot (none, DOMUIMG_GUEST_TYPE_PV, "CONFIG_XEN_PV");
  must_boot (none, DOMUIMG_GUEST_TYPE_PVH, "CONFIG_PVH");
  must_boot (none, DOMUIMG_GUEST_TYPE_AUTO, "entry point");
  must_boot (pv, DOMUIMG_GUEST_TYPE_PV, NULL);
  must_boot (pv, DOMUIMG_GUEST_TYPE_PVH, "PHYS32_ENTRY");
  must_boot (pv, DOMUIMG_GUEST_TYPE_AUTO, NULL);
  must_boot (pvh, DOMUIMG_GUEST_TYPE_PV, "ENTRY");
  must_boot (pvh, DOMUIMG_GUEST_TYPE_AUTO, NULL);
}

typedef struct {
  guint16 machine;
  const char *loader, *os, *version, *features, *pae;
  const char *word; /* of the reason, NULL: it boots as PV */
} PvCase;

static const PvCase pv_cases[] = {
  { EM_X86_64, "generic", NULL, "xen-3.0", NULL, NULL, NULL },
  { EM_X86_64, NULL, "linux", "xen-3.0", NULL, NULL, NULL },
  { EM_X86_64, "generic", "NetBSD", "xen-3.0-x86_64", NULL, NULL, NULL },
  { EM_X86_64, NULL, "NetBSD", "xen-3.0", NULL, NULL, "generic loader" },
  { EM_X86_64, NULL, NULL, "xen-3.0", NULL, NULL, "generic loader" },
  { EM_X86_64, "generic", NULL, "xen-2.0", NULL, NULL, "'xen-2.0'" },
  { EM_X86_64, "generic", NULL, NULL, NULL, NULL, "missing" },
  { EM_X86_64, "generic", NULL, "xen-3.0", "!writable_page_tables|anything", NULL, NULL },
  { EM_X86_64, "generic", NULL, "xen-3.0", "!no_such_thing", NULL, "'no_such_thing'" },
  { EM_X86_64, "generic", NULL, "xen-3.0", "!dom0", NULL, "not a kernel for guests" },
  { EM_X86_64, "generic", NULL, "xen-3.0", "!auto_translated_physmap", NULL, "no longer" },
  { EM_X86_64, "generic", NULL, "xen-3.0", "auto_translated_physmap|dom0", NULL, NULL },
  { EM_386, "generic", NULL, "xen-3.0", NULL, "yes", NULL },
  { EM_386, "generic", NULL, "xen-3.0", NULL, "yes,bimodal", NULL },
  { EM_386, "generic", NULL, "xen-3.0", NULL, "yes[extended-cr3]", "PAE" },
  { EM_386, "generic", NULL, "xen-3.0", NULL, "bimodal", NULL },
  { EM_386, "generic", NULL, "xen-3.0", NULL, "no", "PAE" },
  { EM_386, "generic", NULL, "xen-3.0", NULL, NULL, "PAE" },
  { EM_AARCH64, "generic", NULL, "xen-3.0", NULL, NULL, "aarch64" },
};

static void
test_pv_rules (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (pv_cases); i++)
    {
      const PvCase *test = &pv_cases[i];
      g_autoptr (GByteArray) notes = g_byte_array_new ();
      g_autoptr (GBytes) elf = NULL;
      g_autoptr (DomuimgKernel) kernel = NULL;

      note_add (notes, "Xen", 1, "\0\0\0\x81\xff\xff\xff\xff", 8);
      if (test->loader != NULL)
        note_add_text (notes, 8, test->loader);
      if (test->os != NULL)
        note_add_text (notes, 6, test->os);
      if (test->version != NULL)
        note_add_text (notes, 5, test->version);
      if (test->features != NULL)
        note_add_text (notes, 10, test->features);
      if (test->pae != NULL)
        note_add_text (notes, 9, test->pae);
      elf = elf_new (test->machine == EM_386 ? 32 : 64, test->machine, notes, NOTES_IN_SEGMENT);
      kernel = must_read (elf);
      must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, test->word);
    }
}

static void
test_notes_of_others_do_not_count (void)
{
  g_autoptr (GByteArray) notes = g_byte_array_new ();
  g_autoptr (GBytes) elf = NULL;
  g_autoptr (DomuimgKernel) kernel = NULL;

  note_add (notes, "Xyz", 18, "\0\0\0\1", 4);
  note_add (notes, "Xen ", 18, "\0\0\0\1", 4);
  note_add_nameless (notes, 18, "Xen", 4);
  elf = elf_new (64, EM_X86_64, notes, NOTES_IN_SEGMENT);
  kernel = must_read (elf);
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, "PHYS32_ENTRY");
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, "no Xen notes");
}

/* As for Xen, which reads all of them. */
static void
test_the_last_of_two_notes_counts (void)
{
  g_autoptr (GByteArray) notes = notes_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) elf = NULL;
  g_autoptr (DomuimgKernel) kernel = NULL;

  note_add_text (notes, 5, "xen-2.0");
  elf = elf_new (64, EM_X86_64, notes, NOTES_IN_SEGMENT);
  kernel = must_read (elf);
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, "'xen-2.0'");
}

static void
test_notes_of_any_size_are_refused (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) large = concat_bytes (elf, 1200000, nothing);
  g_autoptr (GBytes) notes
      = patch_bytes (large, sizeof (Elf64_Ehdr) + offsetof (Elf64_Phdr, p_filesz), 8, 1150000);

  must_refuse (notes, "1 MiB of ELF notes");
}

/* Very old kernels say 0. */
static void
test_no_setup_sectors_are_four (void)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1", TRUE, TRUE);
  g_autoptr (GBytes) zero = patch_bytes (image, 0x1f1, 1, 0);
  gsize head = ((gsize) *((const guint8 *) g_bytes_get_data (image, NULL) + 0x1f1) + 1) * 512;
  g_autoptr (GBytes) setup = g_bytes_new_from_bytes (zero, 0, head);
  g_autoptr (GBytes) rest = g_bytes_new_from_bytes (zero, head, g_bytes_get_size (zero) - head);
  g_autoptr (GBytes) moved = concat_bytes (setup, 5 * 512 - head, rest);
  g_autoptr (DomuimgKernel) kernel = must_read (moved);

  must_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, NULL);
}

static void
test_old_protocols_hide_the_kernel (void)
{
  g_autoptr (GBytes) payload = g_bytes_new_static ("secret", 6);
  g_autoptr (GBytes) last = bzimage_new (0x0207, payload, 0, "2.6.23 (x)");
  g_autoptr (DomuimgKernel) last_of_them = must_read (last);
  g_autoptr (GBytes) image = bzimage_new (0x0206, payload, 0, "2.6.18-6-xen (x)");
  g_autoptr (DomuimgKernel) kernel = must_read (image);

  g_assert_cmpstr (domuimg_kernel_get_version (kernel), ==, "2.6.18-6-xen");
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, "2.06");
  must_boot (last_of_them, DOMUIMG_GUEST_TYPE_PV, "2.07");
  must_boot (kernel, DOMUIMG_GUEST_TYPE_HVM, NULL);
}

/* memtest86+ has the header of Linux, and nothing for Xen in it. */
static void
test_a_program_like_a_bzimage (void)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) image = bzimage_new (0x020c, nothing, 0, "memtest86+ (x)");
  g_autoptr (DomuimgKernel) kernel = must_read (image);

  g_assert_cmpint (domuimg_kernel_get_format (kernel), ==, DOMUIMG_KERNEL_FORMAT_BZIMAGE);
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, "no kernel in it");
  must_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, "only an HVM guest");
  must_boot (kernel, DOMUIMG_GUEST_TYPE_HVM, NULL);
}

static void
test_efi_and_arm_images_are_named (void)
{
  guint8 zboot[128] = "MZ\0\0zimg", arm[128] = "MZ";
  g_autoptr (GBytes) zboot_bytes = g_bytes_new_static (zboot, sizeof zboot);
  g_autoptr (GBytes) arm_bytes = NULL;
  g_autoptr (GBytes) arm_gzip = NULL;

  memcpy (arm + 0x38, "ARM\x64", 4);
  arm_bytes = g_bytes_new_static (arm, sizeof arm);
  arm_gzip = compress_bytes (&compressors[0], arm_bytes);
  g_autoptr (DomuimgKernel) efi = must_read (zboot_bytes);
  g_autoptr (DomuimgKernel) plain = must_read (arm_bytes);
  g_autoptr (DomuimgKernel) packed = must_read (arm_gzip);

  g_assert_cmpint (domuimg_kernel_get_format (efi), ==, DOMUIMG_KERNEL_FORMAT_EFI_ZBOOT);
  g_assert_cmpint (domuimg_kernel_get_format (packed), ==, DOMUIMG_KERNEL_FORMAT_ARM64_IMAGE);
  must_boot (efi, DOMUIMG_GUEST_TYPE_PVH, "zboot");
  must_boot (plain, DOMUIMG_GUEST_TYPE_PVH, "arm64");
}

static void
test_what_is_no_kernel (void)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) text = g_bytes_new_static ("root:x:0:0::/root:/bin/sh\n", 26);
  g_autoptr (GBytes) zipped = compress_bytes (&compressors[0], text);

  must_refuse (empty, "not a kernel");
  must_refuse (text, "not a kernel");
  must_refuse (zipped, "not an ELF");
}

/* Cut anywhere, each compression says that it is cut, or that it is no kernel. */
static void
test_truncated_anywhere (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);

  for (guint i = 0; i < n_compressors; i++)
    {
      g_autoptr (GBytes) payload = compress_bytes (&compressors[i], elf);
      g_autoptr (GBytes) image
          = bzimage_new (0x020f, payload, (guint32) g_bytes_get_size (elf), "6.1");
      gsize end = g_bytes_get_size (image) - 100;

      for (gsize length = 0; length < end; length += length < 0x280 ? 1 : 7)
        {
          g_autoptr (GBytes) cut = g_bytes_new_from_bytes (image, 0, length);

          must_refuse (cut, "");
        }
      /* The header fits the shorter payload, so that the decompressor meets the cut. */
      for (gsize length = 12; length + 8 < g_bytes_get_size (payload); length += 5)
        {
          g_autoptr (GBytes) part = g_bytes_new_from_bytes (payload, 0, length);
          g_autoptr (GBytes) cut
              = bzimage_new (0x020f, part, (guint32) g_bytes_get_size (elf), "6.1");

          must_refuse (cut, "");
        }
    }
}

static void
test_lengths_that_lie (void)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1", TRUE, TRUE);
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) far_offset = patch_bytes (image, 0x248, 4, 0xffffffff);
  g_autoptr (GBytes) long_payload = patch_bytes (image, 0x24c, 4, 0xffffffff);
  g_autoptr (GBytes) segments_far = patch_bytes (elf, offsetof (Elf64_Ehdr, e_phoff), 8, ~0ull);
  g_autoptr (GBytes) segments_small = patch_bytes (elf, offsetof (Elf64_Ehdr, e_phentsize), 2, 1);
  g_autoptr (GBytes) note_long
      = patch_bytes (elf, sizeof (Elf64_Ehdr) + offsetof (Elf64_Phdr, p_filesz), 8, ~0ull);
  g_autoptr (GBytes) wrong_class = patch_bytes (elf, EI_CLASS, 1, 7);

  must_refuse (far_offset, "cut off");
  must_refuse (long_payload, "cut off");
  must_refuse (segments_far, "segment table");
  must_refuse (segments_small, "segment table");
  must_refuse (note_long, "note segment");
  must_refuse (wrong_class, "not an ELF");
}

/* A note whose name or value runs out of its segment ends the notes, as for Xen. */
static void
test_notes_that_run_out (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  static const guint at[] = { 0, 4 };

  for (guint i = 0; i < G_N_ELEMENTS (at); i++)
    {
      g_autoptr (GBytes) bytes = patch_bytes (elf, 0x200 + at[i], 4, 0xffffffff);
      g_autoptr (DomuimgKernel) kernel = must_read (bytes);

      must_boot (kernel, DOMUIMG_GUEST_TYPE_PV, "no Xen notes");
    }
}

static void
test_big_endian_is_not_supported (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) big = patch_bytes (elf, EI_DATA, 1, ELFDATA2MSB);
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_kernel_new_for_bytes (big, "vmlinux", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
}

static void
test_decompression_stops_at_the_limit (void)
{
  g_autofree guint8 *zeros = g_malloc0 (4 << 20);
  g_autoptr (GBytes) plain = g_bytes_new_static (zeros, 4 << 20);

  for (guint i = 0; i < n_compressors; i++)
    {
      g_autoptr (GBytes) packed = compress_bytes (&compressors[i], plain);
      DomuimgBytes bytes = domuimg_bytes_of (packed);
      DomuimgCompression compression = domuimg_compression_detect (bytes);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) all = NULL;

      g_assert_null (domuimg_decompress (compression, bytes, "x", 0, (4 << 20) - 1, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
      g_clear_error (&error);
      all = domuimg_decompress (compression, bytes, "x", 0, 4 << 20, &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (all, plain));
    }
}

/* What cannot be compressed is stored as it is, by some. */
static void
test_random_bytes_come_back (void)
{
  g_autoptr (GByteArray) random = g_byte_array_new ();
  g_autoptr (GBytes) plain = NULL;

  for (guint i = 0; i < 100000; i++)
    {
      guint32 word = g_test_rand_int ();

      g_byte_array_append (random, (const guint8 *) &word, sizeof word);
    }
  plain = g_byte_array_free_to_bytes (g_steal_pointer (&random));
  for (guint i = 0; i < n_compressors; i++)
    {
      g_autoptr (GBytes) packed = compress_bytes (&compressors[i], plain);
      DomuimgBytes bytes = domuimg_bytes_of (packed);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) all = domuimg_decompress (domuimg_compression_detect (bytes), bytes, "x",
                                                   0, 4 << 20, &error);

      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (all, plain));
    }
}

static void
test_files (void)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1", TRUE, FALSE);
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("kernel-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "vmlinuz", NULL);
  g_autoptr (DomuimgKernel) kernel = NULL;

  g_assert_null (domuimg_kernel_new_for_file (path, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_assert_null (domuimg_kernel_new_for_file (directory, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_clear_error (&error);

  g_file_set_contents (path, g_bytes_get_data (image, NULL), (gssize) g_bytes_get_size (image),
                       &error);
  g_assert_no_error (error);
  kernel = domuimg_kernel_new_for_file (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (domuimg_kernel_get_version (kernel), ==, "6.1");
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernel/bzimage-in-each-compression", test_bzimage_in_each_compression);
  g_test_add_func ("/kernel/elf-plain-and-gzipped", test_elf_plain_and_gzipped);
  g_test_add_func ("/kernel/gzip-checksum", test_gzip_with_a_wrong_checksum);
  g_test_add_func ("/kernel/notes-are-found-wherever-they-lie",
                   test_notes_are_found_wherever_they_lie);
  g_test_add_func ("/kernel/guest-section-is-for-pv-only", test_guest_section_is_for_pv_only);
  g_test_add_func ("/kernel/entry-points-decide", test_entry_points_decide);
  g_test_add_func ("/kernel/pv-rules", test_pv_rules);
  g_test_add_func ("/kernel/notes-of-others-do-not-count", test_notes_of_others_do_not_count);
  g_test_add_func ("/kernel/the-last-of-two-notes-counts", test_the_last_of_two_notes_counts);
  g_test_add_func ("/kernel/notes-of-any-size-are-refused", test_notes_of_any_size_are_refused);
  g_test_add_func ("/kernel/no-setup-sectors-are-four", test_no_setup_sectors_are_four);
  g_test_add_func ("/kernel/old-protocols-hide-the-kernel", test_old_protocols_hide_the_kernel);
  g_test_add_func ("/kernel/a-program-like-a-bzimage", test_a_program_like_a_bzimage);
  g_test_add_func ("/kernel/efi-and-arm-images-are-named", test_efi_and_arm_images_are_named);
  g_test_add_func ("/kernel/what-is-no-kernel", test_what_is_no_kernel);
  g_test_add_func ("/kernel/truncated-anywhere", test_truncated_anywhere);
  g_test_add_func ("/kernel/lengths-that-lie", test_lengths_that_lie);
  g_test_add_func ("/kernel/notes-that-run-out", test_notes_that_run_out);
  g_test_add_func ("/kernel/big-endian-is-not-supported", test_big_endian_is_not_supported);
  g_test_add_func ("/kernel/decompression-stops-at-the-limit",
                   test_decompression_stops_at_the_limit);
  g_test_add_func ("/kernel/random-bytes-come-back", test_random_bytes_come_back);
  g_test_add_func ("/kernel/files", test_files);
  return g_test_run ();
}
