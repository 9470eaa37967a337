/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the package of a program has beside it: its data, its configuration, its plug-ins. */
#include "config.h"
#include "lib/app/closure-private.h"

#include <string.h>

#define RULE_PACKAGE "package"

/* Whether a rule says that packages have this for somebody else than their programs. */
static gboolean
is_left (DomuimgClosure *self, const char *path, const DomuimgPackage *package)
{
  const GPtrArray *rules = domuimg_app_rules_get (self->rules);

  for (guint i = 0; i < rules->len; i++)
    {
      const DomuimgAppRule *rule = g_ptr_array_index (rules, i);

      if (rule->package[0] != NULL && !domuimg_app_rules_match (rule->package, package->name))
        continue;
      if (domuimg_app_rules_match (rule->leave, path))
        return TRUE;
    }
  return FALSE;
}

/* Directories come with what is in them; an empty one is somebody's place for files. */
static gboolean
add_package (DomuimgClosure *self, const DomuimgPackage *package, guint number, GError **error)
{
  const DomuimgAppReason reason = { number, RULE_PACKAGE, package->name };
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (!domuimg_packages_list_files (self->packages, package, paths, error))
    return FALSE;
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);

      if (!is_left (self, path, package)
          && !domuimg_closure_add_if_any (self, path, &reason, error))
        return FALSE;
    }
  return TRUE;
}

/* What Debian divides into a program's package and those of its data and configuration is one for all:
 * of the same source and version, and for any architecture. */
static gboolean
is_part (const DomuimgPackage *package, const DomuimgPackage *other)
{
  return other != NULL && other != package && g_strcmp0 (other->architecture, "all") == 0
         && g_str_equal (other->source, package->source)
         && g_str_equal (other->source_version, package->source_version);
}

gboolean
domuimg_closure_follow_package (DomuimgClosure *self, guint number, GError **error)
{
  const DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  const DomuimgPackage *package;

  if (domuimg_packages_get_kind (self->packages) == DOMUIMG_PACKAGES_OTHER
      && domuimg_closure_once (self, RULE_PACKAGE))
    domuimg_closure_warn (self, "this root was not made by dpkg: what the packages of its programs have"
                                " beside them is not known, nor are versions and licences; name what is"
                                " needed with --add");
  if (!domuimg_packages_find_owner (self->packages, file->entry->path, &package, error))
    return FALSE;
  if (package == NULL || !domuimg_closure_once (self, package->name))
    return TRUE;
  if (!add_package (self, package, number, error))
    return FALSE;
  for (guint i = 0; i < package->depends->len; i++)
    {
      const DomuimgPackage *other
          = domuimg_packages_find (self->packages, g_ptr_array_index (package->depends, i));

      if (is_part (package, other) && domuimg_closure_once (self, other->name)
          && !add_package (self, other, number, error))
        return FALSE;
    }
  return TRUE;
}
