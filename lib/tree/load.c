/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/tree/dump.h"

#include <string.h>

/* Reading a dump: see tree-dump.h for its lines. */

enum { PATH, TYPE, MODE, OWNER, MTIME, SIZE, RDEV, TARGET, CONTENT, FIRST_XATTR };

typedef struct {
  DomuimgTree *tree;
  GHashTable *seen;        /* paths that had a line */
  GPtrArray *directories;  /* (element-type DomuimgEntry) in their order */
  char *parent;            /* of the last entry: it is there */
} Load;

/* The field that starts at @at ends with the returned pointer; NULL if a string in it does
 * not end. */
static const char *
end_of_field (const char *at)
{
  gboolean quoted = FALSE;

  for (; *at != '\0' && (quoted || *at != ' '); at++)
    {
      if (*at == '"')
        quoted = !quoted;
      else if (quoted && *at == '\\' && at[1] != '\0')
        at++;
    }
  return quoted ? NULL : at;
}

/* Always has the fields up to CONTENT; those that are not given are "-". */
static GPtrArray *
split_fields (const char *line, GError **error)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);

  for (const char *at = line + strspn (line, " "); *at != '\0'; at += strspn (at, " "))
    {
      const char *end = end_of_field (at);

      if (end == NULL)
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "a string does not end");
          return NULL;
        }
      g_ptr_array_add (fields, g_strndup (at, (gsize) (end - at)));
      at = end;
    }
  while (fields->len < FIRST_XATTR)
    g_ptr_array_add (fields, g_strdup ("-"));
  return g_steal_pointer (&fields);
}

/* One character or escape at *@at, which moves behind it; -1 for a wrong escape, or a
 * quote that has none. */
static int
unescape_one (const char **at)
{
  static const char letters[] = "nt\\\"", meanings[] = "\n\t\\\"";
  const char *text = *at;

  if (text[0] == '"')
    return -1;
  if (text[0] != '\\')
    {
      *at += 1;
      return (guchar) text[0];
    }
  if (text[1] == 'x' && g_ascii_isxdigit (text[2]) && g_ascii_isxdigit (text[3]))
    {
      *at += 4;
      return g_ascii_xdigit_value (text[2]) * 16 + g_ascii_xdigit_value (text[3]);
    }
  const char *letter = text[1] != '\0' ? strchr (letters, text[1]) : NULL;
  if (letter == NULL)
    return -1;
  *at += 2;
  return meanings[letter - letters];
}

static gboolean
unescape (const char *text, gsize length, GString *result, GError **error)
{
  const char *end = text + length;

  while (text < end)
    {
      int c = unescape_one (&text);

      if (c < 0)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "“%.4s” is not an escape: use \\n, \\t, \\\", \\\\ or \\xNN", text);
      g_string_append_c (result, (char) c);
    }
  return TRUE;
}

static char *
parse_word (const char *field, GError **error)
{
  g_autoptr (GString) word = g_string_new (NULL);

  if (!unescape (field, strlen (field), word, error))
    return NULL;
  if (strlen (word->str) != word->len)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%s” has a zero byte in it", field);
      return NULL;
    }
  return g_string_free (g_steal_pointer (&word), FALSE);
}

static GBytes *
parse_quoted (const char *field, GError **error)
{
  gsize length = strlen (field);
  g_autoptr (GString) bytes = g_string_new (NULL);

  if (length < 2 || field[0] != '"' || field[length - 1] != '"')
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%.64s” is not a quoted string", field);
      return NULL;
    }
  if (!unescape (field + 1, length - 2, bytes, error))
    return NULL;
  return g_string_free_to_bytes (g_steal_pointer (&bytes));
}

