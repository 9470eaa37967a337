/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the text of LVM2's metadata. */
#include "config.h"
#include "lib/image/lvm-text.h"

#include <string.h>

#include "lib/base/compare.h"

#define DEPTH_MAX 8
#define SETTINGS_MAX 100000

typedef struct {
  const char *at;
  const char *end;
  GString *section; /* "/vg/logical_volumes" */
  guint depth;
  GHashTable *settings;
} Reader;

static gboolean
damaged (const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "LVM's metadata is damaged: %s", what);
}

/* To the next character that means something; '\0' at the end. */
static char
skip (Reader *self)
{
  while (self->at < self->end && *self->at != '\0')
    {
      if (*self->at == '#')
        while (self->at < self->end && *self->at != '\n')
          self->at++;
      else if (g_ascii_isspace (*self->at))
        self->at++;
      else
        return *self->at;
    }
  return '\0';
}

static char *
read_word (Reader *self)
{
  const char *start = self->at;

  while (self->at < self->end && (g_ascii_isalnum (*self->at) || (*self->at != '\0' && strchr ("_-+.@", *self->at) != NULL)))
    self->at++;
  return g_strndup (start, (gsize) (self->at - start));
}

/* (nullable) */
static char *
read_value (Reader *self)
{
  g_autoptr (GString) text = NULL;

  if (*self->at != '"')
    return read_word (self);
  text = g_string_new (NULL);
  for (self->at++; self->at < self->end && *self->at != '"' && *self->at != '\0'; self->at++)
    {
      if (*self->at == '\\' && self->at + 1 < self->end)
        self->at++;
      g_string_append_c (text, *self->at);
    }
  if (self->at >= self->end || *self->at != '"')
    return NULL;
  self->at++;
  return g_strdup (text->str);
}

static gboolean
read_list (Reader *self, GStrvBuilder *values, GError **error)
{
  char next;

  self->at++;
  while ((next = skip (self)) != ']' && next != '\0')
    {
      g_autofree char *value = next != ',' ? read_value (self) : NULL;

      if (next == ',')
        self->at++;
      else if (value == NULL || (*value == '\0' && next != '"'))
        return damaged ("a list has something else than values", error);
      else
        g_strv_builder_add (values, value);
    }
  self->at++;
  return next == ']' || damaged ("a list has no end", error);
}

static gboolean
read_setting (Reader *self, const char *name, GError **error)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_autofree char *value = NULL;
  char next;

  self->at++;
  next = skip (self);
  if (next == '[' && !read_list (self, values, error))
    return FALSE;
  if (next != '[')
    {
      value = next != '\0' ? read_value (self) : NULL;
      if (value == NULL || (*value == '\0' && next != '"'))
        return damaged ("a setting has no value", error);
      g_strv_builder_add (values, value);
    }
  g_hash_table_replace (self->settings, g_strdup_printf ("%s/%s", self->section->str, name),
                        g_strv_builder_end (values));
  return g_hash_table_size (self->settings) <= SETTINGS_MAX || damaged ("it has too many settings", error);
}

static gboolean
open_section (Reader *self, const char *name, GError **error)
{
  if (++self->depth > DEPTH_MAX)
    return damaged ("its sections are too deep", error);
  self->at++;
  g_string_append_printf (self->section, "/%s", name);
  return TRUE;
}

static gboolean
close_section (Reader *self, GError **error)
{
  if (self->depth-- == 0)
    return damaged ("a section ends that has not begun", error);
  self->at++;
  g_string_truncate (self->section, (gsize) (strrchr (self->section->str, '/') - self->section->str));
  return TRUE;
}

static gboolean
read_statement (Reader *self, char next, GError **error)
{
  g_autofree char *name = NULL;

  if (next == '}')
    return close_section (self, error);
  name = read_word (self);
  if (*name == '\0')
    return damaged ("there is no name where one has to be", error);
  next = skip (self);
  if (next == '{')
    return open_section (self, name, error);
  return next == '=' ? read_setting (self, name, error)
                     : damaged ("a name is neither a section's nor a setting's", error);
}

GHashTable *
domuimg_lvm_text_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (GString) section = g_string_new (NULL);
  g_autoptr (GHashTable) settings
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_strfreev);
  Reader reader = { text, text + length, section, 0, settings };
  char next;

  while ((next = skip (&reader)) != '\0')
    if (!read_statement (&reader, next, error))
      return NULL;
  if (reader.depth == 0)
    return g_steal_pointer (&settings);
  damaged ("a section has no end", error);
  return NULL;
}

const char *
domuimg_lvm_text_get (GHashTable *self, const char *section, const char *name)
{
  g_autofree char *key = g_strdup_printf ("%s/%s", section, name);
  char **values = g_hash_table_lookup (self, key);

  return values != NULL && values[0] != NULL && values[1] == NULL ? values[0] : NULL;
}

gboolean
domuimg_lvm_text_get_number (GHashTable *self, const char *section, const char *name, guint64 max,
                             guint64 *number)
{
  const char *value = domuimg_lvm_text_get (self, section, name);

  return value != NULL && g_ascii_string_to_unsigned (value, 10, 0, max, number, NULL);
}

char **
domuimg_lvm_text_list (GHashTable *self, const char *section)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *start = g_strconcat (section, "/", NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const char *rest = g_str_has_prefix (key, start) ? (char *) key + strlen (start) : "";
      const char *end = strchr (rest, '/');
      g_autofree char *name = end != NULL ? g_strndup (rest, (gsize) (end - rest)) : NULL;

      if (name != NULL && g_hash_table_add (seen, g_strdup (name)))
        g_ptr_array_add (names, g_steal_pointer (&name));
    }
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
