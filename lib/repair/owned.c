/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files, UUIDs and addresses that the guests of this host have. */
#include "config.h"
#include "lib/repair/owned.h"

#include <gio/gio.h>
#include <stdlib.h>

#include "lib/guest/known.h"
#include "lib/repair/base-image.h"

struct _DomuimgOwned {
  GPtrArray *known;
  /* Each leads from a text to the DomuimgKnown whose it is; @bases to a GPtrArray of all whose disks lie over
   * the file. */
  GHashTable *paths, *bases, *uuids, *addresses;
};

static GHashTable *
table_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
domuimg_owned_free (DomuimgOwned *self)
{
  g_hash_table_unref (self->paths);
  g_hash_table_unref (self->bases);
  g_hash_table_unref (self->uuids);
  g_hash_table_unref (self->addresses);
  g_clear_pointer (&self->known, g_ptr_array_unref);
  g_free (self);
}

/* One spelling of each file, whether it is there or not. */
static char *
resolve (const char *path)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);
  g_autofree char *parent = g_path_get_dirname (whole);
  g_autofree char *base = g_path_get_basename (whole);
  char *real = realpath (whole, NULL);
  g_autofree char *above = real == NULL ? realpath (parent, NULL) : NULL;

  if (real != NULL)
    return real;
  return above != NULL ? g_build_filename (above, base, NULL) : g_steal_pointer (&whole);
}

static void
add_path (GHashTable *table, const char *path, DomuimgKnown *owner)
{
  if (path != NULL && *path == '/')
    g_hash_table_insert (table, resolve (path), owner);
}

static void
add_base (DomuimgOwned *self, const char *path, DomuimgKnown *owner)
{
  g_autofree char *real = path != NULL ? resolve (path) : NULL;
  GPtrArray *users = real != NULL ? g_hash_table_lookup (self->bases, real) : NULL;

  if (real == NULL)
    return;
  if (users == NULL)
    {
      users = g_ptr_array_new ();
      g_hash_table_insert (self->bases, g_steal_pointer (&real), users);
    }
  /* All disks of one guest come one after another. */
  if (users->len == 0 || g_ptr_array_index (users, users->len - 1) != owner)
    g_ptr_array_add (users, owner);
}

static void
add_disks (DomuimgOwned *self, DomuimgKnown *one)
{
  for (guint i = 0; i < one->manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (one->manifest->disks, i);
      g_autofree char *base = domuimg_base_image_find (disk);

      if (!domuimg_manifest_is_elsewhere (one->manifest, disk->path))
        add_path (self->paths, disk->path, one);
      add_base (self, base, one);
    }
}

static char *
normalise (const char *address)
{
  g_autoptr (GInetAddress) parsed = g_inet_address_new_from_string (address);

  return parsed != NULL ? g_inet_address_to_string (parsed) : g_strdup (address);
}

static void
add_nics (DomuimgOwned *self, DomuimgKnown *one)
{
  for (guint i = 0; i < one->manifest->nics->len; i++)
    {
      const DomuimgManifestNic *nic = g_ptr_array_index (one->manifest->nics, i);

      g_auto (GStrv) all = g_strsplit (nic->address != NULL ? nic->address : "", " ", -1);

      for (guint j = 0; all[j] != NULL; j++)
        if (*all[j] != '\0')
          g_hash_table_insert (self->addresses, normalise (all[j]), one);
    }
}

static void
add (DomuimgOwned *self, DomuimgKnown *one)
{
  const DomuimgManifest *manifest = one->manifest;

  add_path (self->paths, one->path, one);
  if (manifest == NULL)
    return;
  add_path (self->paths, manifest->config, one);
  add_path (self->paths, manifest->xml, one);
  if (domuimg_manifest_owns_kernel (manifest))
    {
      add_path (self->paths, manifest->kernel.path, one);
      add_path (self->paths, manifest->kernel.ramdisk, one);
    }
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    add_path (self->paths, manifest->documents[i], one);
  if (manifest->uuid != NULL)
    g_hash_table_insert (self->uuids, g_ascii_strdown (manifest->uuid, -1), one);
  add_disks (self, one);
  add_nics (self, one);
}

DomuimgOwned *
domuimg_owned_new (GError **error)
{
  g_autoptr (DomuimgOwned) self = g_new0 (DomuimgOwned, 1);

  self->paths = table_new ();
  self->bases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_ptr_array_unref);
  self->uuids = table_new ();
  self->addresses = table_new ();
  self->known = domuimg_known_list (NULL, NULL, error);
  if (self->known == NULL)
    return NULL;
  for (guint i = 0; i < self->known->len; i++)
    add (self, g_ptr_array_index (self->known, i));
  return g_steal_pointer (&self);
}

/* (transfer full) (nullable) The name of the guest that @text leads to, unless that is @manifest's. */
static char *
find_other (GHashTable *table, const char *text, const char *manifest)
{
  const DomuimgKnown *owner = g_hash_table_lookup (table, text);
  g_autofree char *own = owner != NULL ? resolve (manifest) : NULL;
  g_autofree char *theirs = owner != NULL ? resolve (owner->path) : NULL;

  return g_strcmp0 (own, theirs) != 0 ? domuimg_known_get_name (owner) : NULL;
}

gboolean
domuimg_owned_check_path (const DomuimgOwned *self, const char *path,
                                 const char *manifest, GError **error)
{
  g_autofree char *real = resolve (path);
  g_autofree char *owner = find_other (self->paths, real, manifest);
  const GPtrArray *above = g_hash_table_lookup (self->bases, real);
  g_autofree char *user
      = above != NULL ? domuimg_known_get_name (g_ptr_array_index (above, 0)) : NULL;

  if (user != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "%s: a disk of another guest (%s) lies over it, and would be lost without: delete"
                         " that guest first",
                         path, user);
  return owner == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                          "%s exists already: it belongs to the guest %s; give the clone another name or"
                          " another directory",
                          path, owner);
}

gboolean
domuimg_owned_check_uuid (const DomuimgOwned *self, const char *uuid,
                                 const char *manifest, GError **error)
{
  g_autofree char *owner = find_other (self->uuids, uuid, manifest);

  return owner == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "the guest %s has the UUID %s: choose another",
                          owner, uuid);
}

gboolean
domuimg_owned_check_address (const DomuimgOwned *self, const char *address,
                                    const char *manifest, GError **error)
{
  g_autofree char *text = normalise (address);
  g_autofree char *owner = find_other (self->addresses, text, manifest);

  return owner == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                          "the guest %s has the address %s: choose another", owner, address);
}

void
domuimg_owned_add_addresses (const DomuimgOwned *self, GPtrArray *list)
{
  GHashTableIter iter;
  gpointer address;

  g_hash_table_iter_init (&iter, self->addresses);
  while (g_hash_table_iter_next (&iter, &address, NULL))
    g_ptr_array_add (list, g_strdup (address));
}

char *
domuimg_owned_name_users (const DomuimgOwned *self, const GPtrArray *paths)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *real = resolve (g_ptr_array_index (paths, i));
      const GPtrArray *users = g_hash_table_lookup (self->bases, real);

      for (guint j = 0; users != NULL && j < users->len; j++)
        {
          g_autofree char *name = domuimg_known_get_name (g_ptr_array_index (users, j));

          if (g_hash_table_add (seen, g_ptr_array_index (users, j)))
            g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", name);
        }
    }
  return names->len > 0 ? g_string_free (g_steal_pointer (&names), FALSE) : NULL;
}
