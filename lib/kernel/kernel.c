/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel: its format, version, notes, and what it can start as. */
#include "config.h"
#include "domuimg/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/kernel/bzimage.h"
#include "lib/kernel/compat.h"
#include "lib/base/decompress.h"
#include "lib/base/properties.h"
#include "lib/elf/note.h"
#include "lib/kernel/ikconfig.h"
#include "lib/kernel/pe.h"
#include "lib/kernel/unpack.h"
#include "lib/xen/limits.h"

/**
 * DomuimgKernel:
 *
 * A kernel file and what it tells Xen's domain builder: its format, its version, its Xen ELF
 * notes, and from them which types of guests can be started with it.
 *
 * Since: 0.1
 */
struct _DomuimgKernel {
  GObject parent_instance;

  DomuimgKernelFormat format;
  char *name;
  char *version;      /* (nullable) */
  char *architecture; /* (nullable) */
  char *protocol;     /* (nullable) */
  DomuimgCompression compression;
  guint64 dictionary; /* bytes, of xz and lzma */
  DomuimgElf *elf; /* (nullable) */
  char *config;    /* (nullable) that it was built with */
  guint64 plain_size; /* bytes, decompressed; 0 where that is not known */
  GBytes *content;    /* of the file, to know it again */
};

/* The kernel that was read last, while somebody has it: a build looks at the same one several
 * times, and unpacking it takes longest. */
static GWeakRef last_read;

G_DEFINE_FINAL_TYPE (DomuimgKernel, domuimg_kernel, G_TYPE_OBJECT)

static void
domuimg_kernel_finalize (GObject *object)
{
  DomuimgKernel *self = DOMUIMG_KERNEL (object);

  g_clear_pointer (&self->content, g_bytes_unref);
  g_free (self->name);
  g_free (self->version);
  g_free (self->architecture);
  g_free (self->protocol);
  g_clear_pointer (&self->elf, domuimg_elf_free);
  g_free (self->config);
  G_OBJECT_CLASS (domuimg_kernel_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_ENUM, "format", G_CALLBACK (domuimg_kernel_get_format),
    "the kind of its file", domuimg_kernel_format_get_type },
  { DOMUIMG_PROPERTY_STRING, "version", G_CALLBACK (domuimg_kernel_get_version),
    "its version" },
  { DOMUIMG_PROPERTY_STRING, "architecture", G_CALLBACK (domuimg_kernel_get_architecture),
    "its architecture" },
  { DOMUIMG_PROPERTY_STRING, "compression", G_CALLBACK (domuimg_kernel_get_compression),
    "how it is compressed" },
  { DOMUIMG_PROPERTY_STRING, "boot-protocol", G_CALLBACK (domuimg_kernel_get_boot_protocol),
    "the version of the Linux boot protocol" },
  { DOMUIMG_PROPERTY_STRV, "notes", G_CALLBACK (domuimg_kernel_get_notes),
    "what its ELF notes tell Xen" },
  { DOMUIMG_PROPERTY_STRV, "xen-config", G_CALLBACK (domuimg_kernel_get_xen_config),
    "its options for Xen" },
};

