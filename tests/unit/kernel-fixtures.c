/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/kernel-fixtures.h"

#include <elf.h>
#include <stdarg.h>
#include <string.h>

#define PART_AT 0x200
#define NAMES_AT 0xc00
#define SECTIONS_AT 0xd00
#define BANNER_AT 0x1000
#define BANNER "Linux version %s\0Linux version 6.1.0-fixture (x) #1"
#define SETUP_SECTORS 3

const Compressor compressors[] = {
  { "gzip", { "gzip", "-9n" } },
  { "bzip2", { "bzip2", "-9" } },
  { "xz", { "xz", "--check=crc32", "--x86", "--lzma2=preset=6" } },
  { "zstd", { "zstd", "-q", "-19" } },
  { "lzma", { "xz", "--format=lzma" } },
  { "lzo", { "lzop", "-9" } },
  { "lz4", { "lz4", "-l", "-9", "-q" } },
};
const guint n_compressors = G_N_ELEMENTS (compressors);

static void
pad (GByteArray *bytes)
{
  while (bytes->len % 4 != 0)
    g_byte_array_append (bytes, (const guint8 *) "", 1);
}

static void
add_le32 (GByteArray *bytes, guint32 value)
{
  value = GUINT32_TO_LE (value);
  g_byte_array_append (bytes, (const guint8 *) &value, sizeof value);
}

static void
put_le (guint8 *at, gsize width, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (at, &value, width);
}

void
note_add (GByteArray *notes, const char *name, guint32 type, const void *value, guint32 size)
{
  add_le32 (notes, (guint32) strlen (name) + 1);
  add_le32 (notes, size);
  add_le32 (notes, type);
  g_byte_array_append (notes, (const guint8 *) name, (guint) strlen (name) + 1);
  pad (notes);
  g_byte_array_append (notes, value, size);
  pad (notes);
}

void
note_add_nameless (GByteArray *notes, guint32 type, const void *value, guint32 size)
{
  add_le32 (notes, 0);
  add_le32 (notes, size);
  add_le32 (notes, type);
  g_byte_array_append (notes, value, size);
  pad (notes);
}

void
note_add_text (GByteArray *notes, guint32 type, const char *text)
{
  note_add (notes, "Xen", type, text, (guint32) strlen (text) + 1);
}

GByteArray *
notes_of_linux (gboolean pv, gboolean pvh)
{
  GByteArray *notes = g_byte_array_new ();
  const guint64 entry = GUINT64_TO_LE (0xffffffff830791c0);
  const guint32 phys32 = GUINT32_TO_LE (0x1000850);

  note_add (notes, "GNU", 3, "0123456789", 10);
  note_add_text (notes, 6, "linux");
  note_add_text (notes, 5, "xen-3.0");
  if (pv)
    note_add (notes, "Xen", 1, &entry, sizeof entry);
  note_add_text (notes, 10, "!writable_page_tables|pae_pgdir_above_4gb");
  note_add_text (notes, 9, "yes");
  note_add_text (notes, 8, "generic");
  if (pvh)
    note_add (notes, "Xen", 18, &phys32, sizeof phys32);
  return notes;
}

