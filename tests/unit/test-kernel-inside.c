/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <elf.h>
#include <glib/gstdio.h>
#include <string.h>

#include "domuimg/error.h"
#include "domuimg/kernel.h"
#include "lib/elf/note.h"
#include "lib/kernel/bzimage.h"
#include "lib/kernel/ikconfig.h"
#include "lib/kernel/pe.h"
#include "lib/kernel/unpack.h"
#include "tests/unit/kernel-fixtures.h"

/* Kernels in other files, and what lies in kernels. */

#define PE_AT 0x80
#define SECTIONS_AT (PE_AT + 24 + OPTIONAL)
#define OPTIONAL 112
#define CONTENT_AT 0x400

static void
put_le (guint8 *at, guint width, guint64 value)
{
  for (guint i = 0; i < width; i++)
    at[i] = (guint8) (value >> (8 * i));
}

/* A PE file with two sections, the second of which has @name and @content, filled up to 512. */
static GBytes *
pe_new (const char *name, GBytes *content)
{
  gsize length = g_bytes_get_size (content);
  gsize padded = (length + 511) / 512 * 512;
  guint8 *file = g_malloc0 (CONTENT_AT + padded);
  guint8 *section = file + SECTIONS_AT + 40;

  memcpy (file, "MZ", 2);
  put_le (file + 0x3c, 4, PE_AT);
  memcpy (file + PE_AT, "PE\0\0", 4);
  put_le (file + PE_AT + 4, 2, 0x8664);
  put_le (file + PE_AT + 6, 2, 2);
  put_le (file + PE_AT + 20, 2, OPTIONAL);
  memcpy (file + SECTIONS_AT, ".text", 5);
  strncpy ((char *) section, name, 8);
  put_le (section + 8, 4, length);
  put_le (section + 16, 4, padded);
  put_le (section + 20, 4, CONTENT_AT);
  memcpy (file + CONTENT_AT, g_bytes_get_data (content, NULL), length);
  return g_bytes_new_take (file, CONTENT_AT + padded);
}

static GBytes *
uki_new (void)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.5.0-uki", TRUE, TRUE);

  return pe_new (".linux", image);
}

static void
must_refuse (GBytes *bytes, const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);

  g_assert_null (kernel);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  if (strstr (error->message, word) == NULL)
    g_error ("'%s' is not in '%s'", word, error->message);
}

static void
test_unified_kernel_images (void)
{
  g_autoptr (GBytes) uki = uki_new ();
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (uki, "linux.efi", NULL);
  g_autofree char *direct = NULL, *grub = NULL;

  g_assert_cmpint (domuimg_kernel_get_format (kernel), ==, DOMUIMG_KERNEL_FORMAT_UKI);
  g_assert_cmpstr (domuimg_kernel_get_version (kernel), ==, "6.5.0-uki");
  g_assert_cmpstr (domuimg_kernel_get_architecture (kernel), ==, "x86_64");
  g_assert_cmpstr (domuimg_kernel_get_compression (kernel), ==, "gzip");
  g_assert_cmpstr (domuimg_kernel_get_boot_protocol (kernel), ==, "2.15");
  g_assert_false (domuimg_kernel_can_boot_with (kernel, DOMUIMG_GUEST_TYPE_PVH,
                                                DOMUIMG_LOADER_DIRECT, "4.17", &direct));
  g_assert_nonnull (strstr (direct, ".linux and .initrd"));
  g_assert_false (domuimg_kernel_can_boot_with (kernel, DOMUIMG_GUEST_TYPE_PV,
                                                DOMUIMG_LOADER_PVGRUB, "4.17", &grub));
  g_assert_nonnull (strstr (grub, "unified kernel image"));
  g_assert_false (domuimg_kernel_can_boot_with (kernel, DOMUIMG_GUEST_TYPE_HVM,
                                                DOMUIMG_LOADER_DIRECT, "4.17", NULL));
  g_assert_true (domuimg_kernel_can_boot_with (kernel, DOMUIMG_GUEST_TYPE_HVM,
                                               DOMUIMG_LOADER_FIRMWARE, "4.17", NULL));
}