static void
domuimg_kernel_class_init (DomuimgKernelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_kernel_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_kernel_init (DomuimgKernel *self)
{
}

/**
 * domuimg_kernel_format_to_string:
 * @format: a format
 *
 * Returns: (transfer none): `bzImage`, `ELF`, `gzipped ELF`, `EFI zboot`, `arm64 Image` or
 *   `unified kernel image`
 *
 * Since: 0.1
 */
const char *
domuimg_kernel_format_to_string (DomuimgKernelFormat format)
{
  static const char *const names[] = { "bzImage", "ELF", "gzipped ELF", "EFI zboot",
                                       "arm64 Image", "unified kernel image" };

  g_return_val_if_fail ((guint) format < G_N_ELEMENTS (names), NULL);
  return names[format];
}

/**
 * domuimg_loader_to_string:
 * @loader: a loader
 *
 * Returns: (transfer none): `direct`, `pvgrub`, `pygrub` or `firmware`
 *
 * Since: 0.1
 */
const char *
domuimg_loader_to_string (DomuimgLoader loader)
{
  static const char *const names[] = { "direct", "pvgrub", "pygrub", "firmware" };

  g_return_val_if_fail ((guint) loader < G_N_ELEMENTS (names), NULL);
  return names[loader];
}

/**
 * domuimg_host_get_xen_version:
 *
 * Returns: (transfer full): the version of the Xen that runs here, else of the installed tools,
 *   else the one that is assumed, such as `4.17`; `4.17.3` where the point release is known
 *
 * Since: 0.1
 */
char *
domuimg_host_get_xen_version (void)
{
  return domuimg_xen_version_describe (domuimg_xen_version_of_host (NULL));
}

/* "Linux version 6.1.0-50-amd64 (builder) ...", from the kernel's data. */
static char *
find_linux_version (DomuimgBytes bytes)
{
  static const char banner[] = "Linux version ";
  const gsize length = sizeof banner - 1;
  guint64 at = 0;
  const guint8 *found;

  while (at < bytes.size
         && (found = memmem (bytes.data + at, bytes.size - at, banner, length)) != NULL)
    {
      DomuimgBytes text;
      gsize end = 0;

      at = (guint64) (found - bytes.data) + length;
      text = domuimg_bytes_slice (bytes, at, MIN (bytes.size - at, 256));
      /* Formats ("Linux version %s") are there, too. */
      if (text.size == 0 || !g_ascii_isdigit (text.data[0]))
        continue;
      while (end < text.size && g_ascii_isgraph (text.data[end]))
        end++;
      return g_strndup ((const char *) text.data, end);
    }
  return NULL;
}

static gboolean
is_zboot (DomuimgBytes bytes)
{
  return domuimg_bytes_starts_with (bytes, "MZ", 2)
         && domuimg_bytes_starts_with (domuimg_bytes_slice (bytes, 4, 4), "zimg", 4);
}

static gboolean
is_arm64_image (DomuimgBytes bytes)
{
  return domuimg_bytes_starts_with (domuimg_bytes_slice (bytes, 0x38, 4), "ARM\x64", 4);
}

/* No kernel shrinks to a twentieth, but a decompression bomb does. */
#define SMALL ((guint64) 64 << 20)
#define SHRINKS_TO 20
/* How much of a file tells whether it is one. */
#define HEAD_SIZE 4096

static guint64
limit_of (DomuimgBytes packed)
{
  return MIN (DOMUIMG_KERNEL_MAX, MAX (SMALL, (guint64) packed.size * SHRINKS_TO));
}

static gboolean
take_elf (DomuimgKernel *self, DomuimgBytes bytes, GError **error)
{
  self->elf = domuimg_elf_parse (bytes, self->name, error);
  if (self->elf == NULL)
    return FALSE;
  self->architecture = domuimg_elf_describe_machine (self->elf->machine);
  if (self->version == NULL)
    self->version = find_linux_version (bytes);
  self->config = domuimg_ikconfig_find (bytes);
  self->plain_size = bytes.size;
  return TRUE;
}

/* Without keeping all of it. FALSE, with no error, where that does not tell everything. */
static gboolean
take_sparse (DomuimgKernel *self, const DomuimgBzimage *bzimage, GError **error)
{
  const DomuimgPacked packed = { self->compression, bzimage->payload, self->name,
                                 bzimage->plain_size, bzimage->is_whole };
  g_auto (DomuimgUnpacked) unpacked = { NULL };
  DomuimgBytes bytes;

  if (self->version == NULL || !domuimg_unpack (&packed, &unpacked, error))
    return FALSE;
  bytes = domuimg_bytes (unpacked.data, unpacked.size);
  self->elf = domuimg_elf_parse (bytes, self->name, NULL);
  if (self->elf == NULL || self->elf->notes->len == 0)
    {
      g_clear_pointer (&self->elf, domuimg_elf_free);
      return FALSE;
    }
  self->architecture = domuimg_elf_describe_machine (self->elf->machine);
  self->plain_size = unpacked.size;
  if (unpacked.config != 0)
    self->config = domuimg_ikconfig_find (
        domuimg_bytes_slice (bytes, unpacked.config, unpacked.size - unpacked.config));
  return TRUE;
}

static gboolean
take_bzimage (DomuimgKernel *self, DomuimgBytes bytes, GError **error)
{
  g_auto (DomuimgBzimage) bzimage = { 0 };
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) plain = NULL;

  if (!domuimg_bzimage_parse (bytes, self->name, &bzimage, error))
    return FALSE;
  self->format = DOMUIMG_KERNEL_FORMAT_BZIMAGE;
  self->protocol
      = g_strdup_printf ("%d.%02d", bzimage.protocol >> 8, bzimage.protocol & 0xff);
  if (bzimage.version != NULL)
    self->version = g_strndup (bzimage.version, strcspn (bzimage.version, " "));
  if (bzimage.payload.size == 0)
    {
      self->architecture = g_strdup (bzimage.is_64bit ? "x86_64" : "i386");
      return TRUE;
    }
  self->compression = domuimg_compression_detect (bzimage.payload);
  if (self->compression == DOMUIMG_COMPRESSION_NONE && domuimg_elf_is (bzimage.payload))
    return take_elf (self, bzimage.payload, error);
  if (self->compression == DOMUIMG_COMPRESSION_NONE)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the bzImage holds no kernel in a known compression", self->name);
  self->dictionary = domuimg_compression_get_dictionary (self->compression, bzimage.payload);
  if (take_sparse (self, &bzimage, &local))
    return TRUE;
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  plain = domuimg_decompress (self->compression, bzimage.payload, self->name, bzimage.plain_size,
                              limit_of (bzimage.payload), error);
  return plain != NULL && take_elf (self, domuimg_bytes_of (plain), error);
}

