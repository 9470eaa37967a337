/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What PAM loads for an application: its services and their modules. */
#include "config.h"
#include "lib/app/readers.h"

#include <string.h>

#define SERVICES "/etc/pam.d"
#define SERVICES_MAX 1000

static void
add_once (GPtrArray *list, const char *text)
{
  if (!g_ptr_array_find_with_equal_func (list, text, g_str_equal, NULL))
    g_ptr_array_add (list, g_strdup (text));
}

/* "auth [success=1 default=ignore] pam_unix.so nullok", "@include common-auth",
 * "session substack login": the module is the word after the control. */
static void
parse_line (char *line, GPtrArray *modules, GPtrArray *includes)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  gboolean in_brackets = FALSE;
  char *at = line;

  line[strcspn (line, "#")] = '\0';
  while (*(at += strspn (at, " \t\r\\")) != '\0')
    {
      char *word = at;

      at += strcspn (at, " \t\r");
      if (*at != '\0')
        *at++ = '\0';
      if (!in_brackets)
        g_ptr_array_add (words, word);
      if (*word == '[')
        in_brackets = TRUE;
      if (g_str_has_suffix (word, "]"))
        in_brackets = FALSE;
    }
  if (words->len == 2 && g_str_equal (g_ptr_array_index (words, 0), "@include"))
    add_once (includes, g_ptr_array_index (words, 1));
  if (words->len < 3)
    return;
  if (g_str_equal (g_ptr_array_index (words, 1), "include")
      || g_str_equal (g_ptr_array_index (words, 1), "substack"))
    add_once (includes, g_ptr_array_index (words, 2));
  else
    add_once (modules, g_ptr_array_index (words, 2));
}

void
domuimg_pam_parse (const char *text, GPtrArray *modules, GPtrArray *includes)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    parse_line (lines[i], modules, includes);
}

/* A module without a path lies beside libpam. */
static gboolean
add_modules (DomuimgClosure *self, GPtrArray *modules, const DomuimgAppReason *reason,
             GError **error)
{
  g_autofree char *library
      = g_strconcat ("/", domuimg_closure_get_file (self, reason->parent)->entry->path, NULL);
  g_autofree char *directory = g_path_get_dirname (library);

  for (guint i = 0; i < modules->len; i++)
    {
      const char *name = g_ptr_array_index (modules, i);
      g_autofree char *path = *name == '/' ? g_strdup (name)
                                           : g_strconcat (directory, "/security/", name, NULL);

      if (!domuimg_closure_add_if_any (self, path, reason, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_service (DomuimgClosure *self, const char *name, GPtrArray *modules, GPtrArray *services,
             const DomuimgAppReason *reason, GError **error)
{
  g_autofree char *path
      = *name == '/' ? g_strdup (name) : g_strconcat (SERVICES "/", name, NULL);
  g_autofree char *text = NULL;

  if (!domuimg_tree_exists (self->tree, path))
    return TRUE;
  text = domuimg_tree_read_text (self->tree, path, error);
  if (text == NULL || !domuimg_closure_add (self, path, reason, NULL, error))
    return FALSE;
  domuimg_pam_parse (text, modules, services);
  return TRUE;
}

/* Services are named for their programs; a package may bring others. */
static void
list_services (DomuimgClosure *self, GPtrArray *services)
{
  g_ptr_array_add (services, g_strdup ("other"));
  for (guint i = 0; i < self->programs->len; i++)
    {
      g_autofree char *name = g_path_get_basename (g_ptr_array_index (self->programs, i));

      add_once (services, name);
    }
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgAppFile *file = g_ptr_array_index (self->files, i);

      if (g_str_has_prefix (file->entry->path, "etc/pam.d/"))
        add_once (services, file->entry->path + strlen ("etc/pam.d/"));
    }
}

gboolean
domuimg_app_read_pam (DomuimgClosure *self, const DomuimgAppReason *reason, GError **error)
{
  g_autoptr (GPtrArray) services = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (g_free);

  list_services (self, services);
  for (guint i = 0; i < services->len && i < SERVICES_MAX; i++)
    if (!add_service (self, g_ptr_array_index (services, i), modules, services, reason, error))
      return FALSE;
  if (services->len > SERVICES_MAX)
    domuimg_closure_warn (self, "of %u services of PAM, the modules of the first %d only are looked for; add those of"
                                " the others with --add",
                          services->len, SERVICES_MAX);
  return add_modules (self, modules, reason, error);
}
