/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/elf/needs.h"

#include <elf.h>
#include <string.h>

#include "lib/base/bytes.h"

#define SEGMENTS_MAX 64
#define DYNAMIC_MAX (64 << 10)
#define STRINGS_MAX (4 << 20)
#define PATH_MAX_ELF 4096

/* A segment of either class. */
typedef struct {
  guint32 type;
  guint64 offset;
  guint64 address;
  guint64 size;
} Segment;

typedef struct {
  DomuimgTree *tree;
  const char *path;
  gboolean is_64;
  Segment segments[SEGMENTS_MAX];
  guint n_segments;
  GError **error;
} Reader;

void
domuimg_elf_needs_free (DomuimgElfNeeds *self)
{
  g_free (self->interpreter);
  g_ptr_array_unref (self->needed);
  g_free (self->search_path);
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
  guint32 half = 0;

  if (self->is_64)
    domuimg_bytes_le64 (bytes, at, &value);
  else
    {
      domuimg_bytes_le32 (bytes, at, &half);
      value = half;
    }
  return value;
}

static gboolean
read_segments (Reader *self, DomuimgBytes head)
{
  guint64 offset = word (self, head, self->is_64 ? 32 : 28);
  guint16 size = 0, count = 0;
  gsize expected = self->is_64 ? sizeof (Elf64_Phdr) : sizeof (Elf32_Phdr);

  domuimg_bytes_le16 (head, self->is_64 ? 54 : 42, &size);
  domuimg_bytes_le16 (head, self->is_64 ? 56 : 44, &count);
  if (count > SEGMENTS_MAX || (count > 0 && size != expected))
    return corrupt (self);
  g_autofree guint8 *table = count > 0 ? read_part (self, offset, (gsize) count * size) : NULL;
  DomuimgBytes bytes = domuimg_bytes (table, table != NULL ? (gsize) count * size : 0);
  if (count > 0 && table == NULL)
    return FALSE;
  for (guint i = 0; i < count; i++)
    {
      Segment *segment = &self->segments[self->n_segments++];
      guint64 at = (guint64) i * size;

      domuimg_bytes_le32 (bytes, at, &segment->type);
      segment->offset = word (self, bytes, at + (self->is_64 ? 8 : 4));
      segment->address = word (self, bytes, at + (self->is_64 ? 16 : 8));
      segment->size = word (self, bytes, at + (self->is_64 ? 32 : 16));
    }
  return TRUE;
}

static gboolean
offset_of (Reader *self, guint64 address, guint64 *offset)
{
  for (guint i = 0; i < self->n_segments; i++)
    {
      const Segment *segment = &self->segments[i];

      if (segment->type == PT_LOAD && address >= segment->address
          && address - segment->address < segment->size)
        {
          *offset = segment->offset + (address - segment->address);
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
take_strings (Reader *self, DomuimgElfNeeds *needs, DomuimgBytes dynamic, const char *strings,
              gsize size)
{
  gsize step = self->is_64 ? 16 : 8;

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
      else if (needs->search_path == NULL || tag == DT_RUNPATH)
        {
          g_free (needs->search_path);
          needs->search_path = g_strndup (strings + value, PATH_MAX_ELF);
        }
    }
  return TRUE;
}

static gboolean
read_dynamic (Reader *self, DomuimgElfNeeds *needs, const Segment *segment)
{
  gsize step = self->is_64 ? 16 : 8;
  guint64 address = 0, size = 0, offset;

  if (segment->size > DYNAMIC_MAX)
    return corrupt (self);
  g_autofree guint8 *table = read_part (self, segment->offset, segment->size);
  DomuimgBytes dynamic = domuimg_bytes (table, table != NULL ? segment->size : 0);
  for (guint64 at = 0; domuimg_bytes_has (dynamic, at, step); at += step)
    {
      guint64 tag = word (self, dynamic, at);

      if (tag == DT_NULL)
        break;
      if (tag == DT_STRTAB)
        address = word (self, dynamic, at + step / 2);
      else if (tag == DT_STRSZ)
        size = word (self, dynamic, at + step / 2);
    }
  if (table == NULL)
    return FALSE;
  if (size == 0 || size > STRINGS_MAX || !offset_of (self, address, &offset))
    return corrupt (self);
  g_autofree guint8 *strings = read_part (self, offset, size);
  return strings != NULL && take_strings (self, needs, dynamic, (const char *) strings, size);
}

static gboolean
read_needs (Reader *self, DomuimgElfNeeds *needs)
{
  for (guint i = 0; i < self->n_segments; i++)
    {
      const Segment *segment = &self->segments[i];

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

DomuimgElfNeeds *
domuimg_elf_needs_read (DomuimgTree *tree, const char *path, GError **error)
{
  g_autofree char *resolved = domuimg_tree_resolve (tree, path, error);
  g_autoptr (DomuimgElfNeeds) needs = NULL;
  guint8 head[64] = { 0 };
  Reader reader = { tree, resolved };
  gssize got;

  if (resolved == NULL)
    return NULL;
  reader.error = error;
  got = domuimg_tree_read_at (tree, resolved, 0, head, sizeof head, error);
  if (got < 52 || memcmp (head, ELFMAG, SELFMAG) != 0 || head[EI_DATA] != ELFDATA2LSB)
    return NULL;
  reader.is_64 = head[EI_CLASS] == ELFCLASS64;
  needs = g_new0 (DomuimgElfNeeds, 1);
  needs->bits = reader.is_64 ? 64 : 32;
  needs->needed = g_ptr_array_new_with_free_func (g_free);
  domuimg_bytes_le16 (domuimg_bytes (head, sizeof head), 18, &needs->machine);
  if (!read_segments (&reader, domuimg_bytes (head, got)) || !read_needs (&reader, needs))
    return NULL;
  return g_steal_pointer (&needs);
}