static gboolean
take_gzip (DomuimgKernel *self, DomuimgBytes bytes, GError **error)
{
  g_autoptr (GBytes) plain = domuimg_decompress (DOMUIMG_COMPRESSION_GZIP, bytes, self->name, 0,
                                                 limit_of (bytes), error);

  if (plain == NULL)
    return FALSE;
  self->compression = DOMUIMG_COMPRESSION_GZIP;
  if (is_arm64_image (domuimg_bytes_of (plain)))
    {
      self->format = DOMUIMG_KERNEL_FORMAT_ARM64_IMAGE;
      self->architecture = g_strdup ("aarch64");
      self->version = find_linux_version (domuimg_bytes_of (plain));
      return TRUE;
    }
  self->format = DOMUIMG_KERNEL_FORMAT_ELF_GZIP;
  return take_elf (self, domuimg_bytes_of (plain), error);
}

static gboolean
refuse (const char *name, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: not a kernel: neither a bzImage nor a plain or gzipped ELF file", name);
}

static gboolean take_bytes (DomuimgKernel *self, DomuimgBytes bytes, GError **error);

/* Boot Loader Specification, type 2: a PE file with the kernel in a section. */
static gboolean
take_uki (DomuimgKernel *self, DomuimgBytes linux_section, GError **error)
{
  if (domuimg_pe_section (linux_section, ".linux").size > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: a unified kernel image within a unified kernel image", self->name);
  if (!take_bytes (self, linux_section, error))
    return FALSE;
  self->format = DOMUIMG_KERNEL_FORMAT_UKI;
  return TRUE;
}

static gboolean
take_bytes (DomuimgKernel *self, DomuimgBytes bytes, GError **error)
{
  DomuimgBytes linux_section = domuimg_pe_section (bytes, ".linux");

  if (linux_section.size > 0)
    return take_uki (self, linux_section, error);
  if (domuimg_elf_is (bytes))
    {
      self->format = DOMUIMG_KERNEL_FORMAT_ELF;
      return take_elf (self, bytes, error);
    }
  if (domuimg_bzimage_is (bytes))
    return take_bzimage (self, bytes, error);
  if (domuimg_compression_detect (bytes) == DOMUIMG_COMPRESSION_GZIP)
    return take_gzip (self, bytes, error);
  if (is_zboot (bytes))
    {
      self->format = DOMUIMG_KERNEL_FORMAT_EFI_ZBOOT;
      return TRUE;
    }
  if (is_arm64_image (bytes))
    {
      self->format = DOMUIMG_KERNEL_FORMAT_ARM64_IMAGE;
      self->architecture = g_strdup ("aarch64");
      self->version = find_linux_version (bytes);
      return TRUE;
    }
  return refuse (self->name, error);
}

/**
 * domuimg_kernel_new_for_bytes:
 * @bytes: a kernel file's content
 * @name: what to call it in error messages, its path for example
 * @error: a #GError
 *
 * Reads a kernel: a bzImage (Linux, Documentation/arch/x86/boot.rst; its payload in gzip,
 * bzip2, xz, zstd, lzma, lzo or lz4), an ELF file, plain or in gzip, or a unified kernel image with
 * one of these. EFI zboot and arm64 images are recognised only.
 *
 * Errors: %DOMUIMG_ERROR_CORRUPT_INPUT for what is not a kernel, is damaged or cut off, or when
 * decompressed is larger than 1 GiB, or than 64 MiB and 20 times what it was;
 * %DOMUIMG_ERROR_NOT_SUPPORTED for a big-endian ELF file.
 *
 * Returns: (transfer full): a kernel
 *
 * Since: 0.1
 */
DomuimgKernel *
domuimg_kernel_new_for_bytes (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (DomuimgKernel) self = NULL;

  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_weak_ref_get (&last_read);
  if (self != NULL && g_bytes_equal (self->content, bytes))
    return g_steal_pointer (&self);
  g_clear_object (&self);
  self = g_object_new (DOMUIMG_TYPE_KERNEL, NULL);
  self->name = g_strdup (name);
  if (!take_bytes (self, domuimg_bytes_of (bytes), error))
    return NULL;
  self->content = g_bytes_ref (bytes);
  g_weak_ref_set (&last_read, self);
  return g_steal_pointer (&self);
}

/* By the beginning of a file, so that none but kernels are read as a whole: disk images are large. */
static gboolean
may_be_kernel (DomuimgBytes head)
{
  return domuimg_elf_is (head) || domuimg_bzimage_is (head) || is_arm64_image (head)
         || domuimg_bytes_starts_with (head, "MZ", 2)
         || domuimg_compression_detect (head) == DOMUIMG_COMPRESSION_GZIP;
}

static gboolean
read_file (int fd, const char *path, GByteArray *content, GError **error)
{
  guint8 buffer[64 * 1024];
  gssize got;

  while ((got = read (fd, buffer, sizeof buffer)) != 0)
    {
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading the kernel %s", path);
      if (content->len + (gsize) got > DOMUIMG_KERNEL_MAX)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: not a kernel: larger than 1 GiB", path);
      g_byte_array_append (content, buffer, (guint) got);
      if (content->len >= HEAD_SIZE
          && !may_be_kernel (domuimg_bytes (content->data, content->len)))
        return refuse (path, error);
    }
  return TRUE;
}

/* Distributions install a kernel's configuration beside it. */
static void
read_config_beside (DomuimgKernel *self, const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = self->version != NULL ? g_strconcat ("config-", self->version, NULL) : NULL;
  g_autofree char *config = NULL;

  if (name == NULL || strchr (name, '/') != NULL)
    return;
  config = g_build_filename (directory, name, NULL);
  if (self->config == NULL && g_file_test (config, G_FILE_TEST_IS_REGULAR))
    g_file_get_contents (config, &self->config, NULL, NULL);
}

/**
 * domuimg_kernel_new_for_file:
 * @path: (type filename): a kernel file
 * @error: a #GError
 *
 * Reads the kernel file @path, see domuimg_kernel_new_for_bytes().
 *
 * Errors: those of domuimg_kernel_new_for_bytes(), and %DOMUIMG_ERROR_NOT_FOUND,
 * %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO where the file cannot be read.
 *
 * Returns: (transfer full): a kernel
 *
 * Since: 0.1
 */
DomuimgKernel *
domuimg_kernel_new_for_file (const char *path, GError **error)
{
  g_auto (DomuimgFd) fd = -1;
  g_autoptr (GByteArray) content = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  DomuimgKernel *self;
  struct stat st;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  /* O_NONBLOCK: a fifo must not stop us. */
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || fstat (fd, &st) < 0)
    {
      domuimg_set_errno (error, errno, "opening the kernel %s", path);
      return NULL;
    }
  if (!S_ISREG (st.st_mode))
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not a kernel: no regular file", path);
      return NULL;
    }
  if (!read_file (fd, path, content, error))
    return NULL;
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&content));
  self = domuimg_kernel_new_for_bytes (bytes, path, error);
  if (self != NULL)
    read_config_beside (self, path);
  return self;
}