static gboolean
parse_number (const char *field, guint base, guint64 max, guint64 *value, GError **error)
{
  if (!g_ascii_string_to_unsigned (field, base, 0, max, value, NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%s” is not a %s", field,
                         base == 8 ? "mode: use octal digits" : "number that fits here");
  return TRUE;
}

/* "A:B" */
static gboolean
parse_pair (const char *field, guint32 *first, guint32 *second, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (field, ":", 2);
  guint64 a, b;

  if (g_strv_length (parts) != 2)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%s” is not like 0:0", field);
  if (!parse_number (parts[0], 10, G_MAXUINT32, &a, error)
      || !parse_number (parts[1], 10, G_MAXUINT32, &b, error))
    return FALSE;
  *first = (guint32) a;
  *second = (guint32) b;
  return TRUE;
}

static gboolean
parse_time (const char *field, DomuimgTime *time, GError **error)
{
  const char *point = strchr (field, '.');
  g_autofree char *whole = g_strndup (field, point != NULL ? (gsize) (point - field) : 0);
  guint64 nsec = 0;

  if (point == NULL || strlen (point + 1) != 9
      || !g_ascii_string_to_signed (whole, 10, G_MININT64 + 1, G_MAXINT64, &time->sec, NULL)
      || !g_ascii_string_to_unsigned (point + 1, 10, 0, 999999999, &nsec, NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "“%s” is not a time like 1700000000.000000000", field);
  time->nsec = (guint32) nsec;
  return TRUE;
}

static gboolean
parse_type (const char *field, DomuimgEntryType *type, GError **error)
{
  static const char letters[] = "fdlcbpsh"; /* in the order of DomuimgEntryType */
  const char *letter = strlen (field) == 1 ? strchr (letters, field[0]) : NULL;

  if (letter == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "“%s” is not a type: use one of f d l c b p s h", field);
  *type = (DomuimgEntryType) (letter - letters);
  return TRUE;
}

static gboolean
is_given (GPtrArray *fields, guint field)
{
  return !g_str_equal (g_ptr_array_index (fields, field), "-");
}

static guint32
default_mode (DomuimgEntryType type)
{
  if (type == DOMUIMG_ENTRY_DIRECTORY)
    return 0755;
  return type == DOMUIMG_ENTRY_SYMLINK ? 0777 : 0644;
}

static gboolean
parse_attributes (DomuimgEntry *entry, GPtrArray *fields, GError **error)
{
  guint64 mode;

  if (is_given (fields, MODE))
    {
      if (!parse_number (g_ptr_array_index (fields, MODE), 8, 07777, &mode, error))
        return FALSE;
      entry->mode = (guint32) mode;
    }
  if (is_given (fields, OWNER)
      && !parse_pair (g_ptr_array_index (fields, OWNER), &entry->uid, &entry->gid, error))
    return FALSE;
  if (is_given (fields, MTIME)
      && !parse_time (g_ptr_array_index (fields, MTIME), &entry->mtime, error))
    return FALSE;
  return TRUE;
}

static gboolean
parse_rdev_and_target (DomuimgEntry *entry, GPtrArray *fields, GError **error)
{
  gboolean device = entry->type == DOMUIMG_ENTRY_CHAR_DEVICE
                    || entry->type == DOMUIMG_ENTRY_BLOCK_DEVICE;
  gboolean link
      = entry->type == DOMUIMG_ENTRY_SYMLINK || entry->type == DOMUIMG_ENTRY_HARD_LINK;

  if (is_given (fields, RDEV) != device)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         device ? "a device needs its MAJOR:MINOR"
                                : "only a device has a MAJOR:MINOR");
  if (is_given (fields, TARGET) != link)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         link ? "a link needs its TARGET" : "only a link has a TARGET");
  if (device
      && !parse_pair (g_ptr_array_index (fields, RDEV), &entry->dev_major, &entry->dev_minor,
                      error))
    return FALSE;
  if (link)
    entry->target = parse_word (g_ptr_array_index (fields, TARGET), error);
  return !link || entry->target != NULL;
}

static gboolean
parse_xattrs (DomuimgEntry *entry, GPtrArray *fields, GError **error)
{
  for (guint i = FIRST_XATTR; i < fields->len; i++)
    {
      const char *field = g_ptr_array_index (fields, i);
      const char *equals = strchr (field, '=');
      g_autofree char *word = g_strndup (field, equals != NULL ? (gsize) (equals - field) : 0);

      if (word[0] == '\0')
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%.64s” is not XATTR=VALUE",
                             field);
      g_autofree char *name = parse_word (word, error);
      g_autoptr (GBytes) value = name != NULL ? parse_quoted (equals + 1, error) : NULL;
      if (value == NULL)
        return FALSE;
      gsize size;
      const void *data = g_bytes_get_data (value, &size);
      domuimg_entry_add_xattr (entry, name, data, size);
    }
  return TRUE;
}

