/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the settings of a file come to, and their editing. */

const DomuimgXlSetting *
domuimg_xl_file_find (DomuimgXlFile *self, const char *key)
{
  const DomuimgXlSetting *found = NULL;

  for (guint i = 0; i < self->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->settings, i);

      if (g_str_equal (setting->key, key) && (!setting->append || found == NULL))
        found = setting;
    }
  return found;
}

static DomuimgXlValue *
copy_value (const DomuimgXlValue *value)
{
  DomuimgXlValue *copy = g_new0 (DomuimgXlValue, 1);

  copy->kind = value->kind;
  copy->text = g_strdup (value->text);
  copy->start = value->start;
  copy->end = value->end;
  if (value->kind != DOMUIMG_XL_LIST)
    return copy;
  copy->items = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_xl_value_free);
  for (guint i = 0; i < value->items->len; i++)
    g_ptr_array_add (copy->items, copy_value (g_ptr_array_index (value->items, i)));
  return copy;
}

/* Where @to has text, that is in @text. */
static void
append_value (DomuimgXlValue *to, GString *text, const DomuimgXlValue *value)
{
  if (to->kind != DOMUIMG_XL_LIST)
    {
      g_string_append (text, value->text);
      to->kind = DOMUIMG_XL_STRING;
      return;
    }
  for (guint i = 0; i < value->items->len; i++)
    g_ptr_array_add (to->items, copy_value (g_ptr_array_index (value->items, i)));
}

DomuimgXlValue *
domuimg_xl_file_get_value (DomuimgXlFile *self, const char *key)
{
  const DomuimgXlSetting *base = domuimg_xl_file_find (self, key);
  g_autoptr (GString) text = NULL;
  gboolean after = FALSE;
  DomuimgXlValue *value;

  if (base == NULL)
    return NULL;
  value = copy_value (base->value);
  text = g_string_new (value->text);
  for (guint i = 0; i < self->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->settings, i);

      if (after && g_str_equal (setting->key, key))
        append_value (value, text, setting->value);
      after |= setting == base;
    }
  if (value->kind != DOMUIMG_XL_LIST)
    {
      g_free (value->text);
      value->text = g_string_free (g_steal_pointer (&text), FALSE);
    }
  return value;
}

char *
domuimg_xl_file_get (DomuimgXlFile *self, const char *key)
{
  g_autoptr (DomuimgXlValue) value = domuimg_xl_file_get_value (self, key);

  return value != NULL ? g_strdup (value->text) : NULL;
}

GPtrArray *
domuimg_xl_file_get_list (DomuimgXlFile *self, const char *key)
{
  g_autoptr (DomuimgXlValue) value = domuimg_xl_file_get_value (self, key);
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  if (value != NULL && value->kind != DOMUIMG_XL_LIST)
    g_ptr_array_add (list, g_strdup (value->text));
  for (guint i = 0; value != NULL && value->items != NULL && i < value->items->len; i++)
    {
      const DomuimgXlValue *item = g_ptr_array_index (value->items, i);

      /* A list inside ends the list for xl. */
      if (item->kind == DOMUIMG_XL_LIST)
        break;
      g_ptr_array_add (list, g_strdup (item->text));
    }
  return list;
}

gboolean
domuimg_xl_file_is_appended (DomuimgXlFile *self, const char *key)
{
  for (guint i = self->settings->len; i > 0; i--)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->settings, i - 1);

      if (g_str_equal (setting->key, key))
        return setting->append;
    }
  return FALSE;
}

gboolean
domuimg_xl_file_get_number (DomuimgXlFile *self, const char *key, gint64 *number)
{
  g_autofree char *text = domuimg_xl_file_get (self, key);
  char *end = NULL;

  if (text == NULL || domuimg_xl_file_is_appended (self, key))
    return FALSE;
  errno = 0;
  *number = strtol (text, &end, 0);
  return errno == 0 && end != text && *end == '\0';
}

guint
domuimg_xl_file_get_line (DomuimgXlFile *self, const char *key)
{
  const DomuimgXlSetting *setting = domuimg_xl_file_find (self, key);

  return setting != NULL ? setting->line : 0;
}

/* Where the text of a setting ends when it is taken out: with its line, if that is all on it. */
static gsize
end_of_line (const char *text, const DomuimgXlSetting *setting)
{
  gsize end = setting->end + strspn (text + setting->end, " \t;");
  gboolean alone = setting->start == 0 || text[setting->start - 1] == '\n';

  return alone && text[end] == '\n' ? end + 1 : text[end] == '#' && alone ? end : setting->end;
}

char *
domuimg_xl_file_edit (DomuimgXlFile *self, const char *key, const char *value)
{
  const DomuimgXlSetting *base = domuimg_xl_file_find (self, key);
  g_autoptr (GString) text = g_string_new (self->text);
  gboolean done = value == NULL;

  /* From the end, so that the places before stay true. */
  for (guint i = self->settings->len; i > 0; i--)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->settings, i - 1);

      if (!g_str_equal (setting->key, key))
        continue;
      if (setting == base && value != NULL && !setting->append)
        {
          g_string_erase (text, setting->value_start, setting->end - setting->value_start);
          g_string_insert (text, setting->value_start, value);
          done = TRUE;
        }
      else
        g_string_erase (text, setting->start, end_of_line (self->text, setting) - setting->start);
    }
  if (!done)
    g_string_append_printf (text, "%s%s = %s\n",
                            text->len > 0 && text->str[text->len - 1] != '\n' ? "\n" : "", key,
                            value);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
domuimg_xl_file_rename (DomuimgXlFile *self, const char *key, const char *name)
{
  g_autoptr (GString) text = g_string_new (self->text);

  for (guint i = self->settings->len; i > 0; i--)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->settings, i - 1);

      if (!g_str_equal (setting->key, key))
        continue;
      g_string_erase (text, setting->start, strlen (key));
      g_string_insert (text, setting->start, name);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
