/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program needs in order to start: its interpreter, its libraries, where it looks for them. */
#include "config.h"
#include "lib/elf/needs.h"

#include <elf.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/elf/header.h"

#define SEGMENTS_MAX 64
#define DYNAMIC_MAX (64 << 10)
#define STRINGS_MAX (4 << 20)
#define IMPORTS_MAX (64 << 10)
#define PATH_MAX_ELF 4096

typedef struct {
  DomuimgTree *tree;
  const char *path;
  gboolean with_imports;
  DomuimgElfHeader header;
  DomuimgElfPart segments[SEGMENTS_MAX];
  GError **error;
} Reader;

void
domuimg_elf_needs_free (DomuimgElfNeeds *self)
{
  g_free (self->interpreter);
  g_ptr_array_unref (self->needed);
  g_free (self->rpath);
  g_free (self->runpath);
  g_clear_pointer (&self->imports, g_ptr_array_unref);
  g_free (self);
}

static gboolean
corrupt (Reader *self)
{
  return domuimg_fail (self->error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "/%s: a damaged ELF file: its headers point outside of it", self->path);
}

/* All of @length bytes, or NULL. */
static guint8 *
read_part (Reader *self, guint64 offset, gsize length)
{
  g_autofree guint8 *buffer = g_malloc0 (length + 1);
  gsize got = 0;

  while (got < length)
    {
      gssize n = domuimg_tree_read_at (self->tree, self->path, offset + got, buffer + got,
                                       length - got, NULL);

      if (n <= 0)
        {
          corrupt (self);
          return NULL;
        }
      got += n;
    }
  return g_steal_pointer (&buffer);
}

static guint64
word (Reader *self, DomuimgBytes bytes, guint64 at)
{
  guint64 value = 0;

  domuimg_elf_read_word (&self->header, bytes, at, &value);
  return value;
}

static gboolean
read_segments (Reader *self)
{
  const DomuimgElfTable *table = &self->header.segments;

  if (table->count > SEGMENTS_MAX)
    return corrupt (self);
  if (table->count == 0)
    return TRUE;
  g_autofree guint8 *data = read_part (self, table->offset, table->size);
  if (data == NULL)
    return FALSE;
  for (guint i = 0; i < table->count; i++)
    if (!domuimg_elf_read_segment (&self->header, domuimg_bytes (data, table->size), i,
                                   &self->segments[i]))
      return corrupt (self);
  return TRUE;
}

static gboolean
offset_of (Reader *self, guint64 address, guint64 *offset)
{
  for (guint i = 0; i < self->header.segments.count; i++)
    {
      const DomuimgElfPart *segment = &self->segments[i];

      if (segment->type == PT_LOAD && address >= segment->address
          && address - segment->address < segment->size)
        {
          *offset = segment->offset + (address - segment->address);
          return TRUE;
        }
    }
  return FALSE;
}

static void
set_path (char **path, const char *text)
{
  g_free (*path);
  *path = g_strndup (text, PATH_MAX_ELF);
}

static gboolean
take_strings (Reader *self, DomuimgElfNeeds *needs, DomuimgBytes dynamic, const char *strings,
              gsize size)
{
  gsize step = self->header.bits / 4;

  for (guint64 at = 0; domuimg_bytes_has (dynamic, at, step); at += step)
    {
      guint64 tag = word (self, dynamic, at);
      guint64 value = word (self, dynamic, at + step / 2);

      if (tag == DT_NULL)
        break;
      if (tag != DT_NEEDED && tag != DT_RUNPATH && tag != DT_RPATH)
        continue;
      if (value >= size)
        return corrupt (self);
      if (tag == DT_NEEDED)
        g_ptr_array_add (needs->needed, g_strndup (strings + value, PATH_MAX_ELF));
      else
        set_path (tag == DT_RUNPATH ? &needs->runpath : &needs->rpath, strings + value);
    }
  if (needs->runpath != NULL)
    g_clear_pointer (&needs->rpath, g_free);
  return TRUE;
}

/* Where the parts of a dynamic section lie, as addresses. */
typedef struct {
  guint64 strings, strings_size;
  guint64 symbols, hash, gnu_hash;
} Dynamic;

static void
find_parts (Reader *self, DomuimgBytes dynamic, Dynamic *parts)
{
  gsize step = self->header.bits / 4;

  for (guint64 at = 0; domuimg_bytes_has (dynamic, at, step); at += step)
    {
      guint64 tag = word (self, dynamic, at);
      guint64 value = word (self, dynamic, at + step / 2);

      if (tag == DT_NULL)
        break;
      if (tag == DT_STRTAB)
        parts->strings = value;
      else if (tag == DT_STRSZ)
        parts->strings_size = value;
      else if (tag == DT_SYMTAB)
        parts->symbols = value;
      else if (tag == DT_HASH)
        parts->hash = value;
      else if (tag == DT_GNU_HASH)
        parts->gnu_hash = value;
    }
}

/* How many symbols there are up to the last that is not defined. What is not defined is not in the GNU
 * hash table and so comes before all that is; the older table counts all symbols. */
