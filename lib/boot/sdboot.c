/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The menu that systemd-boot makes of one partition. */
#include "config.h"
#include "lib/boot/sdboot.h"

#include <string.h>

/* What hostile entries may come to. */
#define TEXTS_MAX (8 << 20)

static gboolean
take_number (const char **at, gint64 *number)
{
  char *end;

  if (!g_ascii_isdigit (**at))
    return FALSE;
  *number = (gint64) MIN (g_ascii_strtoull (*at, &end, 10), G_MAXINT);
  *at = end;
  return TRUE;
}

/* "NAME+LEFT-DONE.conf" or "NAME+LEFT.conf": https://systemd.io/AUTOMATIC_BOOT_ASSESSMENT. */
static void
take_counter (DomuimgSdbootItem *self, const char *suffix)
{
  const char *plus = strrchr (self->file, '+');
  const char *at = plus != NULL ? plus + 1 : NULL;
  gint64 left, done = 0;

  if (plus == NULL || !take_number (&at, &left))
    return;
  if (*at == '-')
    {
      at++;
      if (!take_number (&at, &done))
        return;
    }
  if (!g_str_equal (at, suffix))
    return;
  self->tries_left = left;
  self->tries_done = done;
  g_free (self->id);
  self->id = g_strdup_printf ("%.*s%s", (int) (plus - self->file), self->file, suffix);
}

DomuimgSdbootItem *
domuimg_sdboot_item_new (const char *directory, const char *name, const char *suffix)
{
  DomuimgSdbootItem *self = g_new0 (DomuimgSdbootItem, 1);
  g_autofree char *path = g_build_filename (directory, name, NULL);

  self->entry = domuimg_menu_entry_new ();
  self->entry->source = g_strdup (path + (*path == '/'));
  self->file = g_ascii_strdown (name, -1);
  self->id = g_strdup (self->file);
  self->tries_left = -1;
  take_counter (self, suffix);
  /* It is what bootctl calls an entry, but without the suffix of a file, as it always was here. */
  self->entry->id = g_strndup (name, strlen (name)
                                         - (g_str_equal (suffix, ".conf") ? strlen (suffix) : 0));
  self->entry->is_counted = self->tries_left > 0;
  return self;
}

void
domuimg_sdboot_item_free (gpointer data)
{
  DomuimgSdbootItem *self = data;

  g_clear_pointer (&self->entry, domuimg_menu_entry_free);
  g_free (self->file);
  g_free (self->id);
  g_free (self->sort_key);
  g_free (self->machine_id);
  g_free (self->version);
  g_free (self);
}

gboolean
domuimg_sdboot_is_name (const char *name, const char *suffix)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return *lower != '.' && g_str_has_suffix (lower, suffix) && !g_str_has_prefix (lower, "auto-");
}

/* What has no tries left comes last; of what has a key to sort by, the machines' newest come first; then
 * by name, newest first; and what has been tried less. */
static gint
compare (gconstpointer a, gconstpointer b)
{
  const DomuimgSdbootItem *left = *(DomuimgSdbootItem *const *) a;
  const DomuimgSdbootItem *right = *(DomuimgSdbootItem *const *) b;
  int order = 0;

  if ((left->tries_left == 0) != (right->tries_left == 0))
    return left->tries_left == 0 ? 1 : -1;
  if ((left->sort_key == NULL) != (right->sort_key == NULL))
    return left->sort_key == NULL ? 1 : -1;
  if (left->sort_key != NULL)
    order = strcmp (left->sort_key, right->sort_key);
  if (order == 0 && left->sort_key != NULL)
    order = g_strcmp0 (left->machine_id, right->machine_id);
  if (order == 0 && left->sort_key != NULL)
    order = domuimg_sdboot_compare_versions (right->version, left->version);
  if (order == 0)
    order = domuimg_sdboot_compare_versions (right->id, left->id);
  if (order != 0 || left->tries_left < 0 || right->tries_left < 0)
    return order;
  if (left->tries_left != right->tries_left)
    return left->tries_left > right->tries_left ? -1 : 1;
  return (left->tries_done > right->tries_done) - (left->tries_done < right->tries_done);
}

/* Paths begin at the top of the partition, which may be a directory of what is read here: then all of an
 * entry is there. */
