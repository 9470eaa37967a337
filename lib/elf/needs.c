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
#define PATH_MAX_ELF 4096

typedef struct {
  DomuimgTree *tree;
  const char *path;
  DomuimgElfHeader header;
  DomuimgElfPart segments[SEGMENTS_MAX];
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
      else if (needs->search_path == NULL || tag == DT_RUNPATH)
        {
          g_free (needs->search_path);
          needs->search_path = g_strndup (strings + value, PATH_MAX_ELF);
        }
    }
  return TRUE;
}

static gboolean
read_dynamic (Reader *self, DomuimgElfNeeds *needs, const DomuimgElfPart *segment)
{
  gsize step = self->header.bits / 4;
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

DomuimgElfNeeds *
domuimg_elf_needs_read (DomuimgTree *tree, const char *path, GError **error)
{
  g_autofree char *resolved = domuimg_tree_resolve (tree, path, error);
  g_autoptr (DomuimgElfNeeds) needs = NULL;
  guint8 head[DOMUIMG_ELF_HEADER_MAX];
  Reader reader = { tree, resolved };
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
  if (!read_segments (&reader) || !read_needs (&reader, needs))
    return NULL;
  return g_steal_pointer (&needs);
}