static DomuimgEntry *
parse_entry (GPtrArray *fields, GError **error)
{
  const char *field = g_ptr_array_index (fields, PATH);
  DomuimgEntryType type = DOMUIMG_ENTRY_FILE;

  if (field[0] != '/')
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%.64s” does not start with “/”", field);
      return NULL;
    }
  g_autofree char *word = parse_word (field, error);
  g_autofree char *path = word != NULL ? domuimg_path_normalise (word, error) : NULL;
  if (path == NULL || !parse_type (g_ptr_array_index (fields, TYPE), &type, error))
    return NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, type, default_mode (type));
  if (!parse_attributes (entry, fields, error) || !parse_rdev_and_target (entry, fields, error)
      || !parse_xattrs (entry, fields, error))
    return NULL;
  return g_steal_pointer (&entry);
}

/* @content stays NULL for what is not a file, or an empty one. */
static gboolean
parse_content (DomuimgEntry *entry, GPtrArray *fields, GBytes **content, GError **error)
{
  const char *field = g_ptr_array_index (fields, CONTENT);
  guint64 size;

  if (is_given (fields, CONTENT))
    {
      if (entry->type != DOMUIMG_ENTRY_FILE)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "only a file has CONTENT");
      if (g_str_has_prefix (field, "sha256:"))
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "only the content's hash is there: dump with more of it inline");
      *content = parse_quoted (field, error);
      if (*content == NULL)
        return FALSE;
    }
  if (!is_given (fields, SIZE))
    return TRUE;
  if (!parse_number (g_ptr_array_index (fields, SIZE), 10, G_MAXUINT64, &size, error))
    return FALSE;
  if (entry->type != DOMUIMG_ENTRY_FILE
      || size != (*content != NULL ? g_bytes_get_size (*content) : 0))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "the size is not that of the content: “-” takes it from there");
  return TRUE;
}

/* Makes the directories above @path; nothing may lead elsewhere. */
static gboolean
make_parents (Load *self, const char *path, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);

  if (g_strcmp0 (parent, self->parent) == 0)
    return TRUE;
  if (!domuimg_tree_mkdir_p (self->tree, parent, 0755, error))
    return FALSE;
  g_autofree char *real = domuimg_tree_resolve (self->tree, parent, error);
  if (real == NULL)
    return FALSE;
  if (!g_str_equal (real, parent))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "a directory above /%s is a symbolic link", path);
  g_free (self->parent);
  self->parent = g_steal_pointer (&parent);
  return TRUE;
}

static gboolean
load_entry (Load *self, DomuimgEntry *entry, GBytes *content, GError **error)
{
  if (!g_hash_table_add (self->seen, g_strdup (entry->path)))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "/%s had a line already",
                         entry->path);
  if (!make_parents (self, entry->path, error))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    return domuimg_tree_link (self->tree, entry->target, entry->path, error);
  if (!domuimg_tree_put (self->tree, entry, content, error))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    g_ptr_array_add (self->directories, domuimg_entry_copy (entry));
  return TRUE;
}

static gboolean
load_line (Load *self, const char *line, GError **error)
{
  g_autoptr (GBytes) content = NULL;

  if (line[0] == '#' || line[strspn (line, " ")] == '\0')
    return TRUE;
  g_autoptr (GPtrArray) fields = split_fields (line, error);
  if (fields == NULL)
    return FALSE;
  g_autoptr (DomuimgEntry) entry = parse_entry (fields, error);
  if (entry == NULL || !parse_content (entry, fields, &content, error))
    return FALSE;
  return load_entry (self, entry, content, error);
}

/* What was put into a directory may have changed its time. */
static gboolean
finish_directories (Load *self, GError **error)
{
  for (guint i = self->directories->len; i > 0; i--)
    if (!domuimg_tree_set_attributes (self->tree, g_ptr_array_index (self->directories, i - 1),
                                      error))
      return FALSE;
  return TRUE;
}

static gboolean
load_lines (Load *self, const char *dump, GError **error)
{
  guint number = 1;

  for (const char *at = dump; *at != '\0'; number++)
    {
      gsize length = strcspn (at, "\n");
      g_autofree char *line = g_strndup (at, length);

      if (!load_line (self, line, error))
        {
          g_prefix_error (error, "line %u: ", number);
          return FALSE;
        }
      at += length;
      if (*at == '\n')
        at++;
    }
  return finish_directories (self, error);
}

gboolean
domuimg_tree_load (DomuimgTree *tree, const char *dump, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) directories
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_entry_free);
  Load self = { tree, seen, directories, NULL };
  gboolean loaded = load_lines (&self, dump, error);

  g_free (self.parent);
  return loaded;
}