static gboolean
find_files (DomuimgMenuEntry *entry, const char *partition, const DomuimgMenuFiles *files)
{
  g_autofree char *below = NULL;

  if (files->exists == NULL || files->exists (files->data, entry->kernel))
    return TRUE;
  below = g_strconcat (partition, entry->kernel, NULL);
  if (*partition == '\0' || !files->exists (files->data, below))
    return FALSE;
  g_free (entry->kernel);
  entry->kernel = g_steal_pointer (&below);
  for (guint i = 0; i < entry->initrds->len; i++)
    {
      g_autofree char *initrd = g_ptr_array_index (entry->initrds, i);

      entry->initrds->pdata[i] = g_strconcat (partition, initrd, NULL);
    }
  return TRUE;
}

/* An EFI program that is a kernel is one for Xen, too; any other starts nothing here. */
static void
examine_program (DomuimgMenuEntry *entry, const DomuimgMenuFiles *files)
{
  g_autofree char *cmdline = NULL;

  if (!domuimg_uki_examine (files, entry->kernel, &cmdline))
    g_clear_pointer (&entry->kernel, g_free);
  else if (*entry->cmdline == '\0' && cmdline != NULL)
    {
      g_free (entry->cmdline);
      entry->cmdline = g_steal_pointer (&cmdline);
    }
}

/* Those whose kernel is gone are left out: @gone is the last of them. */
static void
read_entries (const char *partition, const DomuimgMenuFiles *files, GPtrArray *items, char **gone)
{
  g_autofree char *directory = g_strconcat (partition, "/loader/entries", NULL);
  g_auto (GStrv) names = files->list != NULL ? files->list (files->data, directory) : NULL;
  gsize total = 0;

  for (guint i = 0; names != NULL && names[i] != NULL && i < DOMUIMG_MENU_ENTRIES && total < TEXTS_MAX;
       i++)
    {
      g_autofree char *path = g_strconcat (directory, "/", names[i], NULL);
      g_autofree char *text = domuimg_sdboot_is_name (names[i], ".conf")
                                  ? domuimg_menu_read_file (files, path)
                                  : NULL;
      g_autoptr (DomuimgSdbootItem) item = NULL;

      total += text != NULL ? strlen (text) : 0;
      item = text != NULL ? domuimg_sdboot_read_entry (directory, names[i], text) : NULL;
      if (item == NULL)
        continue;
      if (!find_files (item->entry, partition, files))
        {
          g_free (*gone);
          *gone = g_strdup_printf ("%s starts %s, which does not exist", path, item->entry->kernel);
          continue;
        }
      if (item->entry->is_program)
        examine_program (item->entry, files);
      g_ptr_array_add (items, g_steal_pointer (&item));
    }
}

static void
read_images (const char *partition, const DomuimgMenuFiles *files, GPtrArray *items)
{
  g_autofree char *directory = g_strconcat (partition, "/EFI/Linux", NULL);
  g_auto (GStrv) names = files->list != NULL ? files->list (files->data, directory) : NULL;

  for (guint i = 0; names != NULL && names[i] != NULL && i < DOMUIMG_MENU_ENTRIES; i++)
    {
      DomuimgSdbootItem *item = domuimg_sdboot_is_name (names[i], ".efi")
                                    ? domuimg_uki_read (files, directory, names[i])
                                    : NULL;

      if (item != NULL)
        g_ptr_array_add (items, item);
    }
}

void
domuimg_sdboot_parse (DomuimgMenu *self, const char *partition, const DomuimgMenuFiles *files)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (domuimg_sdboot_item_free);
  g_autofree char *conf = g_strconcat (partition, "/loader/loader.conf", NULL);
  g_autofree char *gone = NULL;

  read_entries (partition, files, items, &gone);
  read_images (partition, files, items);
  if (items->len == 0 && gone != NULL)
    domuimg_menu_add_problem (self, "%s", gone);
  g_ptr_array_sort (items, compare);
  g_ptr_array_set_size (items, (gint) MIN (items->len, DOMUIMG_MENU_ENTRIES));
  for (guint i = 0; i < items->len; i++)
    domuimg_menu_add_entry (self, g_steal_pointer (&((DomuimgSdbootItem *) items->pdata[i])->entry));
  domuimg_loader_conf_parse (self, conf, items, files);
}
