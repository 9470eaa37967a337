/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one parser and the one editor of fstab(5) and crypttab(5). */
#include "config.h"
#include "lib/guest/fstab-table.h"

#include <string.h>

#include "lib/image/devices.h"

#define BLANKS " \t\r\v\f"

struct _DomuimgFstab {
  GPtrArray *lines;   /* (element-type utf8) an empty one after the last newline */
  GPtrArray *entries; /* (element-type DomuimgFstabEntry) */
};

static void
entry_free (gpointer data)
{
  DomuimgFstabEntry *self = data;

  g_strfreev (self->fields);
  g_free (self);
}

void
domuimg_fstab_free (DomuimgFstab *self)
{
  g_ptr_array_unref (self->lines);
  g_ptr_array_unref (self->entries);
  g_free (self);
}

static gboolean
is_octal (const char *c)
{
  return c[0] >= '0' && c[0] <= '3' && c[1] >= '0' && c[1] <= '7' && c[2] >= '0' && c[2] <= '7';
}

/* getmntent(3) reads three octal digits as a byte. */
static char *
decode (const char *field, gsize length)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    if (field[i] == '\\' && length - i > 3 && is_octal (field + i + 1)
        && strncmp (field + i + 1, "000", 3) != 0)
      {
        g_string_append_c (text, (char) ((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8
                                         + (field[i + 3] - '0')));
        i += 3;
      }
    else
      g_string_append_c (text, field[i]);
  return g_string_free (text, FALSE);
}

static void
append_encoded (GString *text, const char *value)
{
  for (const char *c = value; *c != '\0'; c++)
    if (strchr (BLANKS "\n\\", *c) != NULL)
      g_string_append_printf (text, "\\%03o", (guint8) *c);
    else
      g_string_append_c (text, *c);
}

/* The next field of @line from *@at on, which then is its end; FALSE where there is none. */
static gboolean
next_field (const char *line, gsize *at, gsize *start)
{
  *start = *at + strspn (line + *at, BLANKS);
  if (line[*start] == '\0' || line[*start] == '#')
    return FALSE;
  *at = *start + strcspn (line + *start, BLANKS);
  return TRUE;
}

static char **
split (const char *line)
{
  g_autoptr (GStrvBuilder) fields = g_strv_builder_new ();
  gsize at = 0, start;

  while (next_field (line, &at, &start))
    {
      g_autofree char *field = decode (line + start, at - start);

      g_strv_builder_add (fields, field);
    }
  return g_strv_builder_end (fields);
}

static void
add_entry (DomuimgFstab *self, guint line, const char *text)
{
  g_auto (GStrv) fields = split (text);
  guint n = g_strv_length (fields);
  DomuimgFstabEntry *entry;

  if (n < 2)
    return;
  entry = g_new0 (DomuimgFstabEntry, 1);
  entry->line = line;
  entry->spec = fields[DOMUIMG_FSTAB_SPEC];
  entry->file = fields[DOMUIMG_FSTAB_FILE];
  entry->type = n > DOMUIMG_FSTAB_TYPE ? fields[DOMUIMG_FSTAB_TYPE] : "auto";
  entry->options = n > DOMUIMG_FSTAB_OPTIONS ? fields[DOMUIMG_FSTAB_OPTIONS] : "defaults";
  entry->pass = n > DOMUIMG_FSTAB_PASS
                    ? (int) g_ascii_strtoll (fields[DOMUIMG_FSTAB_PASS], NULL, 10)
                    : 0;
  entry->fields = g_steal_pointer (&fields);
  g_ptr_array_add (self->entries, entry);
}

DomuimgFstab *
domuimg_fstab_parse (const char *text)
{
  DomuimgFstab *self = g_new0 (DomuimgFstab, 1);
  g_autofree char **lines = g_strsplit (text, "\n", -1);

  self->lines = g_ptr_array_new_with_free_func (g_free);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_ptr_array_add (self->lines, lines[i]);
      add_entry (self, i + 1, lines[i]);
    }
  return self;
}

const GPtrArray *
domuimg_fstab_get_entries (const DomuimgFstab *self)
{
  return self->entries;
}

const DomuimgFstabEntry *
domuimg_fstab_find (const DomuimgFstab *self, const char *file)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      const DomuimgFstabEntry *entry = g_ptr_array_index (self->entries, i);

      if (g_str_equal (entry->file, file))
        return entry;
    }
  return NULL;
}

gboolean
domuimg_fstab_has_option (const DomuimgFstabEntry *entry, const char *option)
{
  g_auto (GStrv) options = g_strsplit (entry->options, ",", -1);

  return g_strv_contains ((const char *const *) options, option);
}

gboolean
domuimg_fstab_is_device (const char *spec)
{
  if (*spec == '"')
    spec++;
  return domuimg_device_spec_is_tag (spec) || g_str_has_prefix (spec, "ID=")
         || (g_str_has_prefix (spec, "/dev/") && !g_str_has_prefix (spec, "/dev/shm"));
}

/* (nullable) Where the text of the line is kept. */
static char **
line_at (DomuimgFstab *self, guint line)
{
  return line > 0 && line <= self->lines->len ? (char **) &self->lines->pdata[line - 1] : NULL;
}

static char *
join (const char *const *fields)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; fields[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (text, ' ');
      append_encoded (text, fields[i]);
    }
  return g_string_free (text, FALSE);
}

void
domuimg_fstab_set_field (DomuimgFstab *self, guint line, guint field, const char *value)
{
  char **text = line_at (self, line);
  GString *edited;
  gsize at = 0, start = 0;
  guint n = 0;

  while (text != NULL && n <= field && next_field (*text, &at, &start))
    n++;
  if (text == NULL || n < field)
    return;
  /* A field that the line lacks comes after its last one. */
  edited = g_string_new_len (*text, (gssize) (n > field ? start : at));
  if (n == field)
    g_string_append_c (edited, ' ');
  append_encoded (edited, value);
  g_string_append (edited, *text + at);
  g_free (*text);
  *text = g_string_free (edited, FALSE);
}

void
domuimg_fstab_comment_out (DomuimgFstab *self, guint line, const char *why)
{
  char **text = line_at (self, line);
  g_autofree char *old = text != NULL ? *text : NULL;

  if (text != NULL)
    *text = why != NULL ? g_strdup_printf ("# %s: %s", why, old) : g_strconcat ("# ", old, NULL);
}

void
domuimg_fstab_replace (DomuimgFstab *self, guint line, const char *why,
                       const char *const *fields)
{
  char **text = line_at (self, line);
  g_autofree char *entry = join (fields);
  g_autofree char *old = NULL;

  if (text == NULL)
    return;
  domuimg_fstab_comment_out (self, line, why);
  /* Two lines under one number, so that the numbers of later entries stay true. */
  old = *text;
  *text = g_strconcat (old, "\n", entry, NULL);
}

void
domuimg_fstab_append (DomuimgFstab *self, const char *const *fields)
{
  guint n = self->lines->len;
  gboolean ends_in_newline = n > 0 && *(char *) g_ptr_array_index (self->lines, n - 1) == '\0';

  if (!ends_in_newline)
    g_ptr_array_add (self->lines, g_strdup (""));
  g_ptr_array_insert (self->lines, (int) self->lines->len - 1, join (fields));
}

char *
domuimg_fstab_to_text (const DomuimgFstab *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->lines->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "",
                            (const char *) g_ptr_array_index (self->lines, i));
  return g_string_free (text, FALSE);
}