/**
 * domuimg_kernel_get_format:
 * @self: a kernel
 *
 * Returns: the kind of file
 *
 * Since: 0.1
 */
DomuimgKernelFormat
domuimg_kernel_get_format (DomuimgKernel *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), DOMUIMG_KERNEL_FORMAT_BZIMAGE);
  return self->format;
}

/**
 * domuimg_kernel_get_version:
 * @self: a kernel
 *
 * Returns: (transfer none) (nullable): the version as uname(1) would say it, such as
 *   `6.1.0-50-amd64`; %NULL where the file does not tell
 *
 * Since: 0.1
 */
const char *
domuimg_kernel_get_version (DomuimgKernel *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), NULL);
  return self->version;
}

/**
 * domuimg_kernel_get_architecture:
 * @self: a kernel
 *
 * Returns: (transfer none) (nullable): `x86_64`, `i386`, `aarch64`, `arm`, `riscv64` or
 *   `machine N` with an ELF machine number; %NULL where the file does not tell
 *
 * Since: 0.1
 */
const char *
domuimg_kernel_get_architecture (DomuimgKernel *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), NULL);
  return self->architecture;
}

/**
 * domuimg_kernel_get_compression:
 * @self: a kernel
 *
 * Returns: (transfer none): of a bzImage's payload or of the whole file: `gzip`, `bzip2`,
 *   `xz`, `zstd`, `lzma`, `lzo`, `lz4` or `none`
 *
 * Since: 0.1
 */
