/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kernel's ELF notes, or the section that came before them, tell Xen. */
#include "config.h"
#include "lib/elf/note.h"

#include <elf.h>

/* A kernel has about fifteen notes in less than 1 KiB; these bound the work on hostile ones. */
#define NOTES_MAX 256
#define NOTE_BYTES_MAX ((guint64) 1 << 20)
#define TEXT_MAX 4096

#define GUEST_SECTION "__xen_guest"

typedef struct {
  DomuimgBytes bytes;
  const char *name;
  DomuimgElfHeader header;
  DomuimgElf *elf;
  guint64 note_bytes; /* seen so far */
} Parser;

static const struct {
  const char *name;
  gboolean string;
} known[] = {
  [DOMUIMG_XEN_NOTE_INFO] = { "INFO", FALSE },
  [DOMUIMG_XEN_NOTE_ENTRY] = { "ENTRY", FALSE },
  [DOMUIMG_XEN_NOTE_HYPERCALL_PAGE] = { "HYPERCALL_PAGE", FALSE },
  [DOMUIMG_XEN_NOTE_VIRT_BASE] = { "VIRT_BASE", FALSE },
  [DOMUIMG_XEN_NOTE_PADDR_OFFSET] = { "PADDR_OFFSET", FALSE },
  [DOMUIMG_XEN_NOTE_XEN_VERSION] = { "XEN_VERSION", TRUE },
  [DOMUIMG_XEN_NOTE_GUEST_OS] = { "GUEST_OS", TRUE },
  [DOMUIMG_XEN_NOTE_GUEST_VERSION] = { "GUEST_VERSION", TRUE },
  [DOMUIMG_XEN_NOTE_LOADER] = { "LOADER", TRUE },
  [DOMUIMG_XEN_NOTE_PAE_MODE] = { "PAE_MODE", TRUE },
  [DOMUIMG_XEN_NOTE_FEATURES] = { "FEATURES", TRUE },
  [DOMUIMG_XEN_NOTE_BSD_SYMTAB] = { "BSD_SYMTAB", TRUE },
  [DOMUIMG_XEN_NOTE_HV_START_LOW] = { "HV_START_LOW", FALSE },
  [DOMUIMG_XEN_NOTE_L1_MFN_VALID] = { "L1_MFN_VALID", FALSE },
  [DOMUIMG_XEN_NOTE_SUSPEND_CANCEL] = { "SUSPEND_CANCEL", FALSE },
  [DOMUIMG_XEN_NOTE_INIT_P2M] = { "INIT_P2M", FALSE },
  [DOMUIMG_XEN_NOTE_MOD_START_PFN] = { "MOD_START_PFN", FALSE },
  [DOMUIMG_XEN_NOTE_SUPPORTED_FEATURES] = { "SUPPORTED_FEATURES", FALSE },
  [DOMUIMG_XEN_NOTE_PHYS32_ENTRY] = { "PHYS32_ENTRY", FALSE },
  [DOMUIMG_XEN_NOTE_PHYS32_RELOC] = { "PHYS32_RELOC", FALSE },
};

/* Keys of the section __xen_guest and the notes that took their place. */
static const struct {
  const char *key;
  DomuimgXenNoteType type;
} guest_keys[] = {
  { "LOADER", DOMUIMG_XEN_NOTE_LOADER },
  { "GUEST_OS", DOMUIMG_XEN_NOTE_GUEST_OS },
  { "GUEST_VER", DOMUIMG_XEN_NOTE_GUEST_VERSION },
  { "XEN_VER", DOMUIMG_XEN_NOTE_XEN_VERSION },
  { "PAE", DOMUIMG_XEN_NOTE_PAE_MODE },
  { "BSD_SYMTAB", DOMUIMG_XEN_NOTE_BSD_SYMTAB },
  { "FEATURES", DOMUIMG_XEN_NOTE_FEATURES },
  { "VIRT_BASE", DOMUIMG_XEN_NOTE_VIRT_BASE },
  { "VIRT_ENTRY", DOMUIMG_XEN_NOTE_ENTRY },
  { "HYPERCALL_PAGE", DOMUIMG_XEN_NOTE_HYPERCALL_PAGE },
};

static void
note_free (DomuimgXenNote *self)
{
  g_free (self->name);
  g_free (self->text);
  g_free (self);
}

