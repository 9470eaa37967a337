/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest that was made again has otherwise than before. */
#include "config.h"
#include "lib/life/rebuild.h"

#include "lib/base/compare.h"
#include "lib/guest/packages.h"
#include "lib/guest/root.h"

static void G_GNUC_PRINTF (2, 3)
add_line (GPtrArray *lines, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (lines, g_strdup_vprintf (format, args));
  va_end (args);
}

GHashTable *
domuimg_rebuild_read_packages (const DomuimgManifest *manifest, GPtrArray *lines)
{
  const DomuimgManifestDisk *disk
      = manifest->disks->len > 0 ? g_ptr_array_index (manifest->disks, 0) : NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgGuestRoot) root
      = disk != NULL && disk->path != NULL ? domuimg_guest_root_open (disk->path, &local) : NULL;
  GHashTable *packages = NULL;

  if (root != NULL)
    domuimg_packages_list (root->tree, &packages, &local);
  if (local != NULL)
    add_line (lines, "its packages cannot be read: %s", local->message);
  return packages;
}

static void
compare_texts (const char *what, const char *before, const char *after, GPtrArray *lines)
{
  if (g_strcmp0 (before, after) != 0)
    add_line (lines, "%s: %s → %s", what, before != NULL ? before : "none",
              after != NULL ? after : "none");
}

static const DomuimgManifestDisk *
find_disk (const DomuimgManifest *manifest, const char *vdev)
{
  for (guint i = 0; i < manifest->disks->len; i++)
    if (g_strcmp0 (((const DomuimgManifestDisk *) manifest->disks->pdata[i])->vdev, vdev) == 0)
      return g_ptr_array_index (manifest->disks, i);
  return NULL;
}

static void
compare_disks (const DomuimgManifest *before, const DomuimgManifest *after, GPtrArray *lines)
{
  for (guint i = 0; i < after->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (after->disks, i);
      const DomuimgManifestDisk *old = find_disk (before, disk->vdev);
      g_autofree char *was = old != NULL ? g_format_size_full ((guint64) old->size, G_FORMAT_SIZE_IEC_UNITS)
                                         : NULL;
      g_autofree char *is = g_format_size_full ((guint64) disk->size, G_FORMAT_SIZE_IEC_UNITS);

      if (old == NULL || old->size != disk->size)
        add_line (lines, "disk %s: %s → %s", disk->vdev, was != NULL ? was : "none", is);
    }
}

void
domuimg_rebuild_compare (const DomuimgManifest *before, const DomuimgManifest *after,
                         GPtrArray *lines)
{
  compare_texts ("kernel", before->kernel.version, after->kernel.version, lines);
  compare_texts ("system", before->system, after->system, lines);
  compare_texts ("type", domuimg_guest_type_to_string (before->type),
                 domuimg_guest_type_to_string (after->type), lines);
  compare_texts ("verdict", before->verdict, after->verdict, lines);
  compare_disks (before, after, lines);
}

static GPtrArray *
sort_keys (GHashTable *table)
{
  GPtrArray *keys = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (keys, key);
  g_ptr_array_sort (keys, domuimg_compare_strings);
  return keys;
}

void
domuimg_rebuild_compare_packages (GHashTable *before, GHashTable *after, GPtrArray *lines)
{
  g_autoptr (GPtrArray) old = sort_keys (before);
  g_autoptr (GPtrArray) new = sort_keys (after);

  for (guint i = 0; i < new->len; i++)
    {
      const char *name = g_ptr_array_index (new, i);
      const char *was = g_hash_table_lookup (before, name);
      const char *is = g_hash_table_lookup (after, name);

      if (was == NULL)
        add_line (lines, "new package %s %s", name, is);
      else if (!g_str_equal (was, is))
        add_line (lines, "package %s: %s → %s", name, was, is);
    }
  for (guint i = 0; i < old->len; i++)
    if (!g_hash_table_contains (after, g_ptr_array_index (old, i)))
      add_line (lines, "package %s is gone", (const char *) g_ptr_array_index (old, i));
}

static void
list_lines (const char *path, char **from, char **without, const char *what, GPtrArray *lines)
{
  for (guint i = 0; from[i] != NULL; i++)
    if (*from[i] != '\0' && !g_strv_contains ((const char *const *) without, from[i]))
      add_line (lines, "%s: %s: %s", path, what, from[i]);
}

void
domuimg_rebuild_compare_configs (const char *path, const char *before, const char *after,
                                 GPtrArray *lines)
{
  g_auto (GStrv) old = g_strsplit (before, "\n", -1);
  g_auto (GStrv) new = g_strsplit (after, "\n", -1);

  list_lines (path, old, new, "gone", lines);
  list_lines (path, new, old, "new", lines);
}
