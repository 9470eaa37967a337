/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

#include "lib/kernel/pe.h"

/* Boot Loader Specification, type 2: a PE file holds kernel, initramfs, command line and os-release.
 * They are large: only the table of sections and the small ones are read. */

#define HEADER_MAX 4096
#define SECTION_MAX (64 << 10)

typedef struct {
  DomuimgMenuEntry *entry;
  char *key;     /* (nullable) ID of os-release, which systemd-boot sorts by */
  char *version; /* of the kernel, else of the system */
} Item;

static void
item_free (gpointer data)
{
  Item *self = data;

  g_clear_pointer (&self->entry, domuimg_menu_entry_free);
  g_free (self->key);
  g_free (self->version);
  g_free (self);
}

static GBytes *
read_at (const DomuimgMenuFiles *files, const char *path, guint64 offset, gsize length)
{
  return files->read_at != NULL ? files->read_at (files->data, path, offset, length) : NULL;
}

/* NULL where there is no such section. */
static char *
read_section (const DomuimgMenuFiles *files, const char *path, DomuimgBytes header,
              const char *name)
{
  g_autoptr (GBytes) content = NULL;
  guint64 offset, length;

  if (!domuimg_pe_find_section (header, name, &offset, &length))
    return NULL;
  content = read_at (files, path, offset, MIN (length, SECTION_MAX));
  if (content == NULL)
    return NULL;
  return g_strstrip (
      g_strndup (g_bytes_get_data (content, NULL), g_bytes_get_size (content)));
}

/* KEY=value or KEY="value" of os-release. */
static char *
get_field (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit_set (text, "\n", -1);
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *value = g_strstrip (lines[i]) + length + 1;
      gsize size;

      if (!g_str_has_prefix (lines[i], key) || lines[i][length] != '=')
        continue;
      size = strlen (value);
      if (size >= 2 && strchr ("\"'", value[0]) != NULL && value[size - 1] == value[0])
        return g_strndup (value + 1, size - 2);
      return g_strdup (value);
    }
  return NULL;
}

/* NULL where it is not a unified kernel image. */
static Item *
read_image (const DomuimgMenuFiles *files, const char *path, const char *name)
{
  g_autoptr (GBytes) bytes = read_at (files, path, 0, HEADER_MAX);
  g_autofree char *release = NULL;
  guint64 offset, length;
  DomuimgBytes header;
  Item *item;

  if (bytes == NULL)
    return NULL;
  header = domuimg_bytes_of (bytes);
  if (!domuimg_pe_find_section (header, ".linux", &offset, &length))
    return NULL;
  item = g_new0 (Item, 1);
  item->entry = domuimg_menu_entry_new ();
  item->entry->id = g_strdup (name);
  item->entry->kernel = g_strdup (path);
  item->entry->source = g_strdup (path + 1);
  item->entry->cmdline = read_section (files, path, header, ".cmdline");
  release = read_section (files, path, header, ".osrel");
  item->entry->title = get_field (release != NULL ? release : "", "PRETTY_NAME");
  if (item->entry->title == NULL)
    item->entry->title = g_strdup (name);
  item->key = get_field (release != NULL ? release : "", "ID");
  item->version = read_section (files, path, header, ".uname");
  if (item->version == NULL)
    item->version = get_field (release != NULL ? release : "", "VERSION_ID");
  return item;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const Item *left = *(Item *const *) a, *right = *(Item *const *) b;
  int order = g_strcmp0 (left->key, right->key);

  if (order == 0)
    order = domuimg_menu_compare_versions (right->version != NULL ? right->version : "",
                                           left->version != NULL ? left->version : "");
  return order != 0 ? order : domuimg_menu_compare_versions (right->entry->id, left->entry->id);
}

void
domuimg_uki_parse (DomuimgMenu *self, const char *directory, const DomuimgMenuFiles *files)
{
  g_auto (GStrv) names = files->list != NULL ? files->list (files->data, directory) : NULL;
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (item_free);
  g_autofree char *efi = g_path_get_dirname (directory);
  g_autofree char *partition = g_path_get_dirname (efi);
  g_autofree char *loader = g_build_filename (partition, "loader", NULL);

  for (guint i = 0; names != NULL && names[i] != NULL && i < DOMUIMG_MENU_ENTRIES; i++)
    {
      g_autofree char *path = g_build_filename (directory, names[i], NULL);
      g_autofree char *lower = g_ascii_strdown (names[i], -1);
      Item *item = g_str_has_suffix (lower, ".efi") ? read_image (files, path, names[i]) : NULL;

      if (item != NULL)
        g_ptr_array_add (items, item);
    }
  g_ptr_array_sort (items, compare);
  for (guint i = 0; i < items->len; i++)
    domuimg_menu_add_entry (self,
                            g_steal_pointer (&((Item *) g_ptr_array_index (items, i))->entry));
  domuimg_loader_conf_parse (self, loader, files);
}
