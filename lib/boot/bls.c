/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

/* Boot Loader Specification, type 1: one file an entry. As GRUB's blscfg reads them: $variables in
 * the options, newest version first. */

#define WORDS_MAX 4096

typedef struct {
  DomuimgMenuEntry *entry;
  char *version;
  char *sort_key;
} Item;

static void
item_free (gpointer data)
{
  Item *self = data;

  g_clear_pointer (&self->entry, domuimg_menu_entry_free);
  g_free (self->version);
  g_free (self->sort_key);
  g_free (self);
}

/* $name and ${name}; what is not set is nothing. */
static char *
expand (const char *text, GHashTable *variables)
{
  GString *out = g_string_new (NULL);

  while (*text != '\0' && out->len < DOMUIMG_MENU_FILE_MAX)
    {
      gboolean braced = text[0] == '$' && text[1] == '{';
      const char *name = text + 1 + braced;
      gsize length = *text == '$' ? strspn (name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_") : 0;

      if (length == 0)
        {
          g_string_append_c (out, *text++);
          continue;
        }
      g_autofree char *key = g_strndup (name, length);
      const char *value = variables != NULL ? g_hash_table_lookup (variables, key) : NULL;
      g_string_append (out, value != NULL ? value : "");
      text = name + length + (braced && name[length] == '}');
    }
  return g_string_free (out, FALSE);
}

/* Digits compare as numbers, letters as text, a tilde before everything: as rpm and strverscmp
 * agree on for kernels' versions. */
static int
compare_versions (const char *a, const char *b)
{
  while (*a != '\0' || *b != '\0')
    {
      if (g_ascii_isdigit (*a) && g_ascii_isdigit (*b))
        {
          char *end_a, *end_b;
          guint64 left = g_ascii_strtoull (a, &end_a, 10), right = g_ascii_strtoull (b, &end_b, 10);

          if (left != right)
            return left < right ? -1 : 1;
          a = end_a;
          b = end_b;
        }
      else if (*a != *b)
        {
          if (*a == '~' || *b == '~')
            return *a == '~' ? -1 : 1;
          return (guchar) *a < (guchar) *b ? -1 : 1;
        }
      else
        a++, b++;
    }
  return 0;
}

static gint
compare_items (gconstpointer a, gconstpointer b)
{
  const Item *left = *(Item *const *) a, *right = *(Item *const *) b;
  int order = g_strcmp0 (left->sort_key, right->sort_key);

  if (order == 0)
    order = compare_versions (right->version, left->version);
  return order != 0 ? order : compare_versions (right->entry->id, left->entry->id);
}

static void
append_word (char **field, const char *value)
{
  char *joined = *field != NULL && **field != '\0' ? g_strconcat (*field, " ", value, NULL)
                                                   : g_strdup (value);

  g_free (*field);
  *field = joined;
}

static void
add_initrds (DomuimgMenuEntry *entry, const char *value)
{
  g_auto (GStrv) words = g_strsplit_set (value, " \t", WORDS_MAX);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] == '/')
      g_ptr_array_add (entry->initrds, g_strdup (words[i]));
}

static void
take_field (Item *item, const char *key, const char *value, GHashTable *variables)
{
  DomuimgMenuEntry *entry = item->entry;
  g_autofree char *expanded = expand (value, variables);

  if (g_str_equal (key, "title"))
    append_word (&entry->title, expanded);
  else if (g_str_equal (key, "version"))
    append_word (&item->version, expanded);
  else if (g_str_equal (key, "sort-key"))
    append_word (&item->sort_key, expanded);
  else if (g_str_equal (key, "linux"))
    append_word (&entry->kernel, expanded);
  else if (g_str_equal (key, "initrd"))
    add_initrds (entry, expanded);
  else if (g_str_equal (key, "options"))
    append_word (&entry->cmdline, g_strstrip (expanded));
}

static Item *
parse_entry (const char *path, const char *id, const char *text, GHashTable *variables)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Item *item = g_new0 (Item, 1);

  item->entry = domuimg_menu_entry_new ();
  item->entry->id = g_strndup (id, strlen (id) - strlen (".conf"));
  item->entry->source = g_strdup (path);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strcspn (line, " \t");
      g_autofree char *key = g_strndup (line, length);

      if (*line != '#' && line[length] != '\0')
        take_field (item, key, line + length + strspn (line + length, " \t"), variables);
    }
  if (item->entry->title == NULL)
    item->entry->title = g_strdup (item->entry->id);
  if (item->version == NULL)
    item->version = g_strdup (item->entry->id);
  return item;
}

static GPtrArray *
read_items (const char *directory, const DomuimgMenuFiles *files, GHashTable *variables)
{
  g_auto (GStrv) names = files->list != NULL ? files->list (files->data, directory) : NULL;
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

  for (guint i = 0; names != NULL && names[i] != NULL && i < DOMUIMG_MENU_ENTRIES; i++)
    {
      g_autofree char *path = g_strconcat (directory, "/", names[i], NULL);
      g_autofree char *text
          = g_str_has_suffix (names[i], ".conf") ? domuimg_menu_read_file (files, path) : NULL;
      Item *item;

      if (text == NULL)
        continue;
      item = parse_entry (path, names[i], text, variables);
      if (item->entry->kernel != NULL)
        g_ptr_array_add (items, item);
      else
        item_free (item);
    }
  g_ptr_array_sort (items, compare_items);
  return items;
}

void
domuimg_bls_parse (DomuimgMenu *self, const char *directory, const DomuimgMenuFiles *files,
                   GHashTable *variables)
{
  g_autoptr (GPtrArray) items = read_items (directory, files, variables);

  for (guint i = 0; i < items->len; i++)
    {
      Item *item = g_ptr_array_index (items, i);

      domuimg_menu_add_entry (self, g_steal_pointer (&item->entry));
    }
}
