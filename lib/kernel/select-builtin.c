/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules that are built into a kernel. */
#include "config.h"
#include "lib/kernel/select-builtin.h"

#include <string.h>

struct _DomuimgBuiltin {
  GHashTable *modules;
  gboolean has_list;
  char *config; /* (nullable) */
};

static void
read_list (DomuimgBuiltin *self, DomuimgTree *tree, const char *modules)
{
  g_autofree char *path = g_strconcat (modules, "/modules.builtin", NULL);
  g_autofree char *text = domuimg_tree_read_text (tree, path, NULL);

  if (text == NULL)
    return;
  domuimg_modules_add_builtin (self->modules, text, strlen (text));
  self->has_list = TRUE;
}

char *
domuimg_builtin_read_config (DomuimgTree *tree, const char *modules, const char *version)
{
  g_autofree char *in_boot = g_strconcat ("boot/config-", version, NULL);
  g_autofree char *in_modules = modules != NULL ? g_strconcat (modules, "/config", NULL) : NULL;
  char *config = domuimg_tree_read_text (tree, in_boot, NULL);

  return config == NULL && in_modules != NULL ? domuimg_tree_read_text (tree, in_modules, NULL)
                                              : config;
}

DomuimgBuiltin *
domuimg_builtin_new (DomuimgTree *tree, const char *modules, const char *version)
{
  DomuimgBuiltin *self = g_new0 (DomuimgBuiltin, 1);

  self->modules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (modules != NULL)
    read_list (self, tree, modules);
  self->config = domuimg_builtin_read_config (tree, modules, version);
  return self;
}

void
domuimg_builtin_free (DomuimgBuiltin *self)
{
  g_hash_table_unref (self->modules);
  g_free (self->config);
  g_free (self);
}

gboolean
domuimg_builtin_has (DomuimgBuiltin *self, const char *module, const char *option)
{
  g_autofree char *line = NULL;

  if (domuimg_modules_contain (self->modules, module))
    return TRUE;
  if (self->config == NULL || option == NULL)
    return FALSE;
  line = g_strconcat ("\n", option, "=y\n", NULL);
  return strstr (self->config, line) != NULL;
}

gboolean
domuimg_builtin_lacks (DomuimgBuiltin *self, const char *option)
{
  return self->config != NULL && !domuimg_builtin_has (self, "", option);
}

gboolean
domuimg_builtin_is_known (DomuimgBuiltin *self)
{
  return self->has_list || self->config != NULL;
}