/* The two classes have the same fields, of other sizes. */
#define DEFINE_WRITE_ELF(bits)                                                                    \
  static void                                                                                     \
  write_elf##bits (guint8 *file, guint16 machine, guint size, NotesPlace place)                   \
  {                                                                                               \
    Elf##bits##_Ehdr *head = (Elf##bits##_Ehdr *) file;                                           \
    Elf##bits##_Phdr *segment = (Elf##bits##_Phdr *) (file + sizeof *head);                       \
    Elf##bits##_Shdr *sections = (Elf##bits##_Shdr *) (file + SECTIONS_AT);                       \
                                                                                                  \
    head->e_machine = GUINT16_TO_LE (machine);                                                    \
    head->e_phoff = sizeof *head;                                                                 \
    head->e_phentsize = sizeof *segment;                                                          \
    head->e_phnum = 1;                                                                            \
    *segment = (Elf##bits##_Phdr){ .p_type = place == NOTES_IN_SEGMENT ? PT_NOTE : PT_LOAD,       \
                                   .p_offset = PART_AT, .p_filesz = size };                       \
    if (place == NOTES_IN_SEGMENT)                                                                \
      return;                                                                                     \
    head->e_shoff = SECTIONS_AT;                                                                  \
    head->e_shentsize = sizeof *sections;                                                         \
    head->e_shnum = 3;                                                                            \
    head->e_shstrndx = 2;                                                                         \
    sections[1]                                                                                   \
        = (Elf##bits##_Shdr){ .sh_type = place == NOTES_IN_SECTION ? SHT_NOTE : SHT_PROGBITS,     \
                              .sh_name = place == NOTES_IN_SECTION ? 0 : 1,                       \
                              .sh_offset = PART_AT, .sh_size = size };                            \
    sections[2]                                                                                   \
        = (Elf##bits##_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = NAMES_AT, .sh_size = 64 };      \
  }

DEFINE_WRITE_ELF (32)
DEFINE_WRITE_ELF (64)

GBytes *
elf_new (guint bits, guint16 machine, GByteArray *notes, NotesPlace place)
{
  gsize size = BANNER_AT + 4096;
  guint8 *file = g_malloc0 (size);

  g_assert_cmpuint (notes->len, <, NAMES_AT - PART_AT);
  memcpy (file, ELFMAG, SELFMAG);
  file[EI_CLASS] = bits == 64 ? ELFCLASS64 : ELFCLASS32;
  file[EI_DATA] = ELFDATA2LSB;
  memcpy (file + PART_AT, notes->data, notes->len);
  memcpy (file + NAMES_AT + 1, "__xen_guest", sizeof "__xen_guest");
  memcpy (file + BANNER_AT, BANNER, sizeof BANNER);
  if (bits == 64)
    write_elf64 (file, machine, notes->len, place);
  else
    write_elf32 (file, machine, notes->len, place);
  return g_bytes_new_take (file, size);
}

GBytes *
elf_of_linux (gboolean pv, gboolean pvh)
{
  g_autoptr (GByteArray) notes = notes_of_linux (pv, pvh);

  return elf_new (64, EM_X86_64, notes, NOTES_IN_SEGMENT);
}

GBytes *
bzimage_new (guint16 protocol, GBytes *payload, guint32 plain_size, const char *version)
{
  gsize length = g_bytes_get_size (payload) + (plain_size > 0 ? 4 : 0);
  gsize start = (SETUP_SECTORS + 1) * 512 + 16;
  gsize size = start + length + 100;
  guint8 *file = g_malloc0 (size);

  file[0x1f1] = SETUP_SECTORS;
  put_le (file + 0x1fe, 2, 0xaa55);
  memcpy (file + 0x202, "HdrS", 4);
  put_le (file + 0x206, 2, protocol);
  if (version != NULL)
    {
      put_le (file + 0x20e, 2, 0x100);
      g_strlcpy ((char *) file + 0x300, version, 128);
    }
  file[0x211] = 1;
  put_le (file + 0x236, 2, 1);
  put_le (file + 0x248, 4, 16);
  put_le (file + 0x24c, 4, length);
  memcpy (file + start, g_bytes_get_data (payload, NULL), g_bytes_get_size (payload));
  if (plain_size > 0)
    put_le (file + start + length - 4, 4, plain_size);
  return g_bytes_new_take (file, size);
}

/* CRC-32 as Linux's build has it. */
static guint32
crc_of (const guint8 *data, gsize length)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < length; i++)
    {
      crc ^= data[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
  return crc;
}

GBytes *
bzimage_add_checksum (GBytes *image)
{
  gsize setup = (SETUP_SECTORS + 1) * 512;
  gsize paragraphs = (g_bytes_get_size (image) + 4 - setup + 15) / 16;
  gsize size = setup + paragraphs * 16;
  guint8 *file = g_malloc0 (size);

  memcpy (file, g_bytes_get_data (image, NULL), g_bytes_get_size (image));
  put_le (file + 0x1f4, 4, paragraphs);
  put_le (file + size - 4, 4, crc_of (file, size - 4));
  return g_bytes_new_take (file, size);
}

GBytes *
bzimage_of_linux (const char *version, gboolean pv, gboolean pvh)
{
  g_autoptr (GBytes) elf = elf_of_linux (pv, pvh);
  g_autoptr (GBytes) payload = compress_bytes (&compressors[0], elf);

  return bzimage_new (0x020f, payload, 0, version);
}

GBytes *
compress_bytes (const Compressor *compressor, GBytes *bytes)
{
  const char *argv[G_N_ELEMENTS (compressor->argv) + 2] = { NULL };
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *out = NULL;
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (compressor->argv) && compressor->argv[i] != NULL; i++)
    argv[n++] = compressor->argv[i];
  argv[n++] = "-c";
  process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                               &error);
  g_assert_no_error (error);
  g_subprocess_communicate (process, bytes, NULL, &out, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (process));
  return out;
}

