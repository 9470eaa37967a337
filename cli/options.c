/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/cli.h"

/* One row an option; the values stand where GOption puts them. */
typedef struct {
  const char *key;
  DomuimgSpecKind kind;
  char *string;
  char **list;
  gboolean flag;
} Option;

struct _CliSpecOptions {
  Option *options;
  GOptionEntry *entries;
  guint count;
};

/* The name is the verb's argument, not an option. */
static gboolean
is_argument (const char *key)
{
  return g_str_equal (key, "name");
}

/* Values stay as they were given: in the C locale, a name beyond ASCII would be refused. */
static void
fill_entry (Option *option, GOptionEntry *entry)
{
  entry->long_name = option->key;
  entry->description = domuimg_spec_get_help (option->key);
  entry->arg_description = domuimg_spec_get_placeholder (option->key);
  switch (option->kind)
    {
    case DOMUIMG_SPEC_KIND_LIST:
      entry->arg = G_OPTION_ARG_FILENAME_ARRAY;
      entry->arg_data = &option->list;
      break;
    case DOMUIMG_SPEC_KIND_FLAG:
      entry->arg = G_OPTION_ARG_NONE;
      entry->arg_data = &option->flag;
      break;
    case DOMUIMG_SPEC_KIND_STRING:
    default:
      entry->arg = G_OPTION_ARG_FILENAME;
      entry->arg_data = &option->string;
      break;
    }
}

CliSpecOptions *
cli_spec_options_new (GOptionContext *context)
{
  return cli_spec_options_new_for (context, domuimg_spec_list_keys ());
}

CliSpecOptions *
cli_spec_options_new_for (GOptionContext *context, const char *const *keys)
{
  guint all = g_strv_length ((char **) keys);
  CliSpecOptions *self = g_new0 (CliSpecOptions, 1);

  self->options = g_new0 (Option, all);
  self->entries = g_new0 (GOptionEntry, all + 1);
  for (guint i = 0; i < all; i++)
    {
      Option *option = &self->options[self->count];

      if (is_argument (keys[i]))
        continue;
      option->key = keys[i];
      option->kind = domuimg_spec_get_kind (keys[i]);
      fill_entry (option, &self->entries[self->count]);
      self->count++;
    }
  g_option_context_add_main_entries (context, self->entries, NULL);
  return self;
}

void
cli_spec_options_free (CliSpecOptions *self)
{
  for (guint i = 0; i < self->count; i++)
    {
      g_free (self->options[i].string);
      g_strfreev (self->options[i].list);
    }
  g_free (self->options);
  g_free (self->entries);
  g_free (self);
}

static gboolean
apply_list (const Option *option, DomuimgSpec *spec, GError **error)
{
  for (guint i = 0; option->list != NULL && option->list[i] != NULL; i++)
    {
      gboolean ok = i == 0 ? domuimg_spec_set (spec, option->key, option->list[i], error)
                           : domuimg_spec_add (spec, option->key, option->list[i], error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

gboolean
cli_spec_options_apply (CliSpecOptions *self, DomuimgSpec *spec, GError **error)
{
  for (guint i = 0; i < self->count; i++)
    {
      const Option *option = &self->options[i];

      if (option->string != NULL && !domuimg_spec_set (spec, option->key, option->string, error))
        return FALSE;
      if (option->flag && !domuimg_spec_set (spec, option->key, "true", error))
        return FALSE;
      if (!apply_list (option, spec, error))
        return FALSE;
    }
  return TRUE;
}
