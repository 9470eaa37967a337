/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

/* Boot Loader Specification, type 1: one file an entry, as GRUB's command blscfg reads them
 * (https://uapi-group.org/specifications/specs/boot_loader_specification/). */

/* What hostile entries may come to. */
#define FIELD_MAX (64 << 10)
#define INITRDS_MAX 64
#define TEXTS_MAX (8 << 20)

typedef struct {
  DomuimgMenuEntry *entry;
  GString *title;    /* (nullable), as all of these */
  GString *options;
} Item;

static void
free_field (GString *field)
{
  if (field != NULL)
    g_string_free (field, TRUE);
}

static void
item_free (gpointer data)
{
  Item *self = data;

  g_clear_pointer (&self->entry, domuimg_menu_entry_free);
  free_field (self->title);
  free_field (self->options);
  g_free (self);
}

/* $name and ${name}; what is not set is nothing. No longer than a field may be. Without
 * @variables, as it is. */
static char *
expand (const char *text, GHashTable *variables)
{
  GString *out = g_string_new (NULL);

  if (variables == NULL)
    return g_string_free (g_string_truncate (g_string_append (out, text), FIELD_MAX), FALSE);
  while (*text != '\0' && out->len < FIELD_MAX)
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
      const char *value = g_hash_table_lookup (variables, key);
      g_string_append (out, value != NULL ? value : "");
      text = name + length + (braced && name[length] == '}');
    }
  g_string_truncate (out, MIN (out->len, FIELD_MAX));
  return g_string_free (out, FALSE);
}

/* The order of grub-core/commands/blscfg.c of Fedora: by the names of the files, newest first. */
static gint
compare_as_grub (gconstpointer a, gconstpointer b)
{
  const Item *left = *(Item *const *) a, *right = *(Item *const *) b;

  return domuimg_menu_compare_versions (right->entry->id, left->entry->id);
}

/* Fields that come more than once are joined. */
static void
append_words (GString **field, const char *value, GHashTable *variables)
{
  g_autofree char *expanded = NULL;

  if (*field == NULL)
    *field = g_string_new (NULL);
  if ((*field)->len >= FIELD_MAX)
    return;
  expanded = g_strstrip (expand (value, variables));
  if ((*field)->len > 0 && *expanded != '\0')
    g_string_append_c (*field, ' ');
  g_string_append (*field, expanded);
}

static void
add_initrds (DomuimgMenuEntry *entry, const char *value, GHashTable *variables)
{
  g_auto (GStrv) words = NULL;
  g_autofree char *expanded = NULL;

  if (entry->initrds->len >= INITRDS_MAX)
    return;
  expanded = expand (value, variables);
  words = g_strsplit_set (expanded, " \t", INITRDS_MAX);
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_ptr_array_add (entry->initrds,
                       g_strconcat (*words[i] == '/' ? "" : "/", words[i], NULL));
}

static void
take_field (Item *item, const char *key, const char *value, GHashTable *variables)
{
  DomuimgMenuEntry *entry = item->entry;

  if (g_str_equal (key, "title"))
    append_words (&item->title, value, NULL);
  else if (g_str_equal (key, "linux") && entry->kernel == NULL)
    {
      g_autofree char *path = expand (value, variables);
      entry->kernel = g_strconcat (*path == '/' ? "" : "/", path, NULL);
    }
  else if (g_str_equal (key, "initrd"))
    add_initrds (entry, value, variables);
  else if (g_str_equal (key, "options"))
    append_words (&item->options, value, variables);
}

static Item *
parse_entry (const char *path, const char *id, const char *text, GHashTable *variables)
{
  g_auto (GStrv) lines = g_strsplit_set (text, "\n", -1);
  Item *item = g_new0 (Item, 1);

  item->entry = domuimg_menu_entry_new ();
  item->entry->id = g_strndup (id, strlen (id) - strlen (".conf"));
  item->entry->source = g_strdup (path + (*path == '/'));
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strcspn (line, " \t");
      g_autofree char *key = g_strndup (line, length);

      if (*line != '#' && line[length] != '\0')
        take_field (item, key, line + length + strspn (line + length, " \t"), variables);
    }
  item->entry->title = g_strdup (item->title != NULL ? item->title->str : item->entry->id);
  item->entry->cmdline = item->options != NULL ? g_strdup (item->options->str) : NULL;
  return item;
}

static GPtrArray *
read_items (const char *directory, const DomuimgMenuFiles *files, GHashTable *variables)
{
  g_auto (GStrv) names = files->list != NULL ? files->list (files->data, directory) : NULL;
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);
  gsize total = 0;

  for (guint i = 0; names != NULL && names[i] != NULL && i < DOMUIMG_MENU_ENTRIES
                    && total < TEXTS_MAX; i++)
    {
      g_autofree char *path = g_strconcat (directory, "/", names[i], NULL);
      g_autofree char *text
          = g_str_has_suffix (names[i], ".conf") ? domuimg_menu_read_file (files, path) : NULL;
      Item *item;

      if (text == NULL)
        continue;
      total += strlen (text);
      item = parse_entry (path, names[i], text, variables);
      if (item->entry->kernel != NULL)
        g_ptr_array_add (items, item);
      else
        item_free (item);
    }
  g_ptr_array_sort (items, compare_as_grub);
  return items;
}

/* What blscfg adds: options for entries without, and initramfs that come before those of an entry,
 * beside them. The shell that runs an entry takes every run of blanks for one. */
static void
complete_as_grub (DomuimgMenuEntry *entry, GHashTable *variables)
{
  const char *options = g_hash_table_lookup (variables, "default_kernelopts");
  const char *early = g_hash_table_lookup (variables, "early_initrd");
  g_auto (GStrv) names = g_strsplit (early != NULL ? early : "", " ", INITRDS_MAX);
  g_auto (GStrv) words = NULL;
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *directory = g_path_get_dirname (
      entry->initrds->len > 0 ? g_ptr_array_index (entry->initrds, 0) : entry->kernel);

  for (guint i = 0, at = 0; names[i] != NULL; i++)
    if (*names[i] != '\0')
      g_ptr_array_insert (entry->initrds, at++, g_build_filename (directory, names[i], NULL));
  if (entry->cmdline == NULL && options != NULL)
    entry->cmdline = expand (options, variables);
  words = g_strsplit_set (entry->cmdline != NULL ? entry->cmdline : "", " \t", -1);
  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0')
      g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", words[i]);
  g_free (entry->cmdline);
  entry->cmdline = g_strdup (line->str);
}

void
domuimg_bls_parse (DomuimgMenu *self, const char *directory, const DomuimgMenuFiles *files,
                   GHashTable *variables)
{
  g_autoptr (GPtrArray) items = read_items (directory, files, variables);

  for (guint i = 0; i < items->len; i++)
    {
      Item *item = g_ptr_array_index (items, i);

      complete_as_grub (item->entry, variables);
      domuimg_menu_add_entry (self, g_steal_pointer (&item->entry));
    }
}
