/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/bytes.h"
#include "lib/elf/header.h"

/* Types of ELF notes with the name "Xen", by Xen's public header elfnote.h. */
typedef enum {
  DOMUIMG_XEN_NOTE_INFO = 0,
  DOMUIMG_XEN_NOTE_ENTRY = 1,
  DOMUIMG_XEN_NOTE_HYPERCALL_PAGE = 2,
  DOMUIMG_XEN_NOTE_VIRT_BASE = 3,
  DOMUIMG_XEN_NOTE_PADDR_OFFSET = 4,
  DOMUIMG_XEN_NOTE_XEN_VERSION = 5,
  DOMUIMG_XEN_NOTE_GUEST_OS = 6,
  DOMUIMG_XEN_NOTE_GUEST_VERSION = 7,
  DOMUIMG_XEN_NOTE_LOADER = 8,
  DOMUIMG_XEN_NOTE_PAE_MODE = 9,
  DOMUIMG_XEN_NOTE_FEATURES = 10,
  DOMUIMG_XEN_NOTE_BSD_SYMTAB = 11,
  DOMUIMG_XEN_NOTE_HV_START_LOW = 12,
  DOMUIMG_XEN_NOTE_L1_MFN_VALID = 13,
  DOMUIMG_XEN_NOTE_SUSPEND_CANCEL = 14,
  DOMUIMG_XEN_NOTE_INIT_P2M = 15,
  DOMUIMG_XEN_NOTE_MOD_START_PFN = 16,
  DOMUIMG_XEN_NOTE_SUPPORTED_FEATURES = 17,
  DOMUIMG_XEN_NOTE_PHYS32_ENTRY = 18,
  DOMUIMG_XEN_NOTE_PHYS32_RELOC = 19,
} DomuimgXenNoteType;

typedef struct {
  guint32 type;
  char *name; /* "ENTRY", ...; "NOTE_42" for an unknown type */
  char *text; /* the value: a string as it stands, made valid UTF-8, or hexadecimal numbers */
} DomuimgXenNote;

/* What an ELF file tells Xen's domain builder. */
typedef struct {
  guint bits; /* 32 or 64 */
  guint16 machine; /* EM_386, ... */
  GPtrArray *notes; /* (element-type DomuimgXenNote), in the file's order */
  gboolean guest_section; /* the notes are from the section __xen_guest, which has none for PVH */
} DomuimgElf;

/* CORRUPT_INPUT where @bytes are not an ELF file, or notes or headers lie outside of them. */
DomuimgElf *domuimg_elf_parse (DomuimgBytes bytes, const char *name, GError **error);
void domuimg_elf_free (DomuimgElf *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgElf, domuimg_elf_free)

/* The text of a note, NULL where there is none; the last one of a type counts. */
const char *domuimg_elf_get_note (const DomuimgElf *self, DomuimgXenNoteType type);
/* "x86_64", "i386", "aarch64", "arm", "riscv64" or "machine N". */
char *domuimg_elf_describe_machine (guint16 machine);
