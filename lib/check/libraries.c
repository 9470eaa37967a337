/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the libraries that a program needs and the guest lacks, like its dynamic loader would. */
#include "config.h"
#include "lib/check/libraries.h"

#include <elf.h>
#include <string.h>

#include "lib/elf/needs.h"

#define LIBRARIES_MAX 500
#define INCLUDES_MAX 8
#define OWN_MAX 32

typedef struct {
  DomuimgTree *tree;
  GPtrArray *missing;
  GPtrArray *directories; /* that the loader looks in for any program */
  GPtrArray *own;         /* that programs and libraries name themselves */
  GHashTable *seen;       /* names */
  GPtrArray *files;       /* found, in the order of loading: what one has, the next ones use */
  guint16 machine;
  guint bits;
} Search;

static void
add_directory (Search *self, const char *path)
{
  if (*path == '/' && self->directories->len < LIBRARIES_MAX)
    g_ptr_array_add (self->directories, g_strdup (path));
}

static void read_conf (Search *self, const char *path, guint depth);

static void
include (Search *self, const char *pattern, guint depth)
{
  g_autofree char *directory = g_path_get_dirname (pattern);
  g_autofree char *glob = g_path_get_basename (pattern);
  g_auto (GStrv) names = domuimg_tree_list (self->tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_pattern_match_simple (glob, names[i]))
      {
        g_autofree char *path = g_strconcat (directory, "/", names[i], NULL);

        read_conf (self, path, depth + 1);
      }
}

static void
read_conf (Search *self, const char *path, guint depth)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL && depth < INCLUDES_MAX; i++)
    {
      char *line = g_strstrip (lines[i]);

      if (g_str_has_prefix (line, "include ") || g_str_has_prefix (line, "include\t"))
        {
          g_autofree char *pattern = g_strstrip (g_strdup (line + strlen ("include ")));
          g_autofree char *full
              = *pattern == '/' ? g_strdup (pattern) : g_strconcat ("/etc/", pattern, NULL);

          include (self, full, depth);
        }
      else
        add_directory (self, line);
    }
}

static void
add_defaults (Search *self)
{
  static const char *const common[] = { "/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib32",
                                        "/usr/lib32", "/usr/local/lib" };
  const char *triplet = self->machine == EM_X86_64 ? "x86_64-linux-gnu"
                        : self->machine == EM_386  ? "i386-linux-gnu"
                                                   : "aarch64-linux-gnu";
  g_autofree char *lib = g_strconcat ("/lib/", triplet, NULL);
  g_autofree char *usr_lib = g_strconcat ("/usr/lib/", triplet, NULL);

  add_directory (self, lib);
  add_directory (self, usr_lib);
  for (guint i = 0; i < G_N_ELEMENTS (common); i++)
    add_directory (self, common[i]);
}

/* The loader skips libraries of another class or architecture. */
static gboolean
is_library (Search *self, const char *path)
{
  g_autoptr (DomuimgElfNeeds) needs = domuimg_elf_needs_read (self->tree, path, NULL);

  return needs != NULL && needs->bits == self->bits && needs->machine == self->machine;
}

static char *
find_in (Search *self, const char *directory, const char *name)
{
  g_autofree char *path = g_strconcat (directory, "/", name, NULL);

  return is_library (self, path) ? g_steal_pointer (&path) : NULL;
}

/* $ORIGIN is where the file that needs it lies. An RPATH, though no RUNPATH, holds for the
 * libraries of its libraries, too; both are kept for those, so that nothing is missed that ld.so
 * finds. */
static char *
find_by_own_path (Search *self, const char *user, const char *search_path, const char *name)
{
  g_autofree char *resolved = domuimg_tree_resolve (self->tree, user, NULL);
  g_autofree char *full = g_strconcat ("/", resolved, NULL);
  g_autofree char *origin = g_path_get_dirname (full);
  g_auto (GStrv) directories = g_strsplit (search_path, ":", OWN_MAX);
  char *found = NULL;

  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autoptr (GString) text = g_string_new (directories[i]);
      g_autofree char *directory = NULL;

      g_string_replace (text, "${ORIGIN}", origin, 0);
      g_string_replace (text, "$ORIGIN", origin, 0);
      /* Takes ".." away, as of $ORIGIN/../lib. */
      directory = g_canonicalize_filename (text->str, "/");
      if (found == NULL)
        found = find_in (self, directory, name);
      if (self->own->len < OWN_MAX
          && !g_ptr_array_find_with_equal_func (self->own, directory, g_str_equal, NULL))
        g_ptr_array_add (self->own, g_steal_pointer (&directory));
    }
  return found;
}

static char *
find_library (Search *self, const char *user, const char *search_path, const char *name)
{
  char *found = NULL;

  if (strchr (name, '/') != NULL)
    return is_library (self, name) ? g_strdup (name) : NULL;
  if (search_path != NULL)
    found = find_by_own_path (self, user, search_path, name);
  for (guint i = 0; i < self->directories->len && found == NULL; i++)
    found = find_in (self, g_ptr_array_index (self->directories, i), name);
  for (guint i = 0; i < self->own->len && found == NULL; i++)
    found = find_in (self, g_ptr_array_index (self->own, i), name);
  return found;
}

/* The libraries of one file that no file before it needed. */
static void
find_needed (Search *self, const char *user)
{
  g_autoptr (DomuimgElfNeeds) needs = domuimg_elf_needs_read (self->tree, user, NULL);

  for (guint i = 0; needs != NULL && i < needs->needed->len; i++)
    {
      const char *name = g_ptr_array_index (needs->needed, i);
      char *found;

      if (g_hash_table_size (self->seen) > LIBRARIES_MAX
          || !g_hash_table_add (self->seen, g_strdup (name)))
        continue;
      found = find_library (self, user, needs->search_path, name);
      if (found != NULL)
        g_ptr_array_add (self->files, found);
      else
        g_ptr_array_add (self->missing, g_strdup (name));
    }
}

void
domuimg_libraries_find_missing (DomuimgTree *tree, const char *path, GPtrArray *missing)
{
  g_autoptr (DomuimgElfNeeds) needs = domuimg_elf_needs_read (tree, path, NULL);
  g_autofree char *resolved = domuimg_tree_resolve (tree, path, NULL);
  Search search = { tree, missing };

  if (needs == NULL)
    return;
  search.machine = needs->machine;
  search.bits = needs->bits;
  search.directories = g_ptr_array_new_with_free_func (g_free);
  search.own = g_ptr_array_new_with_free_func (g_free);
  search.seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  read_conf (&search, "/etc/ld.so.conf", 0);
  add_defaults (&search);
  search.files = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (search.files, g_strconcat ("/", resolved, NULL));
  for (guint i = 0; i < search.files->len; i++)
    find_needed (&search, g_ptr_array_index (search.files, i));
  g_ptr_array_unref (search.files);
  g_ptr_array_unref (search.directories);
  g_ptr_array_unref (search.own);
  g_hash_table_unref (search.seen);
}
