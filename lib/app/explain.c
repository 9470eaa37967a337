/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says why a file belongs to an application. */
#include "config.h"
#include "lib/app/explain.h"

static const struct {
  const char *rule;
  const char *before; /* the parent */
  const char *after;
} texts[] = {
  { "asked", "it was asked for", "" },
  { "added", "it was added", "" },
  { "traced", "a traced run opened it", "" },
  { "accounts", "the users and groups of the guest", "" },
  { "link", "what the link ", " leads to" },
  { "way", "on the way to a file for ", "" },
  { "library", "a library of ", "" },
  { "interpreter", "what starts ", "" },
  { "loader", "where the dynamic loader of ", " looks first" },
  { "package", "of the package of ", "" },
  { "command", "a command of ", "" },
  { "named", "a file that ", " names" },
  { "sourced", "a file that ", " names" },
  { "module", "a module of ", "" },
};

char *
domuimg_app_explain (const char *rule, const char *parent, const char *detail)
{
  GString *text = g_string_new (NULL);
  guint i = 0;

  while (i < G_N_ELEMENTS (texts) && !g_str_equal (texts[i].rule, rule))
    i++;
  if (i < G_N_ELEMENTS (texts))
    g_string_append_printf (text, "%s%s%s", texts[i].before, parent != NULL ? parent : "",
                            texts[i].after);
  else
    g_string_append_printf (text, "by the rule [%s]%s%s", rule, parent != NULL ? " for " : "",
                            parent != NULL ? parent : "");
  if (detail != NULL)
    g_string_append_printf (text, " (%s)", detail);
  return g_string_free (text, FALSE);
}
