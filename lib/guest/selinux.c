/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels for the files that were changed, where SELinux wants them. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

#include "lib/guest/selinux-contexts.h"

#define CONFIG "/etc/selinux/config"
#define LABEL "security.selinux"

typedef struct {
  DomuimgSelinuxContexts *contexts;
  GCancellable *cancellable; /* (nullable) a policy may have patterns that take long */
  guint count;
} Labels;

/* The guest's policy, or NULL where its SELinux is off. */
static char *
policy_of (const char *config)
{
  g_auto (GStrv) lines = g_strsplit_set (config, "\r\n", -1);
  const char *const *all = (const char *const *) lines;
  const char *name = "";

  if (!g_strv_contains (all, "SELINUX=enforcing") && !g_strv_contains (all, "SELINUX=permissive"))
    return NULL;
  for (guint i = 0; all[i] != NULL; i++)
    {
      if (g_str_has_prefix (all[i], "SELINUXTYPE="))
        name = all[i] + strlen ("SELINUXTYPE=");
    }
  return strchr (name, '/') == NULL ? g_strdup (name) : g_strdup ("");
}

/* New files, and their directories, are those without a label. */
static gboolean
label_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
             GError **error)
{
  Labels *labels = user_data;
  g_autoptr (DomuimgEntry) copy = NULL;
  const char *label;

  if (g_cancellable_set_error_if_cancelled (labels->cancellable, error))
    return FALSE;
  if (domuimg_entry_get_xattr (entry, LABEL) != NULL)
    return TRUE;
  label = domuimg_selinux_contexts_find (labels->contexts, entry);
  if (label == NULL)
    return TRUE;
  copy = domuimg_entry_copy (entry);
  domuimg_entry_add_xattr (copy, LABEL, label, strlen (label) + 1);
  labels->count++;
  return domuimg_tree_set_attributes (tree, copy, error);
}

/* Whether whoever made the root has labelled it, by the policy that it has. */
static gboolean
find_contexts (DomuimgTree *tree, const char *policy, DomuimgSelinuxContexts **contexts,
               GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (tree, CONFIG, error);

  *contexts = NULL;
  if (entry == NULL)
    return FALSE;
  if (domuimg_entry_get_xattr (entry, LABEL) == NULL || policy[0] == '\0'
      || domuimg_tree_exists (tree, "/.autorelabel"))
    return TRUE;
  return domuimg_selinux_contexts_read (tree, policy, contexts, error);
}

/* New files have no label, and an enforcing guest would refuse to use them. They get those of the
 * guest's policy; where the others have none, its first boot labels the whole system, as Red Hat's
 * documentation has it. */
gboolean
domuimg_guest_step_selinux (DomuimgGuestRun *self, GError **error)
{
  DomuimgTree *tree = self->edit->tree;
  g_autoptr (DomuimgSelinuxContexts) contexts = NULL;
  g_autofree char *config = NULL;
  g_autofree char *policy = NULL;
  Labels labels = { 0 };

  if (self->edit->n_changes == 0)
    return TRUE;
  if (!domuimg_edit_read (self->edit, CONFIG, &config, error))
    return FALSE;
  policy = config != NULL ? policy_of (config) : NULL;
  if (policy == NULL)
    return TRUE;
  if (!find_contexts (tree, policy, &contexts, error))
    return FALSE;
  if (contexts == NULL)
    {
      domuimg_edit_note (self->edit, "all files get their SELinux labels at the first boot");
      return domuimg_edit_write (self->edit, "/.autorelabel", "", 0644, error);
    }
  labels.contexts = contexts;
  labels.cancellable = self->edit->cancellable;
  if (!domuimg_tree_walk (tree, "/", label_entry, &labels, error))
    return FALSE;
  domuimg_edit_note (self->edit, "gave %u files SELinux labels of the policy %s", labels.count,
                     policy);
  return TRUE;
}