void
domuimg_elf_free (DomuimgElf *self)
{
  g_ptr_array_unref (self->notes);
  g_free (self);
}

static gboolean
fail_outside (const char *name, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: damaged or cut off: the ELF file's %s lies outside of it", name, what);
}

static char *
bytes_to_text (DomuimgBytes bytes)
{
  gsize length = strnlen ((const char *) bytes.data, MIN (bytes.size, TEXT_MAX));

  return g_utf8_make_valid ((const char *) bytes.data, (gssize) length);
}

/* One number of 1, 2, 4 or 8 bytes, else 32-bit numbers. */
static char *
bytes_to_numbers (DomuimgBytes bytes)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 value = 0;
  gsize width = bytes.size <= 8 ? bytes.size : 4;

  for (gsize at = 0; width > 0 && at + width <= MIN (bytes.size, 64); at += width)
    {
      value = 0;
      domuimg_bytes_read (bytes, at, &value, width);
      g_string_append_printf (text, "%s0x%" G_GINT64_MODIFIER "x", at > 0 ? " " : "",
                              GUINT64_FROM_LE (value));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
add_note (DomuimgElf *elf, guint32 type, char *text)
{
  DomuimgXenNote *note = g_new0 (DomuimgXenNote, 1);

  note->type = type;
  note->name = type < G_N_ELEMENTS (known) ? g_strdup (known[type].name)
                                           : g_strdup_printf ("NOTE_%u", type);
  note->text = text;
  g_ptr_array_add (elf->notes, note);
}

/* Notes are aligned to 4 bytes, as Xen reads them, whatever the segment says. */
static void
parse_notes (Parser *self, DomuimgBytes bytes)
{
  guint64 at = 0;

  while (self->elf->notes->len < NOTES_MAX)
    {
      guint32 name_size, size, type;
      guint64 value_at;
      DomuimgBytes value;

      if (!domuimg_bytes_le32 (bytes, at, &name_size) || !domuimg_bytes_le32 (bytes, at + 4, &size)
          || !domuimg_bytes_le32 (bytes, at + 8, &type))
        return;
      value_at = at + 12 + (((guint64) name_size + 3) & ~(guint64) 3);
      if (!domuimg_bytes_has (bytes, value_at, size))
        return;
      value = domuimg_bytes_slice (bytes, value_at, size);
      if (name_size == 4 && memcmp (bytes.data + at + 12, "Xen", 4) == 0)
        add_note (self->elf, type,
                  type < G_N_ELEMENTS (known) && known[type].string ? bytes_to_text (value)
                                                                    : bytes_to_numbers (value));
      at = value_at + (((guint64) size + 3) & ~(guint64) 3);
    }
}

/* "KEY=VALUE,KEY,...", NUL-terminated. */
static void
parse_guest_section (Parser *self, DomuimgBytes bytes)
{
  g_autofree char *text = bytes_to_text (bytes);
  g_auto (GStrv) pairs = g_strsplit (text, ",", NOTES_MAX);

  self->elf->guest_section = TRUE;
  for (guint i = 0; pairs[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (g_strstrip (pairs[i]), "=", 2);

      for (guint j = 0; pair[0] != NULL && j < G_N_ELEMENTS (guest_keys); j++)
        if (g_str_equal (pair[0], guest_keys[j].key))
          add_note (self->elf, guest_keys[j].type, g_strdup (pair[1] != NULL ? pair[1] : ""));
    }
}

static gboolean
parse_note_part (Parser *self, const DomuimgElfPart *part, GError **error)
{
  if (!domuimg_bytes_has (self->bytes, part->offset, part->size))
    return fail_outside (self->name, "note segment", error);
  self->note_bytes += part->size;
  if (self->note_bytes > NOTE_BYTES_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: more than 1 MiB of ELF notes",
                         self->name);
  parse_notes (self, domuimg_bytes_slice (self->bytes, part->offset, part->size));
  return TRUE;
}

/* FALSE where the table lies outside of the file. */
static gboolean
get_table (Parser *self, const DomuimgElfTable *table, DomuimgBytes *bytes)
{
  *bytes = domuimg_bytes (NULL, 0);
  if (table->count == 0)
    return TRUE;
  if (!domuimg_bytes_has (self->bytes, table->offset, table->size))
    return FALSE;
  *bytes = domuimg_bytes_slice (self->bytes, table->offset, table->size);
  return TRUE;
}

static gboolean
is_guest_section (Parser *self, const DomuimgElfPart *names, const DomuimgElfPart *part)
{
  char found[sizeof GUEST_SECTION];

  return part->name < names->size && names->offset < self->bytes.size
         && domuimg_bytes_read (self->bytes, names->offset + part->name, found, sizeof found)
         && memcmp (found, GUEST_SECTION, sizeof found) == 0;
}

static gboolean
parse_sections (Parser *self, GError **error)
{
  const DomuimgElfHeader *header = &self->header;
  DomuimgElfPart names = { 0 };
  DomuimgElfPart guest = { 0 };
  DomuimgBytes table;

  if (!get_table (self, &header->sections, &table))
    return fail_outside (self->name, "section table", error);
  if (header->names < header->sections.count)
    domuimg_elf_read_section (header, table, header->names, &names);
  for (guint i = 0; i < header->sections.count; i++)
    {
      DomuimgElfPart part;

      if (!domuimg_elf_read_section (header, table, i, &part))
        return fail_outside (self->name, "section table", error);
      if (part.type == SHT_NOTE && !parse_note_part (self, &part, error))
        return FALSE;
      if (is_guest_section (self, &names, &part))
        guest = part;
    }
  if (self->elf->notes->len > 0 || guest.size == 0)
    return TRUE;
  if (!domuimg_bytes_has (self->bytes, guest.offset, guest.size))
    return fail_outside (self->name, "section " GUEST_SECTION, error);
  parse_guest_section (self, domuimg_bytes_slice (self->bytes, guest.offset, guest.size));
  return TRUE;
}

static gboolean
parse_segments (Parser *self, GError **error)
{
  DomuimgBytes table;

  if (!get_table (self, &self->header.segments, &table))
    return fail_outside (self->name, "segment table", error);
  for (guint i = 0; i < self->header.segments.count; i++)
    {
      DomuimgElfPart part;

      if (!domuimg_elf_read_segment (&self->header, table, i, &part))
        return fail_outside (self->name, "segment table", error);
      if (part.type == PT_NOTE && !parse_note_part (self, &part, error))
        return FALSE;
    }
  return TRUE;
}

/* Whether the bytes begin as an ELF file that a guest may have. */
static gboolean
check_ident (DomuimgBytes bytes, const char *name, GError **error)
{
  guint8 class = 0;

  domuimg_bytes_u8 (bytes, EI_CLASS, &class);
  if (!domuimg_elf_is (bytes) || (class != ELFCLASS32 && class != ELFCLASS64))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not an ELF file", name);
  if (domuimg_elf_is_big_endian (bytes))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: a big-endian ELF file, and Xen has no big-endian guests", name);
  return TRUE;
}

DomuimgElf *
domuimg_elf_parse (DomuimgBytes bytes, const char *name, GError **error)
{
  g_autoptr (DomuimgElf) elf = g_new0 (DomuimgElf, 1);
  Parser parser = { .bytes = bytes, .name = name, .elf = elf };

  elf->notes = g_ptr_array_new_with_free_func ((GDestroyNotify) note_free);
  if (!check_ident (bytes, name, error))
    return NULL;
  if (!domuimg_elf_header_read (bytes, &parser.header))
    {
      fail_outside (name, "header", error);
      return NULL;
    }
  elf->bits = parser.header.bits;
  elf->machine = parser.header.machine;
  if (!parse_segments (&parser, error))
    return NULL;
  if (elf->notes->len == 0 && !parse_sections (&parser, error))
    return NULL;
  return g_steal_pointer (&elf);
}

const char *
domuimg_elf_get_note (const DomuimgElf *self, DomuimgXenNoteType type)
{
  const char *text = NULL;

  for (guint i = 0; i < self->notes->len; i++)
    {
      const DomuimgXenNote *note = self->notes->pdata[i];

      if (note->type == type)
        text = note->text;
    }
  return text;
}

char *
domuimg_elf_describe_machine (guint16 machine)
{
  switch (machine)
    {
    case EM_386:
      return g_strdup ("i386");
    case EM_X86_64:
      return g_strdup ("x86_64");
    case EM_ARM:
      return g_strdup ("arm");
    case EM_AARCH64:
      return g_strdup ("aarch64");
    case EM_RISCV:
      return g_strdup ("riscv64");
    default:
      return g_strdup_printf ("machine %u", machine);
    }
}
