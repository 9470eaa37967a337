/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a shell script leads to: commands, and files that it names. */
#include "config.h"
#include "lib/app/readers.h"

#include <string.h>

#define RULE_COMMAND "command"
#define RULE_NAMED "named"

static gboolean
add_command (DomuimgClosure *self, guint number, const char *name, GError **error)
{
  const DomuimgAppReason reason = { number, RULE_COMMAND, name };
  g_autofree char *path
      = strchr (name, '/') == NULL ? domuimg_app_find_command (self, name) : g_strdup (name);

  return path == NULL || *path != '/' || domuimg_closure_add_if_any (self, path, &reason, error);
}

/* Only files: a directory that is named says nothing of what is wanted in it. */
static gboolean
add_path (DomuimgClosure *self, guint number, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self->tree, path, NULL);
  const DomuimgAppReason reason
      = { number, g_str_has_suffix (path, ".sh") ? DOMUIMG_APP_RULE_SOURCED : RULE_NAMED, NULL };

  return entry == NULL || entry->type != DOMUIMG_ENTRY_FILE
         || domuimg_closure_add (self, path, &reason, NULL, error);
}

gboolean
domuimg_app_read_shell (DomuimgClosure *self, guint number, const char *text, GError **error)
{
  g_autoptr (GPtrArray) commands = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  domuimg_shell_parse (text, commands, paths);
  for (guint i = 0; i < commands->len; i++)
    if (!add_command (self, number, g_ptr_array_index (commands, i), error))
      return FALSE;
  for (guint i = 0; i < paths->len; i++)
    if (!add_path (self, number, g_ptr_array_index (paths, i), error))
      return FALSE;
  return TRUE;
}