static void
add_cpio_file (GByteArray *cpio, const char *name, const char *content)
{
  gboolean is_dir = content == NULL;
  gboolean is_link = !is_dir && g_str_has_prefix (content, "->");
  guint mode = is_dir ? 040755 : is_link ? 0120777 : 0100755;
  const char *body = is_link ? content + strlen ("->") : content;
  gsize size = is_dir ? 0 : strlen (body);
  g_autofree char *head = g_strdup_printf (
      "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode, 0, 0, 1, 0,
      (guint) size, 0, 0, 0, 0, (guint) strlen (name) + 1, 0);

  g_byte_array_append (cpio, (const guint8 *) head, (guint) strlen (head));
  g_byte_array_append (cpio, (const guint8 *) name, (guint) strlen (name) + 1);
  pad (cpio);
  if (!is_dir)
    g_byte_array_append (cpio, (const guint8 *) body, (guint) size);
  pad (cpio);
}

GBytes *
cpio_new (const char *name, const char *content, ...)
{
  GByteArray *cpio = g_byte_array_new ();
  va_list args;

  va_start (args, content);
  while (name != NULL)
    {
      add_cpio_file (cpio, name, content);
      name = va_arg (args, const char *);
      content = name != NULL ? va_arg (args, const char *) : NULL;
    }
  va_end (args);
  add_cpio_file (cpio, "TRAILER!!!", "");
  return g_byte_array_free_to_bytes (cpio);
}

GBytes *
concat_bytes (GBytes *one, gsize zeros, GBytes *other)
{
  GByteArray *all = g_byte_array_new ();
  g_autofree guint8 *gap = g_malloc0 (zeros + 1);

  g_byte_array_append (all, g_bytes_get_data (one, NULL), (guint) g_bytes_get_size (one));
  g_byte_array_append (all, gap, (guint) zeros);
  if (other != NULL)
    g_byte_array_append (all, g_bytes_get_data (other, NULL), (guint) g_bytes_get_size (other));
  return g_byte_array_free_to_bytes (all);
}

GBytes *
patch_bytes (GBytes *bytes, gsize offset, gsize width, guint64 value)
{
  gsize size = g_bytes_get_size (bytes);
  guint8 *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), size);

  g_assert_cmpuint (offset + width, <=, size);
  put_le (copy + offset, width, value);
  return g_bytes_new_take (copy, size);
}

void
for_each_must_fail (const char *target, void (*use) (GBytes *bytes, const char *name))
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "mustfail", target, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  guint count = 0;
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autoptr (GBytes) bytes = NULL;
      char *content;
      gsize length;

      g_assert_true (g_file_get_contents (file, &content, &length, NULL));
      bytes = g_bytes_new_take (content, length);
      use (bytes, name);
      count++;
    }
  g_assert_cmpuint (count, >, 0);
}
