/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a script leads to: its interpreter, and by that, what it loads or runs. */
#include "config.h"
#include "lib/app/readers.h"

#include <string.h>

#define RULE_INTERPRETER "interpreter"
#define SCRIPT_MAX ((gsize) 8 << 20)
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const struct {
  const char *interpreter; /* a pattern of its name */
  const char *suffix;      /* (nullable) of files that it loads */
  DomuimgAppScriptReader read;
} languages[] = {
  { "sh", NULL, domuimg_app_read_shell },
  { "dash", NULL, domuimg_app_read_shell },
  { "bash", NULL, domuimg_app_read_shell },
  { "python*", ".py", domuimg_app_read_python },
  { "perl*", ".pl", domuimg_app_read_perl },
  { "perl*", ".pm", domuimg_app_read_perl },
};

char *
domuimg_app_find_command (DomuimgClosure *self, const char *name)
{
  const char *path = DEFAULT_PATH;
  g_auto (GStrv) directories = NULL;

  for (guint i = 0; i < self->env->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (self->env, i), "PATH="))
      path = (const char *) g_ptr_array_index (self->env, i) + strlen ("PATH=");
  directories = g_strsplit (path, ":", -1);
  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *full = g_strconcat (directories[i], "/", name, NULL);

      if (*directories[i] == '/' && domuimg_tree_is_executable (self->tree, full))
        return g_steal_pointer (&full);
    }
  return NULL;
}

static gboolean
add_interpreter (DomuimgClosure *self, guint number, const char *path, GError **error)
{
  const DomuimgAppReason reason = { number, RULE_INTERPRETER, NULL };

  return domuimg_closure_add_needed (self, path, &reason, NULL, error,
                                     "the interpreter %s of /%s is not in this root", path,
                                     domuimg_closure_get_file (self, number)->entry->path);
}

/* "#!/usr/bin/env -S python3 -u": *@name becomes what in the end reads the script, "/usr/bin/python3". */
static gboolean
follow_interpreter (DomuimgClosure *self, guint number, const char *head, char **name,
                    GError **error)
{
  g_autofree char *line = g_strndup (head + 2, strcspn (head + 2, "\n"));
  g_auto (GStrv) words = g_strsplit_set (g_strstrip (line), " \t", -1);
  g_autofree char *base = NULL;

  if (words[0] == NULL || *words[0] != '/')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "/%s is a script without the absolute path of an interpreter behind #!",
                         domuimg_closure_get_file (self, number)->entry->path);
  if (!add_interpreter (self, number, words[0], error))
    return FALSE;
  base = g_path_get_basename (words[0]);
  *name = g_strdup (words[0]);
  for (guint i = 1; g_str_equal (base, "env") && words[i] != NULL; i++)
    {
      if (*words[i] == '\0' || *words[i] == '-' || strchr (words[i], '=') != NULL)
        continue;
      g_free (*name);
      *name = *words[i] == '/' ? g_strdup (words[i]) : domuimg_app_find_command (self, words[i]);
      if (*name != NULL)
        return add_interpreter (self, number, *name, error);
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                           "the interpreter %s of /%s is not in this root", words[i],
                           domuimg_closure_get_file (self, number)->entry->path);
    }
  return TRUE;
}

static gboolean
read_script (DomuimgClosure *self, guint number, DomuimgAppScriptReader read, GError **error)
{
  const char *path = domuimg_closure_get_file (self, number)->entry->path;
  g_autoptr (GBytes) bytes = domuimg_tree_read (self->tree, path, SCRIPT_MAX, error);
  g_autofree char *text = NULL;

  if (bytes == NULL)
    return FALSE;
  text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  return read (self, number, text, error);
}

/* A script that runs by itself; a library of a language may begin with #!, too, and is not one. */
static gboolean
is_script (DomuimgClosure *self, const DomuimgAppFile *file, const char *head)
{
  return g_str_has_prefix (head, "#!") && !g_str_equal (file->rule, DOMUIMG_APP_RULE_MODULE)
         && ((file->entry->mode & 0111) != 0 || domuimg_closure_is_program (self, file));
}

static gboolean
has_language (DomuimgClosure *self, DomuimgAppScriptReader read)
{
  return (read == domuimg_app_read_python && self->python != NULL)
         || (read == domuimg_app_read_perl && self->perl != NULL);
}

gboolean
domuimg_closure_follow_script (DomuimgClosure *self, guint number, const char *head,
                               GError **error)
{
  const DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  g_autofree char *interpreter = NULL, *base = NULL;

  if (g_str_equal (file->rule, DOMUIMG_APP_RULE_SOURCED))
    return read_script (self, number, domuimg_app_read_shell, error);
  if (is_script (self, file, head))
    {
      if (!follow_interpreter (self, number, head, &interpreter, error))
        return FALSE;
      base = g_path_get_basename (interpreter);
    }
  for (guint i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      gboolean loaded = languages[i].suffix != NULL
                        && g_str_has_suffix (file->entry->path, languages[i].suffix)
                        && has_language (self, languages[i].read);

      if (loaded || (base != NULL && g_pattern_match_simple (languages[i].interpreter, base)))
        return read_script (self, number, languages[i].read, error);
    }
  return TRUE;
}
