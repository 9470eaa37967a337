/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "domuimg/error.h"
#include "lib/base/remove.h"
#include "lib/kernel/compat.h"
#include "tests/unit/kernel-fixtures.h"

#define MIB (1024 * 1024)
#define ALL_CODECS (~0u)

/* @word is NULL where it boots, else of the reason why it does not. */
static void
must_be (gboolean boots, const char *reason, const char *word, const char *what)
{
  if (boots != (word == NULL) || (word != NULL && strstr (reason, word) == NULL))
    g_error ("%s: %s: %s", what, boots ? "boots" : "does not boot", reason);
  if (boots)
    g_assert_null (reason);
}

static const DomuimgLoader loaders[] = { DOMUIMG_LOADER_DIRECT, DOMUIMG_LOADER_PVGRUB,
                                         DOMUIMG_LOADER_PYGRUB, DOMUIMG_LOADER_FIRMWARE };

/* For each loader as PV, PVH and HVM: a word of the reason, NULL where it boots. */
typedef const char *Matrix[4][3];

static void
must_match (GBytes *bytes, const char *xen, const Matrix matrix)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);

  g_assert_no_error (error);
  for (guint i = 0; i < 4; i++)
    for (guint j = 0; j < 3; j++)
      {
        g_autofree char *reason = NULL;
        DomuimgGuestType type = DOMUIMG_GUEST_TYPE_PV + j;
        g_autofree char *what = g_strdup_printf ("%s as %s", domuimg_loader_to_string (loaders[i]),
                                                 domuimg_guest_type_to_string (type));

        gboolean boots = domuimg_kernel_can_boot_with (kernel, type, loaders[i], xen, &reason);

        must_be (boots, reason, matrix[i][j], what);
      }
}

static void
test_linux_by_each_loader (void)
{
  static const Matrix matrix = {
    { NULL, NULL, NULL },
    { NULL, NULL, "by its firmware" },
    { NULL, NULL, "by its firmware" },
    { "no firmware", "no firmware", NULL },
  };
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1.0-50-amd64", TRUE, TRUE);

  must_match (image, "4.17", matrix);
  must_match (image, NULL, matrix);
}

static void
test_linux_without_xen_boots_by_firmware_only (void)
{
  static const Matrix matrix = {
    { "CONFIG_XEN_PV", "CONFIG_PVH", NULL },
    { "CONFIG_XEN_PV", "CONFIG_PVH", "by its firmware" },
    { "CONFIG_XEN_PV", "CONFIG_PVH", "by its firmware" },
    { "no firmware", "no firmware", NULL },
  };
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1.0-50-amd64", FALSE, FALSE);

  must_match (image, "4.17", matrix);
}

static void
test_elf_is_nothing_for_32_bit_entries (void)
{
  static const Matrix matrix = {
    { NULL, NULL, "bzImages" },
    { NULL, "not a bzImage", "by its firmware" },
    { NULL, NULL, "by its firmware" },
    { "no firmware", "no firmware", NULL },
  };
  g_autoptr (GBytes) elf = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) packed = compress_bytes (&compressors[0], elf);

  must_match (elf, "4.17", matrix);
  must_match (packed, "4.17", matrix);
}

static void
test_linux_4_knows_no_pvh_grub (void)
{
  static const Matrix matrix = {
    { NULL, NULL, NULL },
    { NULL, "before 5.0", "by its firmware" },
    { NULL, NULL, "by its firmware" },
    { "no firmware", "no firmware", NULL },
  };
  g_autoptr (GBytes) image = bzimage_of_linux ("4.19.0-27-amd64", TRUE, TRUE);

  must_match (image, "4.17", matrix);
}

