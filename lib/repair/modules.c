/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules of a kernel with all that they need, in the order that they load in. */
#include "config.h"
#include "lib/repair/modules.h"

#include <string.h>

#include "lib/base/decompress.h"
#include "lib/kernel/initramfs.h"

/* No module comes near these. */
#define MODULE_MAX ((gsize) 64 << 20)
/* How many steps a search may have: each may read a whole list that the guest wrote. */
#define STEPS_MAX 256

/* modules.dep, modules.builtin, modules.softdep and modules.alias of one kernel. */
typedef struct {
  char *directory;
  GHashTable *dependencies; /* name to its line of modules.dep */
  GHashTable *builtin;
  char **soft;
  char **aliases;
  GHashTable *seen; /* names */
  GHashTable *done; /* paths */
  GPtrArray *order;
  guint steps;
} Resolver;

static void
resolver_clear (Resolver *self)
{
  g_free (self->directory);
  g_clear_pointer (&self->dependencies, g_hash_table_unref);
  g_clear_pointer (&self->builtin, g_hash_table_unref);
  g_clear_pointer (&self->seen, g_hash_table_unref);
  g_clear_pointer (&self->done, g_hash_table_unref);
  g_clear_pointer (&self->order, g_ptr_array_unref);
  g_strfreev (self->soft);
  g_strfreev (self->aliases);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Resolver, resolver_clear)

static char *
read_list (DomuimgTree *tree, const Resolver *self, const char *name)
{
  g_autofree char *path = g_build_filename (self->directory, name, NULL);

  return domuimg_tree_read_text (tree, path, NULL);
}

static char **
read_lines (DomuimgTree *tree, const Resolver *self, const char *name)
{
  g_autofree char *text = read_list (tree, self, name);

  return g_strsplit (text != NULL ? text : "", "\n", -1);
}

static gboolean
load (Resolver *self, DomuimgTree *tree, const char *version, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autofree char *builtin = NULL;
  g_auto (GStrv) lines = NULL;

  self->directory = g_strdup_printf ("/lib/modules/%s", version);
  path = g_build_filename (self->directory, "modules.dep", NULL);
  text = domuimg_tree_read_text (tree, path, error);
  if (text == NULL)
    return FALSE;
  builtin = read_list (tree, self, "modules.builtin");
  self->builtin = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (builtin != NULL)
    domuimg_modules_add_builtin (self->builtin, builtin, strlen (builtin));
  self->dependencies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *file = g_strndup (lines[i], strcspn (lines[i], ":"));
      char *name = domuimg_module_of_path (file);

      if (name != NULL)
        g_hash_table_replace (self->dependencies, name, g_strdup (lines[i]));
    }
  self->soft = read_lines (tree, self, "modules.softdep");
  self->aliases = read_lines (tree, self, "modules.alias");
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->order = g_ptr_array_new_with_free_func (g_free);
  return TRUE;
}

static void
take_path (Resolver *self, const char *path)
{
  char *full = *path == '/' ? g_strdup (path) : g_build_filename (self->directory, path, NULL);

  if (g_hash_table_add (self->done, full))
    g_ptr_array_add (self->order, g_strdup (full));
}

static gboolean resolve (Resolver *self, const char *module);

/* A name that is not a module's may be an alias of modules: "crc32c". */
static void
resolve_alias (Resolver *self, const char *name)
{
  for (guint i = 0; self->aliases[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (self->aliases[i], " ", 3);

      if (g_strv_length (words) == 3 && g_str_equal (words[0], "alias")
          && g_str_equal (words[1], name))
        resolve (self, words[2]);
    }
}

/* "softdep ext4 pre: crc32c": what the module asks the kernel for by name. */
static void
resolve_soft (Resolver *self, const char *module)
{
  for (guint i = 0; self->soft[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (self->soft[i], " ", -1);
      gboolean before = FALSE;

      if (g_strv_length (words) < 3 || !g_str_equal (words[0], "softdep")
          || !g_str_equal (g_strdelimit (words[1], "-", '_'), module))
        continue;
      for (guint j = 2; words[j] != NULL; j++)
        if (g_str_has_suffix (words[j], ":"))
          before = g_str_equal (words[j], "pre:");
        else if (before && !resolve (self, words[j]) && self->steps++ < STEPS_MAX)
          resolve_alias (self, words[j]);
    }
}

/* FALSE where there is no such module. */
static gboolean
resolve (Resolver *self, const char *module)
{
  g_autofree char *name = g_strdelimit (g_strdup (module), "-", '_');
  const char *line = g_hash_table_lookup (self->dependencies, name);
  g_auto (GStrv) paths = NULL;

  if (line == NULL || self->steps++ > STEPS_MAX)
    return domuimg_modules_contain (self->builtin, name);
  if (!g_hash_table_add (self->seen, g_strdup (name)))
    return TRUE;
  resolve_soft (self, name);
  paths = g_strsplit (line, " ", -1);
  /* All that it needs is listed, the last first. */
  for (guint i = g_strv_length (paths); i > 1; i--)
    if (*paths[i - 1] != '\0')
      {
        g_autofree char *needed = domuimg_module_of_path (paths[i - 1]);

        if (needed != NULL && self->steps++ < STEPS_MAX
            && g_hash_table_add (self->seen, g_strdup (needed)))
          resolve_soft (self, needed);
        take_path (self, paths[i - 1]);
      }
  if (g_str_has_suffix (paths[0], ":"))
    paths[0][strlen (paths[0]) - 1] = '\0';
  take_path (self, paths[0]);
  return TRUE;
}

GPtrArray *
domuimg_modules_resolve (DomuimgTree *tree, const char *version, const char *const *modules,
                         GError **error)
{
  g_auto (Resolver) self = { NULL };

  if (!load (&self, tree, version, error))
    return NULL;
  for (guint i = 0; modules[i] != NULL; i++)
    if (!resolve (&self, modules[i]))
      {
        domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: the module %s is missing",
                      self.directory, modules[i]);
        return NULL;
      }
  return g_steal_pointer (&self.order);
}

GBytes *
domuimg_modules_read (DomuimgTree *tree, const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = domuimg_tree_read (tree, path, MODULE_MAX, error);
  DomuimgCompression compression;

  if (bytes == NULL)
    return NULL;
  compression = domuimg_compression_detect (domuimg_bytes_of (bytes));
  if (compression == DOMUIMG_COMPRESSION_NONE)
    return g_steal_pointer (&bytes);
  return domuimg_decompress (compression, domuimg_bytes_of (bytes), path, 0, MODULE_MAX, error);
}