static void
test_sections_that_lie (void)
{
  g_autoptr (GBytes) uki = uki_new ();
  g_autoptr (GBytes) twice = pe_new (".linux", uki);
  g_autoptr (GBytes) other = pe_new (".linuxes", uki);
  g_autoptr (GBytes) header_far = patch_bytes (uki, 0x3c, 4, 0xfffffff0);
  g_autoptr (GBytes) optional_long = patch_bytes (uki, PE_AT + 20, 2, 0xffff);
  g_autoptr (GBytes) content_far = patch_bytes (uki, SECTIONS_AT + 40 + 20, 4, 0xffffffff);
  g_autoptr (GBytes) content_long = patch_bytes (uki, SECTIONS_AT + 40 + 8, 4, 0xffffffff);
  g_autoptr (GBytes) both_long = patch_bytes (content_long, SECTIONS_AT + 40 + 16, 4, 0xffffffff);
  g_autoptr (GBytes) short_content = patch_bytes (uki, SECTIONS_AT + 40 + 8, 4, 100);
  g_autoptr (GBytes) many = patch_bytes (uki, PE_AT + 6, 2, 0xffff);
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (many, "linux.efi", NULL);

  must_refuse (twice, "within");
  must_refuse (other, "not a kernel");
  must_refuse (header_far, "not a kernel");
  must_refuse (optional_long, "not a kernel");
  must_refuse (content_far, "not a kernel");
  must_refuse (both_long, "not a kernel");
  must_refuse (short_content, "");
  g_assert_nonnull (kernel);
  for (gsize length = 0; length < g_bytes_get_size (uki) - 512; length += 3)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (uki, 0, length);

      must_refuse (cut, "");
    }
}

#define CONFIG "# Linux\nCONFIG_64BIT=y\nCONFIG_XEN=y\nCONFIG_XEN_PV=y\nCONFIG_PVH=y\n"

static GBytes *
ikconfig_new (const char *config)
{
  g_autoptr (GBytes) plain = g_bytes_new (config, strlen (config));
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], plain);
  g_autoptr (GBytes) begin = g_bytes_new_static ("IKCFG_ST", 8);
  g_autoptr (GBytes) end = g_bytes_new_static ("IKCFG_ED", 8);
  g_autoptr (GBytes) opened = concat_bytes (begin, 0, packed);

  return concat_bytes (opened, 0, end);
}

static void
test_configuration_in_a_kernel (void)
{
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) config = ikconfig_new (CONFIG);
  g_autoptr (GBytes) whole = concat_bytes (elf, 64, config);
  g_autoptr (GBytes) cut = g_bytes_new_from_bytes (whole, 0, g_bytes_get_size (whole) - 1);
  g_autoptr (GBytes) damaged = patch_bytes (whole, g_bytes_get_size (whole) - 20, 4, 0x12345678);
  g_autoptr (DomuimgKernel) good = domuimg_kernel_new_for_bytes (whole, "vmlinux", NULL);
  g_autoptr (DomuimgKernel) unfinished = domuimg_kernel_new_for_bytes (cut, "vmlinux", NULL);
  g_autoptr (DomuimgKernel) broken = domuimg_kernel_new_for_bytes (damaged, "vmlinux", NULL);
  g_auto (GStrv) lines = domuimg_kernel_get_xen_config (good);
  g_auto (GStrv) none = domuimg_kernel_get_xen_config (unfinished);
  g_auto (GStrv) nothing = domuimg_kernel_get_xen_config (broken);
  g_autofree char *list = g_strjoinv (" ", lines);

  g_assert_cmpstr (list, ==, "CONFIG_XEN=y CONFIG_XEN_PV=y CONFIG_PVH=y");
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_cmpuint (g_strv_length (nothing), ==, 0);
  /* What the kernel itself says counts. */
  g_assert_false (domuimg_kernel_can_boot_with (good, DOMUIMG_GUEST_TYPE_PVH,
                                                DOMUIMG_LOADER_DIRECT, "4.17", NULL));
  g_assert_true (domuimg_kernel_can_boot_with (broken, DOMUIMG_GUEST_TYPE_PVH,
                                               DOMUIMG_LOADER_DIRECT, "4.17", NULL));
}