static void
test_other_architectures (void)
{
  static const Matrix matrix = {
    { "aarch64", "aarch64", "aarch64" },
    { "aarch64", "aarch64", "by its firmware" },
    { "aarch64", "aarch64", "by its firmware" },
    { "no firmware", "no firmware", "aarch64" },
  };
  guint8 arm[128] = "MZ";
  g_autoptr (GBytes) bytes = NULL;

  memcpy (arm + 0x38, "ARM\x64", 4);
  bytes = g_bytes_new_static (arm, sizeof arm);
  must_match (bytes, "4.17", matrix);
}

static void
test_a_wrong_version_is_no_yes (void)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1", TRUE, TRUE);
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (image, "vmlinuz", NULL);
  g_autofree char *reason = NULL;

  g_assert_false (domuimg_kernel_can_boot_with (kernel, DOMUIMG_GUEST_TYPE_PV,
                                                DOMUIMG_LOADER_DIRECT, "latest", &reason));
  g_assert_nonnull (strstr (reason, "“latest”"));
}

typedef struct {
  DomuimgCompression compression;
  guint dictionary; /* MiB */
  const char *xen;
  DomuimgLoader loader;
  const char *word; /* of the reason as PV */
} PackedCase;

#define DIRECT DOMUIMG_LOADER_DIRECT
#define PVGRUB DOMUIMG_LOADER_PVGRUB

static const PackedCase packed_cases[] = {
  { DOMUIMG_COMPRESSION_GZIP, 0, "4.11", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_LZ4, 0, "4.11", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_NONE, 0, "4.17", DIRECT, "not compressed" },
  { DOMUIMG_COMPRESSION_ZSTD, 0, "4.14.6", DIRECT, "from 4.15 on" },
  { DOMUIMG_COMPRESSION_ZSTD, 0, "4.15", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_ZSTD, 0, "4.15", DOMUIMG_LOADER_PYGRUB, NULL },
  { DOMUIMG_COMPRESSION_XZ, 32, "4.11", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_XZ, 127, "4.17", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.17", DIRECT, "less than 128 MiB" },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.17.7", DIRECT, "4.18.5" },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.17.7", DOMUIMG_LOADER_PYGRUB, "4.18.5" },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.18.4", DIRECT, "4.18.5" },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.18.5", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.18", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.19.1", DIRECT, "4.19.2" },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.19.2", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.20.0", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_XZ, 255, "4.21", DIRECT, NULL },
  { DOMUIMG_COMPRESSION_XZ, 256, "4.21", DIRECT, "less than 256 MiB" },
  { DOMUIMG_COMPRESSION_LZMA, 128, "4.17", DIRECT, "lzma dictionary" },
  /* GRUB unpacks by itself, whatever Xen can. */
  { DOMUIMG_COMPRESSION_NONE, 0, "4.17", PVGRUB, NULL },
  { DOMUIMG_COMPRESSION_GZIP, 0, "4.17", PVGRUB, NULL },
  { DOMUIMG_COMPRESSION_LZO, 0, "4.17", PVGRUB, NULL },
  { DOMUIMG_COMPRESSION_XZ, 128, "4.17", PVGRUB, NULL },
  { DOMUIMG_COMPRESSION_ZSTD, 0, "4.20", PVGRUB, "gzip, xz and lzo" },
  { DOMUIMG_COMPRESSION_LZ4, 0, "4.20", PVGRUB, "lz4" },
  { DOMUIMG_COMPRESSION_BZIP2, 0, "4.20", PVGRUB, "bzip2" },
  { DOMUIMG_COMPRESSION_LZMA, 0, "4.20", PVGRUB, "lzma" },
};

static DomuimgElf *
parse_elf (void)
{
  g_autoptr (GBytes) bytes = elf_of_linux (TRUE, TRUE);

  return domuimg_elf_parse (domuimg_bytes_of (bytes), "vmlinux", NULL);
}

static DomuimgCompatXen
xen_of (const char *text)
{
  DomuimgCompatXen xen = { .codecs = ALL_CODECS };

  g_assert_true (domuimg_xen_version_parse (text, &xen.version, NULL));
  return xen;
}