const char *
domuimg_kernel_get_compression (DomuimgKernel *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), NULL);
  return domuimg_compression_to_string (self->compression);
}

/**
 * domuimg_kernel_get_boot_protocol:
 * @self: a kernel
 *
 * Returns: (transfer none) (nullable): the version of Linux's x86 boot protocol that a
 *   bzImage follows, such as `2.15`; %NULL for other formats
 *
 * Since: 0.1
 */
const char *
domuimg_kernel_get_boot_protocol (DomuimgKernel *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), NULL);
  return self->protocol;
}

/**
 * domuimg_kernel_get_xen_config:
 * @self: a kernel
 *
 * The options about Xen that it was built with, where the file holds its configuration
 * (CONFIG_IKCONFIG), or that was found beside it (/boot/config-VERSION).
 *
 * Returns: (transfer full) (array zero-terminated=1): lines such as `CONFIG_XEN_PV=y`; empty where
 *   nothing tells
 *
 * Since: 0.1
 */
char **
domuimg_kernel_get_xen_config (DomuimgKernel *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), NULL);
  return domuimg_config_pick_xen (self->config != NULL ? self->config : "");
}

guint64
domuimg_kernel_get_plain_size (DomuimgKernel *self)
{
  return self->plain_size;
}

void
domuimg_kernel_set_config (DomuimgKernel *self, const char *config)
{
  if (self->config == NULL)
    self->config = g_strdup (config);
}

/**
 * domuimg_kernel_get_notes:
 * @self: a kernel
 *
 * The Xen ELF notes, for display, in the file's order: `NAME: VALUE`, with names as in Xen's
 * public header elfnote.h without `XEN_ELFNOTE_`, and values as text or hexadecimal numbers.
 *
 * Returns: (transfer full) (array zero-terminated=1): the notes, empty where there are none
 *
 * Since: 0.1
 */
char **
domuimg_kernel_get_notes (DomuimgKernel *self)
{
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();

  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), NULL);
  for (guint i = 0; self->elf != NULL && i < self->elf->notes->len; i++)
    {
      const DomuimgXenNote *note = self->elf->notes->pdata[i];
      g_autofree char *line = g_strdup_printf ("%s: %s", note->name, note->text);

      g_strv_builder_add (lines, line);
    }
  return g_strv_builder_end (lines);
}

