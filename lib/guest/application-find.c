/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows our init by the ELF note in it, which says where its configuration is. */
#include "config.h"
#include "lib/guest/application.h"

#include <elf.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/elf/header.h"

/* Ours is smaller by far; what is larger is not read. */
#define INIT_MAX ((gsize) 4 << 20)
#define NOTE_NAME "domuimg"
#define NOTE_CONFIG 1

/* (nullable) (transfer full) What the note says, in one segment of them. */
static char *
find_note (DomuimgBytes notes)
{
  guint32 name, length, type;

  for (guint64 at = 0; domuimg_bytes_le32 (notes, at, &name) && domuimg_bytes_le32 (notes, at + 4, &length)
                       && domuimg_bytes_le32 (notes, at + 8, &type);)
    {
      guint64 value = at + 12 + ((guint64) name + 3) / 4 * 4;

      if (!domuimg_bytes_has (notes, at + 12, name) || !domuimg_bytes_has (notes, value, length))
        return NULL;
      if (type == NOTE_CONFIG && name == sizeof NOTE_NAME
          && memcmp (notes.data + at + 12, NOTE_NAME, name) == 0)
        return g_strndup ((const char *) notes.data + value, length);
      at = value + ((guint64) length + 3) / 4 * 4;
    }
  return NULL;
}

static char *
find_config (DomuimgBytes file)
{
  DomuimgElfHeader header;
  DomuimgElfPart part;

  if (!domuimg_elf_header_read (file, &header)
      || !domuimg_bytes_has (file, header.segments.offset, header.segments.size))
    return NULL;
  for (guint i = 0; i < header.segments.count; i++)
    {
      DomuimgBytes table = domuimg_bytes (file.data + header.segments.offset, header.segments.size);
      char *config;

      if (!domuimg_elf_read_segment (&header, table, i, &part) || part.type != PT_NOTE
          || !domuimg_bytes_has (file, part.offset, part.size))
        continue;
      config = find_note (domuimg_bytes (file.data + part.offset, part.size));
      if (config != NULL)
        return config;
    }
  return NULL;
}

DomuimgApplication *
domuimg_application_find (DomuimgTree *tree, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (tree, path, NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *config = NULL;
  g_autofree char *text = NULL;

  if (entry == NULL || entry->type != DOMUIMG_ENTRY_FILE || entry->size > INIT_MAX)
    return NULL;
  bytes = domuimg_tree_read (tree, path, INIT_MAX, error);
  if (bytes == NULL)
    return NULL;
  config = find_config (domuimg_bytes_of (bytes));
  if (config == NULL)
    return NULL;
  text = domuimg_tree_read_text (tree, config, error);
  return text != NULL ? domuimg_application_new_for_text (text, error) : NULL;
}
