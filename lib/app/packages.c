/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which package of a root has installed which file. */
#include "config.h"
#include "lib/app/packages.h"

#include <string.h>

#define STATUS "/var/lib/dpkg/status"
#define INFO "/var/lib/dpkg/info"
#define STATUS_MAX ((gsize) 256 << 20)
#define LIST_MAX ((gsize) 64 << 20)
#define COPYRIGHT "/usr/share/doc/%s/copyright"

struct _DomuimgPackages {
  DomuimgTree *tree;
  DomuimgPackagesKind kind;
  GPtrArray *packages; /* (element-type DomuimgPackage) */
  GHashTable *by_name; /* name, and name:architecture -> DomuimgPackage (unowned) */
  GHashTable *lists;   /* (nullable) DomuimgPackage -> GBytes: paths, a line each */
  GPtrArray *known;    /* the keys of @lists, in the order of the files' names */
  gboolean is_merged;  /* /lib is a symlink to /usr/lib, and so on */
};

static gboolean
read_status (DomuimgPackages *self, GError **error)
{
  g_autoptr (GBytes) status = domuimg_tree_read (self->tree, STATUS, STATUS_MAX, error);

  if (status == NULL)
    return FALSE;
  if (!domuimg_dpkg_status_parse (domuimg_bytes_of (status), self->packages, error))
    {
      g_prefix_error (error, "the package database %s of this root is damaged: ", STATUS);
      return FALSE;
    }
  for (guint i = 0; i < self->packages->len; i++)
    {
      DomuimgPackage *package = g_ptr_array_index (self->packages, i);

      g_hash_table_insert (self->by_name,
                           g_strconcat (package->name, ":", package->architecture, NULL), package);
      if (!g_hash_table_contains (self->by_name, package->name))
        g_hash_table_insert (self->by_name, g_strdup (package->name), package);
    }
  return TRUE;
}

static gboolean
has_other (DomuimgTree *tree)
{
  static const char *const databases[]
      = { "/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm", "/lib/apk/db", "/var/lib/pacman" };

  for (guint i = 0; i < G_N_ELEMENTS (databases); i++)
    if (domuimg_tree_exists (tree, databases[i]))
      return TRUE;
  return FALSE;
}

DomuimgPackages *
domuimg_packages_read (DomuimgTree *tree, GError **error)
{
  g_autoptr (DomuimgPackages) self = g_new0 (DomuimgPackages, 1);
  g_autoptr (DomuimgEntry) lib = domuimg_tree_stat (tree, "/lib", NULL);

  self->tree = g_object_ref (tree);
  self->packages = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_package_free);
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->known = g_ptr_array_new ();
  self->is_merged = lib != NULL && lib->type == DOMUIMG_ENTRY_SYMLINK;
  if (domuimg_tree_exists (tree, STATUS))
    {
      self->kind = DOMUIMG_PACKAGES_DPKG;
      if (!read_status (self, error))
        return NULL;
    }
  else if (has_other (tree))
    self->kind = DOMUIMG_PACKAGES_OTHER;
  return g_steal_pointer (&self);
}

void
domuimg_packages_free (DomuimgPackages *self)
{
  g_clear_pointer (&self->lists, g_hash_table_unref);
  g_hash_table_unref (self->by_name);
  g_ptr_array_unref (self->known);
  g_ptr_array_unref (self->packages);
  g_object_unref (self->tree);
  g_free (self);
}

DomuimgPackagesKind
domuimg_packages_get_kind (DomuimgPackages *self)
{
  return self->kind;
}

const DomuimgPackage *
domuimg_packages_find (DomuimgPackages *self, const char *name)
{
  return g_hash_table_lookup (self->by_name, name);
}

static gboolean
read_list (DomuimgPackages *self, const char *file, GError **error)
{
  g_autofree char *path = g_strconcat (INFO, "/", file, NULL);
  g_autofree char *name = g_strndup (file, strlen (file) - strlen (".list"));
  DomuimgPackage *package = g_hash_table_lookup (self->by_name, name);
  GBytes *bytes;

  /* What was removed may leave a list. */
  if (package == NULL)
    return TRUE;
  bytes = domuimg_tree_read (self->tree, path, LIST_MAX, error);
  if (bytes == NULL)
    return FALSE;
  g_hash_table_insert (self->lists, package, bytes);
  g_ptr_array_add (self->known, package);
  return TRUE;
}

static gboolean
read_lists (DomuimgPackages *self, GError **error)
{
  g_auto (GStrv) names = NULL;

  if (self->lists != NULL || self->kind != DOMUIMG_PACKAGES_DPKG)
    return TRUE;
  names = domuimg_tree_list (self->tree, INFO, error);
  if (names == NULL)
    return FALSE;
  self->lists = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_bytes_unref);
  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_has_suffix (names[i], ".list") && !read_list (self, names[i], error))
      return FALSE;
  return TRUE;
}

/* Where /lib is a link to usr/lib, lists of packages have some paths by the old name: both become the
 * one without /usr. Without a leading slash. */
