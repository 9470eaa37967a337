/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an ELF file leads to: its interpreter and its libraries. */
#include "config.h"
#include "lib/app/closure-private.h"

#include <elf.h>
#include <string.h>

#include "lib/elf/note.h"

#define RULE_LIBRARY "library"
#define RULE_INTERPRETER "interpreter"
#define LOADER_CACHE "/etc/ld.so.cache"

/* The file that this one was taken for as a library, else the program. */
static const DomuimgElfObject *
get_loader (DomuimgClosure *self, const DomuimgAppFile *file)
{
  while (file->parent != 0)
    {
      file = domuimg_closure_get_file (self, file->parent);
      if (file->object != NULL)
        return file->object;
    }
  return NULL;
}

/* x86_64 runs programs for i386, too. */
static gboolean
is_foreign (const DomuimgElfNeeds *first, const DomuimgElfNeeds *other)
{
  return first->machine != other->machine
         && !(first->machine == EM_X86_64 && other->machine == EM_386)
         && !(first->machine == EM_386 && other->machine == EM_X86_64);
}

/* One that somebody asked for is an error; a package may have others, which are not its programs. */
static gboolean
check_machine (DomuimgClosure *self, const DomuimgAppFile *file, GError **error)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgAppFile *first = g_ptr_array_index (self->files, i);
      g_autofree char *other = NULL, *machine = NULL;

      if (first->object == NULL || first == file)
        continue;
      if (!is_foreign (first->object->needs, file->object->needs))
        return TRUE;
      machine = domuimg_elf_describe_machine (first->object->needs->machine);
      other = domuimg_elf_describe_machine (file->object->needs->machine);
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "/%s is for %s, and /%s for %s: a guest has one architecture",
                           file->entry->path, other, first->entry->path, machine);
    }
  return TRUE;
}

static DomuimgElfSearch *
get_search (DomuimgClosure *self, const DomuimgElfNeeds *needs)
{
  if (self->search == NULL)
    self->search = domuimg_elf_search_new (self->tree, needs);
  return self->search;
}

/* Most files name no directories of their own: what was found for one of them holds for all. */
static GPtrArray *
find_library (DomuimgClosure *self, const DomuimgElfObject *object, const char *name)
{
  const DomuimgElfObject *loader = object;
  DomuimgElfSearch *search = get_search (self, object->needs);
  GPtrArray *found;

  while (loader != NULL && loader->needs->rpath == NULL && loader->needs->runpath == NULL)
    loader = loader->loader;
  if (loader != NULL || *name == '/')
    return domuimg_elf_search_find (search, object, name);
  found = g_hash_table_lookup (self->libraries, name);
  if (found == NULL)
    {
      found = domuimg_elf_search_find (search, object, name);
      g_hash_table_insert (self->libraries, g_strdup (name), found);
    }
  return g_ptr_array_ref (found);
}

/* What is loaded already is not looked for: a plug-in may need what its program has found by a path of
 * its own. */
static gboolean
is_loaded (DomuimgClosure *self, const char *name)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgAppFile *file = g_ptr_array_index (self->files, i);
      const char *slash = strrchr (file->entry->path, '/');

      if (g_str_equal (slash != NULL ? slash + 1 : file->entry->path, name))
        return TRUE;
    }
  return FALSE;
}

static gboolean
add_needed (DomuimgClosure *self, guint number, const char *name, GError **error)
{
  const DomuimgAppReason reason = { number, RULE_LIBRARY, name };
  const DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  g_autoptr (GPtrArray) found = find_library (self, file->object, name);

  for (guint i = 0; i < found->len; i++)
    if (!domuimg_closure_add (self, g_ptr_array_index (found, i), &reason, NULL, error))
      return FALSE;
  if (found->len == 0 && !is_loaded (self, name))
    g_ptr_array_add (self->missing,
                     g_strdup_printf ("/%s needs the library %s, which this root does not have",
                                      file->entry->path, name));
  return TRUE;
}

static gboolean
add_interpreter (DomuimgClosure *self, guint number, const DomuimgElfNeeds *needs, GError **error)
{
  const DomuimgAppReason reason = { number, RULE_INTERPRETER, NULL };
  const DomuimgAppReason cache = { number, "loader", NULL };

  if (needs->interpreter == NULL)
    return TRUE;
  if (!domuimg_closure_add_needed (self, needs->interpreter, &reason, NULL, error,
                                   "the dynamic loader %s of /%s is not in this root",
                                   needs->interpreter,
                                   domuimg_closure_get_file (self, number)->entry->path))
    return FALSE;
  return domuimg_closure_add_if_any (self, LOADER_CACHE, &cache, error);
}

gboolean
domuimg_closure_follow_elf (DomuimgClosure *self, guint number, GError **error)
{
  DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  g_autoptr (GError) local = NULL;
  DomuimgElfNeeds *needs
      = domuimg_elf_needs_read_imports (self->tree, file->entry->path, &local);

  if (needs == NULL)
    {
      if (local == NULL)
        domuimg_fail (&local, DOMUIMG_ERROR_INVALID_ARGUMENT,
                      "/%s is an ELF file that this cannot read: it is for a big-endian processor",
                      file->entry->path);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  file->object = domuimg_elf_object_new (file->entry->path, needs, get_loader (self, file));
  if (!check_machine (self, file, error) || !add_interpreter (self, number, needs, error))
    return FALSE;
  for (guint i = 0; i < needs->needed->len; i++)
    if (!add_needed (self, number, g_ptr_array_index (needs->needed, i), error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_closure_add_library (DomuimgClosure *self, const char *name,
                             const DomuimgAppReason *reason, GError **error)
{
  const DomuimgElfObject *object = domuimg_closure_get_file (self, reason->parent)->object;
  g_autoptr (GPtrArray) found = object != NULL ? find_library (self, object, name) : NULL;

  for (guint i = 0; found != NULL && i < found->len; i++)
    if (!domuimg_closure_add (self, g_ptr_array_index (found, i), reason, NULL, error))
      return FALSE;
  return TRUE;
}