static void
test_configuration_beside_a_kernel (void)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1-own", TRUE, TRUE);
  g_autofree char *directory = g_dir_make_tmp ("kernel-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "vmlinuz", NULL);
  g_autofree char *config = g_build_filename (directory, "config-6.1-own", NULL);
  g_autoptr (DomuimgKernel) kernel = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (image, NULL),
                                      (gssize) g_bytes_get_size (image), NULL));
  g_assert_true (g_file_set_contents (config, "CONFIG_XEN_PVH=y\n", -1, NULL));
  kernel = domuimg_kernel_new_for_file (path, NULL);
  lines = domuimg_kernel_get_xen_config (kernel);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  g_assert_cmpstr (lines[0], ==, "CONFIG_XEN_PVH=y");
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_remove (config), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

#define LARGE (300 * 1024)
#define NOTES_AT 200001 /* on no boundary of pages or pieces */

/* As large as several pieces of a decompressor, and as hard to compress as a kernel. */
static GByteArray *
large_elf_new (void)
{
  g_autoptr (GByteArray) notes = notes_of_linux (TRUE, TRUE);
  GByteArray *elf = g_byte_array_sized_new (LARGE);
  Elf64_Ehdr head = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB },
                      .e_type = ET_EXEC,
                      .e_machine = EM_X86_64,
                      .e_phoff = sizeof head,
                      .e_phentsize = sizeof (Elf64_Phdr),
                      .e_phnum = 1 };
  Elf64_Phdr segment = { .p_type = PT_NOTE, .p_offset = NOTES_AT, .p_filesz = notes->len };
  guint32 random = 1;

  for (guint i = 0; i < LARGE; i++)
    {
      guint8 byte;

      random = random * 1103515245 + 12345;
      byte = (guint8) (random >> 24);
      g_byte_array_append (elf, &byte, 1);
    }
  memcpy (elf->data, &head, sizeof head);
  memcpy (elf->data + sizeof head, &segment, sizeof segment);
  memcpy (elf->data + NOTES_AT, notes->data, notes->len);
  return elf;
}

/* What is kept is what is in the whole. */
static void
must_unpack (GBytes *elf, guint64 config)
{
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], elf);
  const DomuimgPacked what
      = { DOMUIMG_COMPRESSION_GZIP, domuimg_bytes_of (packed), "vmlinuz", LARGE, FALSE };
  g_auto (DomuimgUnpacked) unpacked = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgElf) kept = NULL;

  g_assert_true (domuimg_unpack (&what, &unpacked, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (unpacked.size, ==, LARGE);
  g_assert_cmpuint (unpacked.config, ==, config);
  kept = domuimg_elf_parse (domuimg_bytes (unpacked.data, unpacked.size), "vmlinuz", NULL);
  g_assert_cmpuint (kept->notes->len, ==, 7);
  g_assert_cmpstr (domuimg_elf_get_note (kept, DOMUIMG_XEN_NOTE_PHYS32_ENTRY), ==, "0x1000850");
  if (config != 0)
    {
      DomuimgBytes rest = domuimg_bytes (unpacked.data + config, unpacked.size - config);
      g_autofree char *text = domuimg_ikconfig_find (rest);

      g_assert_cmpstr (text, ==, CONFIG);
    }
}

/* The mark may lie across any two pieces, before the notes or after them. */
static void
test_notes_and_configuration_are_kept (void)
{
  static const guint near[] = { 5000, 65536, 131072, 262144 };
  g_autoptr (GBytes) config = ikconfig_new (CONFIG);
  g_autoptr (GByteArray) plain = large_elf_new ();
  g_autoptr (GBytes) without = g_bytes_new (plain->data, plain->len);

  must_unpack (without, 0);
  for (guint i = 0; i < G_N_ELEMENTS (near); i++)
    for (int shift = -9; shift <= 1; shift += 2)
      {
        g_autoptr (GByteArray) elf = large_elf_new ();
        guint64 at = near[i] + shift;
        g_autoptr (GBytes) bytes = NULL;

        memcpy (elf->data + at, g_bytes_get_data (config, NULL), g_bytes_get_size (config));
        bytes = g_bytes_new (elf->data, elf->len);
        must_unpack (bytes, at);
      }
}

static void
must_give_up (GBytes *plain, guint64 expected)
{
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], plain);
  const DomuimgPacked what
      = { DOMUIMG_COMPRESSION_GZIP, domuimg_bytes_of (packed), "vmlinuz", expected, FALSE };
  g_auto (DomuimgUnpacked) unpacked = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_unpack (&what, &unpacked, &error));
  g_assert_no_error (error);
}