static const char *
shorten (const DomuimgPackages *self, const char *path, gsize length, gsize *left)
{
  static const char *const merged[] = { "bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/" };

  while (length > 0 && *path == '/')
    {
      path++;
      length--;
    }
  *left = length;
  if (!self->is_merged || length < 4 || memcmp (path, "usr/", 4) != 0)
    return path;
  for (guint i = 0; i < G_N_ELEMENTS (merged); i++)
    if (length - 4 > strlen (merged[i]) && memcmp (path + 4, merged[i], strlen (merged[i])) == 0)
      {
        *left = length - 4;
        return path + 4;
      }
  return path;
}

/* Calls @line for each path of each list until it returns FALSE. */
typedef gboolean (*LineFunction) (DomuimgPackages *self, const char *path, gsize length,
                                  const DomuimgPackage *package, gpointer user_data);

static gboolean
go_over_list (DomuimgPackages *self, const DomuimgPackage *package, LineFunction function,
              gpointer user_data)
{
  DomuimgBytes bytes = domuimg_bytes_of (g_hash_table_lookup (self->lists, package));
  const char *text = (const char *) bytes.data;

  for (gsize at = 0; at < bytes.size;)
    {
      const char *end = memchr (text + at, '\n', bytes.size - at);
      gsize length = end != NULL ? (gsize) (end - text) - at : bytes.size - at;

      if (length > 1 && !function (self, text + at, length, package, user_data))
        return FALSE;
      at += length + 1;
    }
  return TRUE;
}

typedef struct {
  GHashTable *wanted; /* shortened path -> path (unowned) */
  DomuimgPackagesFound found;
  gpointer user_data;
  GString *key;
} Owners;

static gboolean
find_line (DomuimgPackages *self, const char *path, gsize length, const DomuimgPackage *package,
           gpointer user_data)
{
  Owners *owners = user_data;
  gsize left;
  const char *rest = shorten (self, path, length, &left);
  const char *wanted;

  g_string_truncate (owners->key, 0);
  g_string_append_len (owners->key, rest, (gssize) left);
  wanted = g_hash_table_lookup (owners->wanted, owners->key->str);
  if (wanted != NULL)
    owners->found (wanted, package, owners->user_data);
  return TRUE;
}

gboolean
domuimg_packages_find_owners (DomuimgPackages *self, GHashTable *paths, DomuimgPackagesFound found,
                              gpointer user_data, GError **error)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) key = g_string_new (NULL);
  Owners owners = { wanted, found, user_data, key };
  GHashTableIter iter;
  gpointer path;

  if (!read_lists (self, error))
    return FALSE;
  g_hash_table_iter_init (&iter, paths);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    {
      gsize left;
      const char *rest = shorten (self, path, strlen (path), &left);

      g_hash_table_insert (wanted, g_strndup (rest, left), path);
    }
  for (guint i = 0; i < self->known->len; i++)
    go_over_list (self, g_ptr_array_index (self->known, i), find_line, &owners);
  return TRUE;
}

static gboolean
has_line (DomuimgBytes bytes, const char *path)
{
  g_autofree char *line = g_strconcat ("/", path, "\n", NULL);
  gsize length = strlen (line);
  const char *text = (const char *) bytes.data;
  const char *at = text;

  while ((at = memmem (at, bytes.size - (gsize) (at - text), line, length)) != NULL)
    {
      if (at == text || at[-1] == '\n')
        return TRUE;
      at++;
    }
  return FALSE;
}

gboolean
domuimg_packages_find_owner (DomuimgPackages *self, const char *path, const DomuimgPackage **owner,
                             GError **error)
{
  gsize left;
  const char *rest = shorten (self, path, strlen (path), &left);
  g_autofree char *full = g_strconcat ("usr/", rest, NULL);

  *owner = NULL;
  if (!read_lists (self, error))
    return FALSE;
  for (guint i = 0; i < self->known->len && *owner == NULL; i++)
    {
      const DomuimgPackage *package = g_ptr_array_index (self->known, i);
      DomuimgBytes bytes = domuimg_bytes_of (g_hash_table_lookup (self->lists, package));

      if (has_line (bytes, rest) || (self->is_merged && has_line (bytes, full)))
        *owner = package;
    }
  return TRUE;
}

static gboolean
add_line (DomuimgPackages *self, const char *path, gsize length, const DomuimgPackage *package,
          gpointer user_data)
{
  if (*path == '/' && !(length == 2 && path[1] == '.'))
    g_ptr_array_add (user_data, g_strndup (path, length));
  return TRUE;
}

gboolean
domuimg_packages_list_files (DomuimgPackages *self, const DomuimgPackage *package,
                             GPtrArray *paths, GError **error)
{
  if (!read_lists (self, error))
    return FALSE;
  if (self->lists != NULL && g_hash_table_contains (self->lists, package))
    go_over_list (self, package, add_line, paths);
  return TRUE;
}

char *
domuimg_packages_find_licence (DomuimgPackages *self, const DomuimgPackage *package)
{
  g_autofree char *path = g_strdup_printf (COPYRIGHT, package->name);
  g_autofree char *text = domuimg_tree_exists (self->tree, path)
                              ? domuimg_tree_read_text (self->tree, path, NULL)
                              : NULL;

  return text != NULL ? domuimg_dpkg_copyright_parse (text) : NULL;
}