static void
test_compressions_by_release (void)
{
  g_autoptr (DomuimgElf) elf = parse_elf ();

  for (guint i = 0; i < G_N_ELEMENTS (packed_cases); i++)
    {
      const PackedCase *test = &packed_cases[i];
      DomuimgKernelFacts facts = { .format = DOMUIMG_KERNEL_FORMAT_BZIMAGE,
                                   .version = "6.12",
                                   .protocol = "2.15",
                                   .elf = elf,
                                   .architecture = "x86_64",
                                   .compression = test->compression,
                                   .dictionary = (guint64) test->dictionary * MIB };
      DomuimgCompatXen xen = xen_of (test->xen);
      g_autofree char *reason = NULL;
      DomuimgCompatProblem problem = domuimg_compat_check_with (
          &facts, DOMUIMG_GUEST_TYPE_PV, test->loader, &xen, &reason);

      must_be (problem == DOMUIMG_COMPAT_FINE, reason, test->word, test->xen);
      if (problem != DOMUIMG_COMPAT_FINE)
        g_assert_cmpint (problem, ==, DOMUIMG_COMPAT_COMPRESSION);
      g_clear_pointer (&reason, g_free);
      /* As PVH, GRUB leaves it to the kernel. */
      if (test->loader == PVGRUB)
        g_assert_cmpint (domuimg_compat_check_with (&facts, DOMUIMG_GUEST_TYPE_PVH, test->loader,
                                                    &xen, NULL),
                         ==, DOMUIMG_COMPAT_FINE);
    }
}

static void
test_what_the_tools_were_not_built_with (void)
{
  g_autoptr (DomuimgElf) elf = parse_elf ();
  DomuimgKernelFacts facts = { .format = DOMUIMG_KERNEL_FORMAT_BZIMAGE,
                               .elf = elf,
                               .architecture = "x86_64",
                               .compression = DOMUIMG_COMPRESSION_LZO };
  DomuimgCompatXen xen = xen_of ("4.17");
  g_autofree char *reason = NULL;

  xen.codecs = DOMUIMG_CODEC (DOMUIMG_COMPRESSION_GZIP);
  g_assert_cmpint (domuimg_compat_check_with (&facts, DOMUIMG_GUEST_TYPE_PVH, DIRECT, &xen, &reason),
                   ==, DOMUIMG_COMPAT_COMPRESSION);
  g_assert_nonnull (strstr (reason, "built without it"));
  facts.compression = DOMUIMG_COMPRESSION_GZIP;
  g_assert_cmpint (domuimg_compat_check_with (&facts, DOMUIMG_GUEST_TYPE_PVH, DIRECT, &xen, NULL),
                   ==, DOMUIMG_COMPAT_FINE);
  /* What QEMU or GRUB loads is not unpacked by them. */
  facts.compression = DOMUIMG_COMPRESSION_LZO;
  g_assert_cmpint (domuimg_compat_check_with (&facts, DOMUIMG_GUEST_TYPE_HVM, DIRECT, &xen, NULL),
                   ==, DOMUIMG_COMPAT_FINE);
}

static void
test_pvh_for_other_hypervisors (void)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1", TRUE, TRUE);
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (image, "vmlinuz", NULL);
  g_autofree char *reason = NULL;

  domuimg_kernel_set_config (kernel, "CONFIG_XEN=y\n# CONFIG_XEN_PVH is not set\nCONFIG_PVH=y\n");
  g_assert_false (domuimg_kernel_can_boot_with (kernel, DOMUIMG_GUEST_TYPE_PVH, DIRECT, "4.17",
                                                &reason));
  g_assert_nonnull (strstr (reason, "CONFIG_XEN_PVH"));
  g_assert_true (
      domuimg_kernel_can_boot_with (kernel, DOMUIMG_GUEST_TYPE_PV, DIRECT, "4.17", NULL));
}

