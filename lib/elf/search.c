/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks for libraries as a guest's dynamic loader would. */
#include "config.h"
#include "lib/elf/search.h"

#include <elf.h>
#include <string.h>

#include "lib/tree/glob.h"

#define DIRECTORIES_MAX 500
#define INCLUDES_MAX 8
#define OWN_MAX 32
#define LOADERS_MAX 64

struct _DomuimgElfSearch {
  DomuimgTree *tree;
  GPtrArray *directories; /* that the loader looks in for any program */
  guint16 machine;
  guint bits;
};

DomuimgElfObject *
domuimg_elf_object_new (const char *path, DomuimgElfNeeds *needs, const DomuimgElfObject *loader)
{
  DomuimgElfObject *self = g_new0 (DomuimgElfObject, 1);

  self->path = g_strdup (path);
  self->needs = needs;
  self->loader = loader;
  return self;
}

void
domuimg_elf_object_free (DomuimgElfObject *self)
{
  domuimg_elf_needs_free (self->needs);
  g_free (self->path);
  g_free (self);
}

static void
add_directory (DomuimgElfSearch *self, const char *path)
{
  if (*path == '/' && self->directories->len < DIRECTORIES_MAX)
    g_ptr_array_add (self->directories, g_strdup (path));
}

static void read_conf (DomuimgElfSearch *self, const char *path, guint depth);

/* "include" of ld.so.conf, whose pattern is below /etc unless it is absolute. */
static void
include (DomuimgElfSearch *self, const char *pattern, guint depth)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *full
      = *pattern == '/' ? g_strdup (pattern) : g_strconcat ("/etc/", pattern, NULL);

  domuimg_tree_glob (self->tree, full, paths, NULL);
  for (guint i = 0; i < paths->len; i++)
    read_conf (self, g_ptr_array_index (paths, i), depth + 1);
}

static void
read_conf (DomuimgElfSearch *self, const char *path, guint depth)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines != NULL && lines[i] != NULL && depth < INCLUDES_MAX; i++)
    {
      char *line = lines[i];

      line[strcspn (line, "#")] = '\0';
      g_strstrip (line);
      if (g_str_has_prefix (line, "include ") || g_str_has_prefix (line, "include\t"))
        include (self, g_strchug (line + strlen ("include ")), depth);
      else
        add_directory (self, line);
    }
}

static const char *
get_triplet (const DomuimgElfSearch *self)
{
  if (self->machine == EM_X86_64)
    return "x86_64-linux-gnu";
  return self->machine == EM_386 ? "i386-linux-gnu" : "aarch64-linux-gnu";
}

static void
add_defaults (DomuimgElfSearch *self)
{
  static const char *const common[] = { "/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib32",
                                        "/usr/lib32", "/usr/local/lib" };
  g_autofree char *lib = g_strconcat ("/lib/", get_triplet (self), NULL);
  g_autofree char *usr_lib = g_strconcat ("/usr/lib/", get_triplet (self), NULL);

  add_directory (self, lib);
  add_directory (self, usr_lib);
  for (guint i = 0; i < G_N_ELEMENTS (common); i++)
    add_directory (self, common[i]);
}

DomuimgElfSearch *
domuimg_elf_search_new (DomuimgTree *tree, const DomuimgElfNeeds *first)
{
  DomuimgElfSearch *self = g_new0 (DomuimgElfSearch, 1);

  self->tree = g_object_ref (tree);
  self->machine = first->machine;
  self->bits = first->bits;
  self->directories = g_ptr_array_new_with_free_func (g_free);
  read_conf (self, "/etc/ld.so.conf", 0);
  add_defaults (self);
  return self;
}

void
domuimg_elf_search_free (DomuimgElfSearch *self)
{
  g_ptr_array_unref (self->directories);
  g_object_unref (self->tree);
  g_free (self);
}

/* The loader skips libraries of another class or architecture. */
static gboolean
is_library (DomuimgElfSearch *self, const char *path)
{
  g_autoptr (DomuimgElfNeeds) needs = NULL;

  if (!domuimg_tree_exists (self->tree, path))
    return FALSE;
  needs = domuimg_elf_needs_read (self->tree, path, NULL);
  return needs != NULL && needs->bits == self->bits && needs->machine == self->machine;
}