static void
test_what_must_be_kept_whole (void)
{
  g_autoptr (GByteArray) elf = large_elf_new ();
  g_autoptr (GBytes) plain = g_bytes_new (elf->data, elf->len);
  g_autoptr (GBytes) no_notes
      = patch_bytes (plain, sizeof (Elf64_Ehdr) + offsetof (Elf64_Phdr, p_type), 4, PT_LOAD);
  g_autoptr (GBytes) early_notes
      = patch_bytes (plain, sizeof (Elf64_Ehdr) + offsetof (Elf64_Phdr, p_offset), 8, 512);
  g_autoptr (GBytes) of_32_bits = patch_bytes (plain, EI_CLASS, 1, ELFCLASS32);
  g_autoptr (GBytes) small = elf_of_linux (TRUE, TRUE);

  must_give_up (no_notes, LARGE);
  must_give_up (early_notes, LARGE);
  must_give_up (of_32_bits, LARGE);
  must_give_up (small, g_bytes_get_size (small));
  /* A size that is not true. */
  must_give_up (plain, LARGE - 1);
  must_give_up (plain, LARGE + 1);
  must_give_up (plain, 1);
  must_give_up (plain, G_MAXUINT64);
}

/* By the checksum of xz. */
static void
test_damage_is_seen_though_nothing_is_kept (void)
{
  static const Compressor xz = { "xz", { "xz", "--check=crc32" } };
  g_autoptr (GByteArray) elf = large_elf_new ();
  g_autoptr (GBytes) plain = g_bytes_new (elf->data, elf->len);
  g_autoptr (GBytes) packed = compress_bytes (&xz, plain);
  g_autoptr (GBytes) damaged = patch_bytes (packed, g_bytes_get_size (packed) / 2, 4, 0);
  g_autoptr (GBytes) image = bzimage_new (0x020f, packed, LARGE, "6.1");
  g_autoptr (GBytes) broken = bzimage_new (0x020f, damaged, LARGE, "6.1");
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (image, "vmlinuz", &error);

  g_assert_no_error (error);
  g_assert_true (domuimg_kernel_can_boot (kernel, DOMUIMG_GUEST_TYPE_PV, NULL));
  must_refuse (broken, "");
}

/* A bzImage that EFI starts: its PE header lies in the first sector. */
static GBytes *
add_pe_header (GBytes *image, guint16 magic)
{
  g_autoptr (GBytes) dos = patch_bytes (image, 0, 2, 0x5a4d);
  g_autoptr (GBytes) place = patch_bytes (dos, 0x3c, 4, 0x40);
  g_autoptr (GBytes) pe = patch_bytes (place, 0x40, 4, 0x4550);

  return patch_bytes (pe, 0x40 + 24, 2, magic);
}

/* What sbsign(1) changes: the checksum, the place of the signature, and the signature behind. */
static GBytes *
sign_bzimage (GBytes *image, gsize directories)
{
  g_autoptr (GBytes) checksum = patch_bytes (image, 0x40 + 24 + 64, 4, 0x12345678);
  g_autoptr (GBytes) place = patch_bytes (checksum, 0x40 + 24 + directories + 32, 8,
                                          g_bytes_get_size (image) | (guint64) 1472 << 32);
  g_autofree guint8 *signature = g_malloc (1472);
  g_autoptr (GBytes) behind = NULL;

  memset (signature, 0x55, 1472);
  behind = g_bytes_new (signature, 1472);
  return concat_bytes (place, 0, behind);
}

static gboolean
is_whole (GBytes *image)
{
  g_auto (DomuimgBzimage) bzimage = { 0 };
  g_autoptr (GError) error = NULL;

  domuimg_bzimage_parse (domuimg_bytes_of (image), "vmlinuz", &bzimage, &error);
  g_assert_no_error (error);
  return bzimage.is_whole;
}