/* By the real programs. */
static void
test_dictionaries (void)
{
  static const Compressor packers[] = {
    { "xz", { "xz", "--check=crc32", "--x86", "--lzma2=preset=0,dict=3MiB" } },
    { "xz", { "xz", "--lzma2=preset=0,dict=8MiB" } },
    { "lzma", { "xz", "--format=lzma", "--lzma1=preset=0,dict=8MiB" } },
    { "gzip", { "gzip" } },
  };
  static const guint64 sizes[] = { 3 * MIB, 8 * MIB, 8 * MIB, 0 };
  g_autoptr (GBytes) plain = elf_of_linux (TRUE, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (packers); i++)
    {
      g_autoptr (GBytes) packed = compress_bytes (&packers[i], plain);
      DomuimgBytes bytes = domuimg_bytes_of (packed);
      DomuimgCompression compression = domuimg_compression_detect (bytes);

      g_assert_cmpstr (domuimg_compression_to_string (compression), ==, packers[i].name);
      g_assert_cmpuint (domuimg_compression_get_dictionary (compression, bytes), ==, sizes[i]);
      for (gsize length = 0; length < 16; length++)
        g_assert_cmpuint (domuimg_compression_get_dictionary (
                              compression, domuimg_bytes_slice (bytes, 0, length)),
                          <=, sizes[i]);
    }
}

/* A system with these files: path and content, in pairs. */
static char *
make_system (const char *const *files)
{
  char *root = g_dir_make_tmp ("xen-XXXXXX", NULL);

  for (guint i = 0; files[i] != NULL; i += 2)
    {
      g_autofree char *path = g_build_filename (root, files[i], NULL);
      g_autofree char *parent = g_path_get_dirname (path);

      g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
      g_assert_true (g_file_set_contents (path, files[i + 1], -1, NULL));
    }
  return root;
}

#define SYS "/sys/hypervisor/version/"

static const struct {
  const char *files[10];
  const char *version;
  const char *origin;
} systems[] = {
  { { NULL }, "4.17", "assumed" },
  { { SYS "major", "4\n", SYS "minor", "14\n", SYS "extra", ".6\n" }, "4.14.6", "running" },
  { { SYS "major", "4\n", SYS "minor", "20\n", SYS "extra", ".1-pre\n" }, "4.20.1", "running" },
  { { SYS "major", "4\n", SYS "minor", "21\n", SYS "extra", "-unstable\n" }, "4.21", "running" },
  { { SYS "major", "4\n", "/usr/lib/xen-4.11/bin/xl", "" }, "4.11", "installed" },
  { { SYS "major", "x\n", SYS "minor", "y\n" }, "4.17", "assumed" },
  { { "/usr/lib/xen-4.17/bin/xl", "", "/usr/lib/xen-4.9/bin/xl", "", "/usr/lib/xen-4.20/bin/pygrub",
      "" },
    "4.17", "installed" },
  { { "/usr/sbin/xl", "", "/usr/lib64/libxenguest.so.4.19", "", "/usr/lib64/libxenguest.so", "" },
    "4.19", "installed" },
  /* A library alone comes with other programs, too. */
  { { "/usr/lib/x86_64-linux-gnu/libxenguest.so.4.19", "" }, "4.17", "assumed" },
};

static void
test_which_xen_a_system_has (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (systems); i++)
    {
      g_autofree char *root = make_system (systems[i].files);
      const char *origin = NULL;
      g_autofree char *text
          = domuimg_xen_version_describe (domuimg_xen_version_of_system (root, &origin));

      g_assert_cmpstr (text, ==, systems[i].version);
      g_assert_nonnull (strstr (origin, systems[i].origin));
      g_assert_true (domuimg_remove_tree (root));
    }
}