/* TRUE where @directory itself has it; variants for newer processors come before that. */
static gboolean
find_in (DomuimgElfSearch *self, const char *directory, const char *name, GPtrArray *found)
{
  g_autofree char *hwcaps = g_strconcat (directory, "/glibc-hwcaps", NULL);
  g_autofree char *path = g_strconcat (directory, "/", name, NULL);
  g_auto (GStrv) variants
      = domuimg_tree_is_dir (self->tree, hwcaps) ? domuimg_tree_list (self->tree, hwcaps, NULL)
                                                 : NULL;

  for (guint i = 0; variants != NULL && variants[i] != NULL; i++)
    {
      g_autofree char *other = g_strconcat (hwcaps, "/", variants[i], "/", name, NULL);

      if (is_library (self, other))
        g_ptr_array_add (found, g_steal_pointer (&other));
    }
  if (!is_library (self, path))
    return FALSE;
  g_ptr_array_add (found, g_steal_pointer (&path));
  return TRUE;
}

/* What stands for parts of a path in RPATH and RUNPATH. */
static char *
expand (const DomuimgElfSearch *self, const DomuimgElfObject *object, const char *directory)
{
  g_autofree char *full = g_strconcat ("/", object->path, NULL);
  g_autofree char *origin = g_path_get_dirname (full);
  g_autofree char *lib = g_strconcat ("lib/", get_triplet (self), NULL);
  g_autoptr (GString) text = g_string_new (directory);

  g_string_replace (text, "${ORIGIN}", origin, 0);
  g_string_replace (text, "$ORIGIN", origin, 0);
  g_string_replace (text, "${LIB}", lib, 0);
  g_string_replace (text, "$LIB", lib, 0);
  /* Takes ".." away, as of $ORIGIN/../lib, and stays at the root. */
  return g_canonicalize_filename (text->str, "/");
}

static gboolean
find_by_path (DomuimgElfSearch *self, const DomuimgElfObject *object, const char *search_path,
              const char *name, GPtrArray *found)
{
  g_auto (GStrv) directories = search_path != NULL ? g_strsplit (search_path, ":", OWN_MAX) : NULL;

  for (guint i = 0; directories != NULL && directories[i] != NULL; i++)
    {
      g_autofree char *directory
          = *directories[i] != '\0' ? expand (self, object, directories[i]) : NULL;

      if (directory != NULL && find_in (self, directory, name, found))
        return TRUE;
    }
  return FALSE;
}

/* musl has one list of both, and follows those of all loaders. */
static gboolean
is_musl (const DomuimgElfObject *object)
{
  for (guint i = 0; object != NULL && i < LOADERS_MAX; i++, object = object->loader)
    if (object->needs->interpreter != NULL)
      return strstr (object->needs->interpreter, "/ld-musl") != NULL;
  return FALSE;
}

/* An RPATH holds for the libraries of libraries, too, unless the one that needs it has a RUNPATH. */
static gboolean
find_by_own_paths (DomuimgElfSearch *self, const DomuimgElfObject *object, const char *name,
                   GPtrArray *found)
{
  gboolean musl = is_musl (object);
  const DomuimgElfObject *loader = object;

  for (guint i = 0; loader != NULL && i < LOADERS_MAX; i++, loader = loader->loader)
    {
      if ((musl || object->needs->runpath == NULL)
          && find_by_path (self, loader, loader->needs->rpath, name, found))
        return TRUE;
      if (musl && find_by_path (self, loader, loader->needs->runpath, name, found))
        return TRUE;
    }
  return find_by_path (self, object, object->needs->runpath, name, found);
}

GPtrArray *
domuimg_elf_search_find (DomuimgElfSearch *self, const DomuimgElfObject *object, const char *name)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  if (strchr (name, '/') != NULL)
    {
      if (*name == '/' && is_library (self, name))
        g_ptr_array_add (found, g_strdup (name));
      return g_steal_pointer (&found);
    }
  if (find_by_own_paths (self, object, name, found))
    return g_steal_pointer (&found);
  for (guint i = 0; i < self->directories->len; i++)
    if (find_in (self, g_ptr_array_index (self->directories, i), name, found))
      break;
  return g_steal_pointer (&found);
}
