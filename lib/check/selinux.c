/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that a guest which must have a policy of SELinux has one: systemd stops without it. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

/* (nullable) The value of KEY=VALUE in /etc/selinux/config. */
static char *
find_setting (DomuimgMachine *self, const char *key)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, "/etc/selinux/config", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++)
    if (strncmp (g_strstrip (lines[i]), key, length) == 0 && lines[i][length] == '=')
      return g_strdup (lines[i] + length + 1);
  return NULL;
}

/* enforcing=1 on the command line goes before the file. */
static gboolean
is_enforcing (DomuimgMachine *self)
{
  g_autofree char *word = domuimg_machine_get_parameter (self, "enforcing");
  g_autofree char *mode = find_setting (self, "SELINUX");

  return word != NULL ? g_str_equal (word, "1") : g_strcmp0 (mode, "enforcing") == 0;
}

/* Whether the kernel begins with SELinux by itself, as those of Red Hat do. Another kernel under a guest of
 * theirs does not: Debian's takes AppArmor. */
static gboolean
is_default (DomuimgMachine *self)
{
  static const char *const marks[] = { ".el", ".fc", ".amzn", "uek" };
  const char *version
      = self->boot.kernel != NULL ? domuimg_kernel_get_version (self->boot.kernel) : NULL;

  if (version == NULL)
    return self->info->redhat;
  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (strstr (version, marks[i]) != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
is_on (DomuimgMachine *self)
{
  g_autofree char *word = domuimg_machine_get_parameter (self, "selinux");
  g_autofree char *security = domuimg_machine_get_parameter (self, "security");

  if (word != NULL)
    return g_str_equal (word, "1");
  return security != NULL ? g_str_equal (security, "selinux") : is_default (self);
}

static gboolean
has_policy (DomuimgMachine *self)
{
  g_autofree char *type = find_setting (self, "SELINUXTYPE");
  g_autofree char *directory
      = g_strdup_printf ("/etc/selinux/%s/policy", type != NULL ? type : "targeted");
  g_auto (GStrv) names = domuimg_tree_list (self->tree, directory, NULL);

  return names != NULL && names[0] != NULL;
}

void
domuimg_check_selinux (DomuimgMachine *self)
{
  if (self->tree == NULL || self->info == NULL || self->info->init != DOMUIMG_INIT_SYSTEMD
      || !is_on (self) || !is_enforcing (self) || has_policy (self))
    return;
  domuimg_finding_advise (
      domuimg_machine_report (self, "selinux-policy", NULL,
                              "SELinux is to be enforced, and the guest has no policy: systemd stops"),
      "install the policy (selinux-policy-targeted, Debian: selinux-policy-default), or take enforcing"
      " away");
}