static gboolean
count_symbols (Reader *self, const Dynamic *parts, guint32 *count)
{
  guint64 table = parts->gnu_hash != 0 ? parts->gnu_hash : parts->hash;
  guint64 offset;

  *count = 0;
  if (table == 0 || parts->symbols == 0)
    return TRUE;
  if (!offset_of (self, table, &offset))
    return corrupt (self);
  g_autofree guint8 *head = read_part (self, offset, 8);
  return head != NULL && domuimg_bytes_le32 (domuimg_bytes (head, 8), 4, count);
}

static gboolean
take_imports (Reader *self, DomuimgElfNeeds *needs, const Dynamic *parts, const char *strings)
{
  gboolean wide = self->header.bits == 64;
  gsize step = wide ? sizeof (Elf64_Sym) : sizeof (Elf32_Sym);
  gsize section_at = wide ? offsetof (Elf64_Sym, st_shndx) : offsetof (Elf32_Sym, st_shndx);
  guint64 offset;
  guint32 count;

  if (!count_symbols (self, parts, &count))
    return FALSE;
  if (count == 0)
    return TRUE;
  if (count > IMPORTS_MAX || !offset_of (self, parts->symbols, &offset))
    return corrupt (self);
  g_autofree guint8 *data = read_part (self, offset, count * step);
  DomuimgBytes table = domuimg_bytes (data, data != NULL ? count * step : 0);
  for (guint32 i = 1; data != NULL && i < count; i++)
    {
      guint32 name = 0;
      guint16 section = 0;

      domuimg_bytes_le32 (table, i * step, &name);
      domuimg_bytes_le16 (table, i * step + section_at, &section);
      if (name >= parts->strings_size)
        return corrupt (self);
      if (section == SHN_UNDEF && strings[name] != '\0')
        g_ptr_array_add (needs->imports, g_strndup (strings + name, PATH_MAX_ELF));
    }
  return data != NULL;
}

static gboolean
read_dynamic (Reader *self, DomuimgElfNeeds *needs, const DomuimgElfPart *segment)
{
  Dynamic parts = { 0 };
  guint64 offset;

  if (segment->size > DYNAMIC_MAX)
    return corrupt (self);
  g_autofree guint8 *table = read_part (self, segment->offset, segment->size);
  DomuimgBytes dynamic = domuimg_bytes (table, table != NULL ? segment->size : 0);
  if (table == NULL)
    return FALSE;
  find_parts (self, dynamic, &parts);
  if (parts.strings_size == 0 || parts.strings_size > STRINGS_MAX
      || !offset_of (self, parts.strings, &offset))
    return corrupt (self);
  g_autofree guint8 *strings = read_part (self, offset, parts.strings_size);
  if (strings == NULL
      || !take_strings (self, needs, dynamic, (const char *) strings, parts.strings_size))
    return FALSE;
  return !self->with_imports || take_imports (self, needs, &parts, (const char *) strings);
}

static gboolean
read_needs (Reader *self, DomuimgElfNeeds *needs)
{
  for (guint i = 0; i < self->header.segments.count; i++)
    {
      const DomuimgElfPart *segment = &self->segments[i];

      if (segment->type == PT_INTERP)
        {
          if (segment->size == 0 || segment->size > PATH_MAX_ELF)
            return corrupt (self);
          g_free (needs->interpreter);
          needs->interpreter = (char *) read_part (self, segment->offset, segment->size);
          if (needs->interpreter == NULL)
            return FALSE;
        }
      else if (segment->type == PT_DYNAMIC && !read_dynamic (self, needs, segment))
        return FALSE;
    }
  return TRUE;
}

static DomuimgElfNeeds *
read_file (DomuimgTree *tree, const char *path, gboolean with_imports, GError **error)
{
  g_autofree char *resolved = domuimg_tree_resolve (tree, path, error);
  g_autoptr (DomuimgElfNeeds) needs = NULL;
  guint8 head[DOMUIMG_ELF_HEADER_MAX];
  Reader reader = { tree, resolved, with_imports };
  gssize got;

  if (resolved == NULL)
    return NULL;
  reader.error = error;
  got = domuimg_tree_read_at (tree, resolved, 0, head, sizeof head, error);
  if (got < 0 || !domuimg_elf_header_read (domuimg_bytes (head, got), &reader.header))
    return NULL;
  needs = g_new0 (DomuimgElfNeeds, 1);
  needs->bits = reader.header.bits;
  needs->machine = reader.header.machine;
  needs->needed = g_ptr_array_new_with_free_func (g_free);
  if (with_imports)
    needs->imports = g_ptr_array_new_with_free_func (g_free);
  if (!read_segments (&reader) || !read_needs (&reader, needs))
    return NULL;
  return g_steal_pointer (&needs);
}

DomuimgElfNeeds *
domuimg_elf_needs_read (DomuimgTree *tree, const char *path, GError **error)
{
  return read_file (tree, path, FALSE, error);
}

DomuimgElfNeeds *
domuimg_elf_needs_read_imports (DomuimgTree *tree, const char *path, GError **error)
{
  return read_file (tree, path, TRUE, error);
}