static void
test_checksum_of_a_bzimage (void)
{
  static const struct {
    guint16 magic;
    gsize directories;
  } kinds[] = { { 0x20b, 112 }, { 0x10b, 96 } };
  g_autoptr (GByteArray) elf = large_elf_new ();
  g_autoptr (GBytes) plain = g_bytes_new (elf->data, elf->len);
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], plain);
  g_autoptr (GBytes) without = bzimage_new (0x020f, packed, LARGE, "6.1");
  g_autoptr (GBytes) image = bzimage_add_checksum (without);

  g_assert_false (is_whole (without));
  g_assert_true (is_whole (image));
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GBytes) efi = add_pe_header (without, kinds[i].magic);
      g_autoptr (GBytes) summed = bzimage_add_checksum (efi);
      g_autoptr (GBytes) signed_image = sign_bzimage (summed, kinds[i].directories);
      g_autoptr (GBytes) damaged
          = patch_bytes (signed_image, g_bytes_get_size (summed) / 2, 1, 0x77);

      g_assert_true (is_whole (summed));
      g_assert_true (is_whole (signed_image));
      g_assert_false (is_whole (damaged));
    }
}

/* So little of it is unpacked that damage behind the notes is not seen: it would be in the checksum. */
static void
test_what_is_whole_is_unpacked_as_far_as_needed (void)
{
  static const Compressor xz = { "xz", { "xz", "--check=crc32" } };
  g_autoptr (GByteArray) elf = large_elf_new ();
  g_autoptr (GBytes) plain = g_bytes_new (elf->data, elf->len);
  g_autoptr (GBytes) packed = compress_bytes (&xz, plain);
  g_autoptr (GBytes) damaged = patch_bytes (packed, g_bytes_get_size (packed) - 100, 4, 0);
  g_autoptr (GBytes) broken = bzimage_new (0x020f, damaged, LARGE, "6.1");
  g_autoptr (GBytes) summed = bzimage_add_checksum (broken);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (summed, "vmlinuz", &error);

  g_assert_no_error (error);
  g_assert_true (domuimg_kernel_can_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, NULL));
  must_refuse (broken, "");
}

/* 80 MiB out of almost nothing. */
static void
test_bombs (void)
{
  gsize size = (gsize) 80 << 20;
  g_autofree guint8 *zeros = g_malloc0 (size);
  g_autoptr (GBytes) plain = g_bytes_new_static (zeros, size);
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], plain);
  g_autoptr (GBytes) image = bzimage_new (0x020f, packed, 0, "6.1");

  must_refuse (packed, "more than 64 MiB");
  must_refuse (image, "more than 64 MiB");
}

static void
must_fail (GBytes *bytes, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (bytes, name, &error);

  g_assert_null (kernel);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_true (g_str_has_prefix (error->message, name));
  if (g_str_has_prefix (name, "bomb"))
    g_assert_nonnull (strstr (error->message, "more than 64 MiB"));
}

static void
test_what_must_fail (void)
{
  for_each_must_fail ("kernel", must_fail);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernel-inside/unified-kernel-images", test_unified_kernel_images);
  g_test_add_func ("/kernel-inside/sections-that-lie", test_sections_that_lie);
  g_test_add_func ("/kernel-inside/configuration-in-a-kernel", test_configuration_in_a_kernel);
  g_test_add_func ("/kernel-inside/configuration-beside-a-kernel",
                   test_configuration_beside_a_kernel);
  g_test_add_func ("/kernel-inside/notes-and-configuration-are-kept",
                   test_notes_and_configuration_are_kept);
  g_test_add_func ("/kernel-inside/what-must-be-kept-whole", test_what_must_be_kept_whole);
  g_test_add_func ("/kernel-inside/damage-is-seen-though-nothing-is-kept",
                   test_damage_is_seen_though_nothing_is_kept);
  g_test_add_func ("/kernel-inside/checksum-of-a-bzimage", test_checksum_of_a_bzimage);
  g_test_add_func ("/kernel-inside/what-is-whole-is-unpacked-as-far-as-needed",
                   test_what_is_whole_is_unpacked_as_far_as_needed);
  g_test_add_func ("/kernel-inside/bombs", test_bombs);
  g_test_add_func ("/kernel-inside/what-must-fail", test_what_must_fail);
  return g_test_run ();
}
