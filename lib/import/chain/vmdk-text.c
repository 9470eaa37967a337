/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/chain/vmdk.h"

#include <string.h>

/* VMware's "Virtual Disk Format 5.0". */

#define EXTENTS_MAX 1024
#define SECTORS_MAX ((guint64) 1 << 51)

typedef struct {
  DomuimgVmdkDescriptor *descriptor;
  const char *name;
  guint line;
  gboolean after_blank;
  gboolean has_parent;
} Parser;

static void
extent_free (gpointer data)
{
  DomuimgVmdkExtent *self = data;

  g_free (self->type);
  g_free (self->name);
  g_free (self);
}

void
domuimg_vmdk_descriptor_free (DomuimgVmdkDescriptor *self)
{
  g_ptr_array_unref (self->extents);
  g_free (self->parent);
  g_free (self);
}

static gboolean
fail_line (const Parser *self, DomuimgError code, const char *what, GError **error)
{
  return domuimg_fail (error, code, "%s:%u: %s", self->name, self->line, what);
}

/* The word at *@at, which becomes what follows it and blanks; NULL where there is none. */
static char *
take_word (const char **at)
{
  gsize length = strcspn (*at, " \t");
  char *word = length > 0 ? g_strndup (*at, length) : NULL;

  *at += length;
  *at += strspn (*at, " \t");
  return word;
}

static gboolean
take_number (const char **at, guint64 *number)
{
  g_autofree char *word = take_word (at);

  return word != NULL && g_ascii_string_to_unsigned (word, 10, 0, SECTORS_MAX, number, NULL);
}

static char *
take_quoted (const char **at)
{
  const char *end = **at == '"' ? strchr (*at + 1, '"') : NULL;
  char *text;

  if (end == NULL)
    return NULL;
  text = g_strndup (*at + 1, end - *at - 1);
  *at = end + 1;
  *at += strspn (*at, " \t");
  return text;
}

static gboolean
is_one_of (const char *word, const char *const *words)
{
  return word != NULL && g_strv_contains (words, word);
}

static gboolean
check_kind (const Parser *self, const char *access, const char *type, GError **error)
{
  static const char *const types[] = { "FLAT", "SPARSE", "VMFS", "VMFSSPARSE", "SESPARSE", NULL };

  if (!g_str_equal (access, "RW"))
    return fail_line (self, DOMUIMG_ERROR_NOT_SUPPORTED,
                      "an extent that cannot be written, which QEMU would leave out", error);
  if (is_one_of (type, types))
    return TRUE;
  return fail_line (self, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "an extent of a kind that QEMU would leave out", error);
}

/* RW 4192256 SPARSE "name.vmdk", with an offset for FLAT. */
static gboolean
take_extent (Parser *self, const char *access, const char *rest, GError **error)
{
  DomuimgVmdkExtent *extent = g_new0 (DomuimgVmdkExtent, 1);
  gboolean has_offset = FALSE;

  g_ptr_array_add (self->descriptor->extents, extent);
  if (self->descriptor->extents->len > EXTENTS_MAX)
    return fail_line (self, DOMUIMG_ERROR_CORRUPT_INPUT, "more than 1024 extents", error);
  if (!take_number (&rest, &extent->sectors) || extent->sectors == 0
      || (extent->type = take_word (&rest)) == NULL)
    return fail_line (self, DOMUIMG_ERROR_CORRUPT_INPUT, "this is not an extent", error);
  if (!check_kind (self, access, extent->type, error))
    return FALSE;
  extent->name = take_quoted (&rest);
  if (*rest != '\0')
    has_offset = take_number (&rest, &extent->offset);
  /* 511: what QEMU takes of it. It would take an extent after an empty line twice. */
  if (extent->name == NULL || *extent->name == '\0' || strlen (extent->name) > 511
      || !g_utf8_validate (extent->name, -1, NULL) || *rest != '\0' || self->after_blank
      || has_offset != g_str_equal (extent->type, "FLAT"))
    return fail_line (self, DOMUIMG_ERROR_CORRUPT_INPUT, "this is not an extent", error);
  return TRUE;
}

static char *
unquote (const char *value)
{
  g_autofree char *text = g_strstrip (g_strdup (value));
  gsize length = strlen (text);

  if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
    return g_strndup (text + 1, length - 2);
  return g_steal_pointer (&text);
}

static void
take_setting (Parser *self, const char *line)
{
  const char *equals = strchr (line, '=');
  g_autofree char *key = g_strchomp (g_strndup (line, equals - line));
  g_autofree char *value = unquote (equals + 1);
  g_autofree char *low = g_ascii_strdown (value, -1);

  if (g_ascii_strcasecmp (key, "parentCID") == 0)
    self->has_parent = !g_str_equal (low, "ffffffff");
  else if (g_ascii_strcasecmp (key, "parentFileNameHint") == 0)
    {
      g_free (self->descriptor->parent);
      self->descriptor->parent = g_steal_pointer (&value);
    }
  else if (g_ascii_strncasecmp (key, "encryption.", 11) == 0
           || (g_ascii_strcasecmp (key, "createType") == 0 && strstr (low, "encrypt") != NULL)
           || (g_ascii_strcasecmp (key, "ddb.iofilters") == 0
               && strstr (low, "vmwarevmcrypt") != NULL))
    self->descriptor->is_encrypted = TRUE;
}

static gboolean
take_line (Parser *self, const char *line, GError **error)
{
  static const char *const accesses[] = { "RW", "RDONLY", "NOACCESS", NULL };
  const char *rest = line;
  g_autofree char *first = take_word (&rest);

  if (first == NULL)
    {
      self->after_blank = TRUE;
      return TRUE;
    }
  if (is_one_of (first, accesses))
    {
      if (!take_extent (self, first, rest, error))
        return FALSE;
    }
  else if (*line != '#' && strchr (line, '=') != NULL)
    take_setting (self, line);
  self->after_blank = FALSE;
  return TRUE;
}

/* Blanks that QEMU's reader takes for some, and this one does not, must not be there. */
static gboolean
check_text (const Parser *self, const char *text, GError **error)
{
  for (const char *at = text; *at != '\0'; at++)
    if ((guchar) *at < ' ' && *at != '\n' && *at != '\t' && (*at != '\r' || at[1] != '\n'))
      return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                           "%s: its description has characters that no text has", self->name);
  return TRUE;
}

DomuimgVmdkDescriptor *
domuimg_vmdk_descriptor_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (DomuimgVmdkDescriptor) self = g_new0 (DomuimgVmdkDescriptor, 1);
  g_autofree char *copy = g_strndup (text, length);
  Parser parser = { self, name, 0, FALSE, FALSE };
  g_auto (GStrv) lines = NULL;

  self->extents = g_ptr_array_new_with_free_func (extent_free);
  self->has_hint = strstr (copy, "parentFileNameHint") != NULL;
  if (!check_text (&parser, copy, error))
    return NULL;
  lines = g_strsplit (copy, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      parser.line++;
      if (!take_line (&parser, g_strstrip (*line), error))
        return NULL;
    }
  if (!parser.has_parent)
    g_clear_pointer (&self->parent, g_free);
  else if (self->parent == NULL || *self->parent == '\0')
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                    "%s: its description says that it has a parent, and does not name it", name);
      return NULL;
    }
  return g_steal_pointer (&self);
}