static DomuimgKernelFacts
facts_of (DomuimgKernel *self)
{
  return (DomuimgKernelFacts){ .format = self->format,
                               .version = self->version,
                               .protocol = self->protocol,
                               .elf = self->elf,
                               .architecture = self->architecture,
                               .compression = self->compression,
                               .dictionary = self->dictionary,
                               .config = self->config };
}

/**
 * domuimg_kernel_can_boot:
 * @self: a kernel
 * @type: a type of guest; %DOMUIMG_GUEST_TYPE_AUTO: PVH or PV
 * @reason: (out) (optional) (nullable) (transfer full): where the answer is %FALSE, why not:
 *   a sentence without a full stop that goes on after the kernel's name and a colon; else %NULL
 *
 * Whether Xen on x86 starts this kernel directly as a guest of that type, by the rules of
 * Xen's domain builder. PVH wants the note PHYS32_ENTRY. PV wants a LOADER of "generic" or
 * GUEST_OS of "linux", XEN_VERSION "xen-3.0", ENTRY, and no unknown required feature. HVM
 * takes any bzImage (and anything through the guest's own firmware, which is not meant here).
 *
 * Returns: whether it does
 *
 * Since: 0.1
 */
gboolean
domuimg_kernel_can_boot (DomuimgKernel *self, DomuimgGuestType type, char **reason)
{
  DomuimgKernelFacts facts;

  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), FALSE);
  if (reason != NULL)
    *reason = NULL;
  facts = facts_of (self);
  if (type != DOMUIMG_GUEST_TYPE_AUTO)
    return domuimg_compat_check (&facts, type, reason);
  return domuimg_compat_check (&facts, DOMUIMG_GUEST_TYPE_PVH, NULL)
         || domuimg_compat_check (&facts, DOMUIMG_GUEST_TYPE_PV, reason);
}

DomuimgCompatProblem
domuimg_kernel_find_problem (DomuimgKernel *self, DomuimgGuestType type, DomuimgLoader loader,
                             DomuimgXenVersion xen, char **reason)
{
  DomuimgCompatXen tools = { xen, domuimg_xen_tools_get_codecs ("", xen) };
  DomuimgKernelFacts facts = facts_of (self);

  if (reason != NULL)
    *reason = NULL;
  return domuimg_compat_check_with (&facts, type, loader, &tools, reason);
}

/**
 * domuimg_kernel_can_boot_with:
 * @self: a kernel
 * @type: a type of guest, not %DOMUIMG_GUEST_TYPE_AUTO
 * @loader: what loads it
 * @xen_version: (nullable): the release of Xen, such as `4.17`, or with a point release, such as
 *   `4.17.3`; %NULL: the host's
 * @reason: (out) (optional) (nullable) (transfer full): as of domuimg_kernel_can_boot()
 *
 * As domuimg_kernel_can_boot(), but with what the loader and the release of Xen can unpack, and
 * whether such a guest is started that way at all: zstd from Xen 4.15 on, xz dictionaries of
 * 128 MiB and more (Linux from 6.12 on) from 4.18.5, 4.19.2 and 4.20 on, bzip2 and lzo where Xen's
 * tools were built with them (the installed ones are looked at; Debian's are not); GRUB for Xen PV
 * gzip, xz and lzo only; GRUB for Xen PVH bzImages of Linux from 5.0 on. What an HVM guest's
 * firmware starts is not limited.
 *
 * Returns: whether it boots so; %FALSE also where @xen_version is not a version
 *
 * Since: 0.1
 */
gboolean
domuimg_kernel_can_boot_with (DomuimgKernel *self, DomuimgGuestType type, DomuimgLoader loader,
                              const char *xen_version, char **reason)
{
  g_autoptr (GError) error = NULL;
  DomuimgXenVersion xen;

  g_return_val_if_fail (DOMUIMG_IS_KERNEL (self), FALSE);
  g_return_val_if_fail (type != DOMUIMG_GUEST_TYPE_AUTO, FALSE);
  if (xen_version == NULL)
    xen = domuimg_xen_version_of_host (NULL);
  else if (!domuimg_xen_version_parse (xen_version, &xen, &error))
    {
      if (reason != NULL)
        *reason = g_strdup (error->message);
      return FALSE;
    }
  return domuimg_kernel_find_problem (self, type, loader, xen, reason) == DOMUIMG_COMPAT_FINE;
}
