/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree as text, an entry a line. */
#include "config.h"
#include "lib/tree/dump.h"

#include <string.h>

#include "lib/tree/faults.h"

#define PIECE ((gsize) 64 * 1024)

static const char type_letters[] = {
  [DOMUIMG_ENTRY_FILE] = 'f',        [DOMUIMG_ENTRY_DIRECTORY] = 'd',
  [DOMUIMG_ENTRY_SYMLINK] = 'l',     [DOMUIMG_ENTRY_CHAR_DEVICE] = 'c',
  [DOMUIMG_ENTRY_BLOCK_DEVICE] = 'b', [DOMUIMG_ENTRY_FIFO] = 'p',
  [DOMUIMG_ENTRY_SOCKET] = 's',      [DOMUIMG_ENTRY_HARD_LINK] = 'h',
};

typedef struct {
  DomuimgTreeDumpOptions options;
  GString *text;
  GHashTable *first_names; /* from inode number to the path that it was met at */
} Dump;

/* A word that is not quoted: nothing in it may end it, or begin a string. */
static void
append_word (GString *text, const char *word)
{
  /* "-" alone would say that there is none. */
  if (g_str_equal (word, "-"))
    {
      g_string_append (text, "\\x2d");
      return;
    }
  for (const guchar *at = (const guchar *) word; *at != '\0'; at++)
    {
      if (*at > ' ' && *at < 0x7f && strchr ("\\\"=", *at) == NULL)
        g_string_append_c (text, (char) *at);
      else
        g_string_append_printf (text, "\\x%02x", *at);
    }
}

static void
append_quoted (GString *text, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_string_append_c (text, '"');
  for (gsize i = 0; i < size; i++)
    {
      if (data[i] == '\n')
        g_string_append (text, "\\n");
      else if (data[i] == '\t')
        g_string_append (text, "\\t");
      else if (data[i] == '"' || data[i] == '\\')
        g_string_append_printf (text, "\\%c", data[i]);
      else if (data[i] >= ' ' && data[i] < 0x7f)
        g_string_append_c (text, (char) data[i]);
      else
        g_string_append_printf (text, "\\x%02x", data[i]);
    }
  g_string_append_c (text, '"');
}

static gboolean
append_hash (Dump *self, DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (PIECE);
  guint64 offset = 0;
  gssize got;

  while ((got = domuimg_tree_backend_read_at (tree, entry->path, offset, buffer, PIECE, error))
         > 0)
    {
      g_checksum_update (sum, buffer, got);
      offset += (guint64) got;
    }
  if (got < 0)
    return FALSE;
  g_string_append_printf (self->text, "sha256:%s", g_checksum_get_string (sum));
  return TRUE;
}

static gboolean
append_content (Dump *self, DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  if (entry->type != DOMUIMG_ENTRY_FILE)
    {
      g_string_append_c (self->text, '-');
      return TRUE;
    }
  if (entry->size > self->options.inline_max)
    return append_hash (self, tree, entry, error);
  g_autoptr (GBytes) content
      = domuimg_tree_read (tree, entry->path, self->options.inline_max, error);
  if (content == NULL)
    return FALSE;
  append_quoted (self->text, content);
  return TRUE;
}

static void
append_xattrs (GString *text, const DomuimgEntry *entry)
{
  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (entry->xattrs, i);

      g_string_append_c (text, ' ');
      append_word (text, xattr->name);
      g_string_append_c (text, '=');
      append_quoted (text, xattr->value);
    }
}

/* Everything between TYPE and CONTENT. */
static void
append_attributes (Dump *self, const DomuimgEntry *entry)
{
  GString *text = self->text;

  g_string_append_printf (text, " %04o %u:%u ", entry->mode, entry->uid, entry->gid);
  if (self->options.times)
    g_string_append_printf (text, "%" G_GINT64_FORMAT ".%09u", entry->mtime.sec,
                            entry->mtime.nsec);
  else
    g_string_append_c (text, '-');
  if (entry->type == DOMUIMG_ENTRY_FILE)
    g_string_append_printf (text, " %" G_GUINT64_FORMAT, entry->size);
  else
    g_string_append (text, " -");
  if (entry->type == DOMUIMG_ENTRY_CHAR_DEVICE || entry->type == DOMUIMG_ENTRY_BLOCK_DEVICE)
    g_string_append_printf (text, " %u:%u ", entry->dev_major, entry->dev_minor);
  else
    g_string_append (text, " - ");
  if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    append_word (text, entry->target);
  else
    g_string_append_c (text, '-');
  g_string_append_c (text, ' ');
}

static void
append_path (GString *text, const char *path)
{
  g_string_append_c (text, '/');
  append_word (text, path);
}

/* The name that @entry's file was met under before; NULL where this is the first. */
static const char *
earlier_name (Dump *self, const DomuimgEntry *entry)
{
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY || entry->nlink < 2 || entry->ino == 0)
    return NULL;
  const char *name = g_hash_table_lookup (self->first_names, &entry->ino);
  if (name == NULL)
    g_hash_table_insert (self->first_names, g_memdup2 (&entry->ino, sizeof entry->ino),
                         g_strdup (entry->path));
  return name;
}

static gboolean
dump_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
            GError **error)
{
  Dump *self = user_data;
  const char *earlier = earlier_name (self, entry);

  append_path (self->text, entry->path);
  if (earlier != NULL)
    {
      g_string_append (self->text, " h - - - - - ");
      append_path (self->text, earlier);
      g_string_append (self->text, " -\n");
      return TRUE;
    }
  g_string_append_printf (self->text, " %c", type_letters[entry->type]);
  append_attributes (self, entry);
  if (!append_content (self, tree, entry, error))
    return FALSE;
  append_xattrs (self->text, entry);
  g_string_append_c (self->text, '\n');
  return TRUE;
}

char *
domuimg_tree_dump (DomuimgTree *self, const DomuimgTreeDumpOptions *options, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GHashTable) names
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  Dump dump = { { 4096, TRUE }, text, names };

  if (options != NULL)
    dump.options = *options;
  if (!domuimg_tree_walk (self, "", dump_entry, &dump, error))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}