static void
test_what_a_system_unpacks (void)
{
  static const char *const files[]
      = { "/usr/lib64/libxenguest.so.4.19", "ELF libz.so.1 libbz2.so.1 liblzo2.so.2 libzstd.so.1",
          NULL };
  g_autofree char *root = make_system (files);
  DomuimgXenVersion version = { 4, 19, DOMUIMG_XEN_ANY_POINT };
  DomuimgCodecs installed = domuimg_xen_tools_get_codecs (root, version);
  DomuimgCodecs other;

  version.minor = 20;
  other = domuimg_xen_tools_get_codecs (root, version);
  g_assert_true (installed & DOMUIMG_CODEC (DOMUIMG_COMPRESSION_GZIP));
  g_assert_true (installed & DOMUIMG_CODEC (DOMUIMG_COMPRESSION_LZ4));
  g_assert_true (installed & DOMUIMG_CODEC (DOMUIMG_COMPRESSION_BZIP2));
  g_assert_true (installed & DOMUIMG_CODEC (DOMUIMG_COMPRESSION_LZO));
  g_assert_false (installed & DOMUIMG_CODEC (DOMUIMG_COMPRESSION_XZ));
  g_assert_false (other & DOMUIMG_CODEC (DOMUIMG_COMPRESSION_BZIP2));
  g_assert_true (other & DOMUIMG_CODEC (DOMUIMG_COMPRESSION_XZ));
  g_assert_true (domuimg_remove_tree (root));
}

static void
test_texts_of_versions (void)
{
  static const char *const wrong[] = { "", "4", "4.", ".17", "4.x", "4.17.", "4.17.x", "4.17.3.1",
                                       "-4.17", "2.0", "4.1000" };
  DomuimgXenVersion version;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (domuimg_xen_version_parse (wrong[i], &version, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
  g_assert_true (domuimg_xen_version_parse ("4.17.3", &version, NULL));
  g_assert_true (domuimg_xen_version_at_least (version, 4, 17));
  g_assert_false (domuimg_xen_version_at_least (version, 4, 18));
  g_assert_true (domuimg_xen_version_has_point (version, 4, 17, 3));
  g_assert_false (domuimg_xen_version_has_point (version, 4, 17, 4));
  g_assert_false (domuimg_xen_version_has_point (version, 4, 16, 1));
  g_assert_true (domuimg_xen_version_at_least ((DomuimgXenVersion){ 5, 0, DOMUIMG_XEN_ANY_POINT }, 4, 17));
  g_assert_false (domuimg_xen_version_at_least ((DomuimgXenVersion){ 4, 16, DOMUIMG_XEN_ANY_POINT }, 4, 17));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/compat/linux-by-each-loader", test_linux_by_each_loader);
  g_test_add_func ("/compat/linux-without-xen-boots-by-firmware-only",
                   test_linux_without_xen_boots_by_firmware_only);
  g_test_add_func ("/compat/elf-is-nothing-for-32-bit-entries",
                   test_elf_is_nothing_for_32_bit_entries);
  g_test_add_func ("/compat/linux-4-knows-no-pvh-grub", test_linux_4_knows_no_pvh_grub);
  g_test_add_func ("/compat/other-architectures", test_other_architectures);
  g_test_add_func ("/compat/a-wrong-version-is-no-yes", test_a_wrong_version_is_no_yes);
  g_test_add_func ("/compat/compressions-by-release", test_compressions_by_release);
  g_test_add_func ("/compat/what-the-tools-were-not-built-with",
                   test_what_the_tools_were_not_built_with);
  g_test_add_func ("/compat/pvh-for-other-hypervisors", test_pvh_for_other_hypervisors);
  g_test_add_func ("/compat/dictionaries", test_dictionaries);
  g_test_add_func ("/compat/which-xen-a-system-has", test_which_xen_a_system_has);
  g_test_add_func ("/compat/what-a-system-unpacks", test_what_a_system_unpacks);
  g_test_add_func ("/compat/texts-of-versions", test_texts_of_versions);
  return g_test_run ();
}
