/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts together what a bill of materials says of a guest. */
#include "config.h"
#include "lib/app/bill.h"

#include <string.h>

#define PIECE ((gsize) 256 << 10)
#define OS_RELEASE "/etc/os-release"

static void
file_free (gpointer data)
{
  DomuimgBillFile *self = data;

  g_free (self->path);
  g_free (self->sha1);
  g_free (self->sha256);
  g_free (self);
}

static void
package_free (gpointer data)
{
  DomuimgBillPackage *self = data;

  g_free (self->licence);
  g_free (self->purl);
  g_free (self);
}

void
domuimg_bill_free (DomuimgBill *self)
{
  g_free (self->name);
  g_free (self->uuid);
  g_free (self->created);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->packages);
  g_free (self);
}

static gboolean
digest_file (DomuimgTree *tree, const DomuimgEntry *entry, DomuimgBillFile *file, GError **error)
{
  g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
  g_autoptr (GChecksum) sha256 = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (PIECE);
  guint64 offset = 0;
  gssize got;

  while ((got = domuimg_tree_read_at (tree, entry->path, offset, buffer, PIECE, error)) > 0)
    {
      g_checksum_update (sha1, buffer, got);
      g_checksum_update (sha256, buffer, got);
      offset += (guint64) got;
    }
  file->sha1 = g_strdup (g_checksum_get_string (sha1));
  file->sha256 = g_strdup (g_checksum_get_string (sha256));
  return got == 0;
}

static gboolean
is_unchanged (const DomuimgAppFile *file, const DomuimgEntry *entry)
{
  return file != NULL && file->sha256 != NULL && file->entry->size == entry->size
         && file->entry->mtime.sec == entry->mtime.sec;
}

typedef struct {
  DomuimgBill *bill;
  GHashTable *by_path; /* path -> DomuimgAppFile */
  GCancellable *cancellable;
} Collector;

static gboolean
add_file (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
          GError **error)
{
  Collector *self = user_data;
  const DomuimgAppFile *known = g_hash_table_lookup (self->by_path, entry->path);
  DomuimgBillFile *file;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (entry->type != DOMUIMG_ENTRY_FILE)
    return TRUE;
  file = g_new0 (DomuimgBillFile, 1);
  g_ptr_array_add (self->bill->files, file);
  file->path = g_strdup (entry->path);
  file->mtime = entry->mtime.sec;
  file->file = known;
  if (!is_unchanged (known, entry))
    return digest_file (tree, entry, file, error);
  file->sha1 = g_strdup (known->sha1);
  file->sha256 = g_strdup (known->sha256);
  file->package = known->package;
  return TRUE;
}

/* "pkg:deb/debian/libc6@2.36-9?arch=amd64" */
static char *
make_purl (const DomuimgPackage *package, const char *system)
{
  g_autofree char *name = g_uri_escape_string (package->name, NULL, FALSE);
  g_autofree char *version = g_uri_escape_string (package->version, NULL, FALSE);

  return g_strdup_printf ("pkg:deb/%s/%s@%s?arch=%s", system, name, version,
                          package->architecture != NULL ? package->architecture : "all");
}

/* ID of os-release of the root that the packages are of. */
static char *
find_system (DomuimgTree *tree)
{
  g_autofree char *text = domuimg_tree_read_text (tree, OS_RELEASE, NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "ID="))
      {
        char *id = g_strdup (lines[i] + strlen ("ID="));

        g_strdelimit (id, "\"'/ ", '-');
        return g_ascii_isalpha (*id) ? id : (g_free (id), g_strdup ("debian"));
      }
  return g_strdup ("debian");
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(DomuimgBillFile *const *) a)->path, (*(DomuimgBillFile *const *) b)->path);
}

static int
compare_packages (gconstpointer a, gconstpointer b)
{
  const DomuimgPackage *one = (*(DomuimgBillPackage *const *) a)->package;
  const DomuimgPackage *other = (*(DomuimgBillPackage *const *) b)->package;
  int order = strcmp (one->name, other->name);

  return order != 0 ? order : g_strcmp0 (one->architecture, other->architecture);
}

static void
add_packages (DomuimgBill *self, DomuimgClosure *closure)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autofree char *system = find_system (domuimg_closure_get_tree (closure));

  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgBillFile *file = g_ptr_array_index (self->files, i);
      DomuimgBillPackage *package;

      if (file->package == NULL || !g_hash_table_add (seen, (gpointer) file->package))
        continue;
      package = g_new0 (DomuimgBillPackage, 1);
      package->package = file->package;
      package->licence = domuimg_packages_find_licence (domuimg_closure_get_packages (closure),
                                                        file->package);
      package->purl = make_purl (file->package, system);
      g_ptr_array_add (self->packages, package);
    }
  g_ptr_array_sort (self->packages, compare_packages);
}

/* Files that domuimg made now have the present time, unless the build is to be reproducible. */
static char *
find_time (const DomuimgBill *self)
{
  g_autoptr (GDateTime) time = NULL;
  gint64 newest = 0;

  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgBillFile *file = g_ptr_array_index (self->files, i);

      if (file->file != NULL)
        newest = MAX (newest, file->mtime);
    }
  time = g_date_time_new_from_unix_utc (newest);
  return time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ")
                      : g_strdup ("1970-01-01T00:00:00Z");
}

DomuimgBill *
domuimg_bill_new (DomuimgClosure *closure, DomuimgTree *tree, const char *name, const char *uuid,
                  GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgBill) self = g_new0 (DomuimgBill, 1);
  g_autoptr (GHashTable) by_path = g_hash_table_new (g_str_hash, g_str_equal);
  const GPtrArray *files = domuimg_closure_get_files (closure);
  Collector collector = { self, by_path, cancellable };

  self->name = g_strdup (name);
  self->uuid = g_strdup (uuid);
  self->files = g_ptr_array_new_with_free_func (file_free);
  self->packages = g_ptr_array_new_with_free_func (package_free);
  for (guint i = 0; i < files->len; i++)
    {
      DomuimgAppFile *file = g_ptr_array_index (files, i);

      g_hash_table_insert (by_path, file->entry->path, file);
    }
  if (!domuimg_tree_walk (tree, "", add_file, &collector, error))
    return NULL;
  g_ptr_array_sort (self->files, compare_files);
  add_packages (self, closure);
  self->created = find_time (self);
  return g_steal_pointer (&self);
}
