/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loads the rules by which files belong to an application. */
#include "config.h"
#include "lib/app/rules.h"

#include <string.h>

#include "lib/spec/definitions.h"

static const DomuimgDefinitions definitions
    = { "rules", "DOMUIMG_RULES_DIR", "file of rules for applications" };

struct _DomuimgAppRules {
  GPtrArray *rules;      /* (element-type DomuimgAppRule) */
  GHashTable *by_symbol; /* function -> GPtrArray of rules */
};

typedef struct {
  const char *key;
  gsize offset;
} ListKey;

#define LIST(field) { #field, G_STRUCT_OFFSET (DomuimgAppRule, field) }

static const ListKey lists[]
    = { LIST (program), LIST (file),        LIST (library), LIST (symbol), LIST (package),
        LIST (paths),   LIST (libraries),   LIST (directories), LIST (users), LIST (leave),
        LIST (argv),    LIST (env),         LIST (ports),   LIST (search), LIST (modules) };

static void
rule_free (gpointer data)
{
  DomuimgAppRule *self = data;

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    g_strfreev (G_STRUCT_MEMBER (GStrv, self, lists[i].offset));
  g_free (self->reader);
  g_free (self->user);
  g_free (self);
}

void
domuimg_app_rules_free (DomuimgAppRules *self)
{
  g_hash_table_unref (self->by_symbol);
  g_ptr_array_unref (self->rules);
  g_free (self);
}

static gboolean
is_list (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    if (g_str_equal (lists[i].key, key))
      return TRUE;
  return FALSE;
}

/* A word that is written wrong would be a rule that does nothing. */
static gboolean
check_keys (GKeyFile *file, const char *path, const char *group, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    if (!is_list (keys[i]) && !g_str_equal (keys[i], "reader") && !g_str_equal (keys[i], "user"))
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "%s: the rule [%s] has the key “%s”, which does not exist", path, group,
                           keys[i]);
  return TRUE;
}

static void
add_symbols (DomuimgAppRules *self, DomuimgAppRule *rule)
{
  for (guint i = 0; rule->symbol[i] != NULL; i++)
    {
      GPtrArray *list = g_hash_table_lookup (self->by_symbol, rule->symbol[i]);

      if (list == NULL)
        {
          list = g_ptr_array_new ();
          g_hash_table_insert (self->by_symbol, g_strdup (rule->symbol[i]), list);
        }
      g_ptr_array_add (list, rule);
    }
}

static void
add_rule (DomuimgAppRules *self, GKeyFile *file, const char *group)
{
  DomuimgAppRule *rule = g_new0 (DomuimgAppRule, 1);

  rule->name = g_intern_string (group);
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    G_STRUCT_MEMBER (GStrv, rule, lists[i].offset)
        = domuimg_definitions_get_list (file, group, lists[i].key);
  rule->reader = g_key_file_get_string (file, group, "reader", NULL);
  rule->user = g_key_file_get_string (file, group, "user", NULL);
  g_ptr_array_add (self->rules, rule);
  add_symbols (self, rule);
}

static gboolean
load_file (DomuimgAppRules *self, const char *id, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GKeyFile) file = domuimg_definitions_load (&definitions, id, &path, error);
  g_auto (GStrv) groups = NULL;

  if (file == NULL)
    return FALSE;
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      if (!check_keys (file, path, groups[i], error))
        return FALSE;
      add_rule (self, file, groups[i]);
    }
  return TRUE;
}

DomuimgAppRules *
domuimg_app_rules_load (GError **error)
{
  DomuimgAppRules *self = NULL;
  g_auto (GStrv) ids = domuimg_definitions_list (&definitions, error);

  if (ids == NULL)
    return NULL;
  if (ids[0] == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                    "the rules for applications are not installed in %s/domuimg/%s",
                    DOMUIMG_DATADIR, definitions.folder);
      return NULL;
    }
  self = g_new0 (DomuimgAppRules, 1);
  self->rules = g_ptr_array_new_with_free_func (rule_free);
  self->by_symbol = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) g_ptr_array_unref);
  for (guint i = 0; ids[i] != NULL; i++)
    if (!load_file (self, ids[i], error))
      {
        domuimg_app_rules_free (self);
        return NULL;
      }
  return self;
}

const GPtrArray *
domuimg_app_rules_get (DomuimgAppRules *self)
{
  return self->rules;
}

const GPtrArray *
domuimg_app_rules_for_symbol (DomuimgAppRules *self, const char *symbol)
{
  return g_hash_table_lookup (self->by_symbol, symbol);
}

gboolean
domuimg_app_rules_match (GStrv patterns, const char *text)
{
  for (guint i = 0; patterns[i] != NULL; i++)
    if (g_pattern_match_simple (patterns[i], text))
      return TRUE;
  return FALSE;
}
