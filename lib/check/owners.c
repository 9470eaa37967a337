/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that the system's files belong to root: those of an unprivileged container do not, and
 * neither do those that somebody else unpacked. */
#include "config.h"
#include "lib/check/rules.h"

/* What every guest has of these, login, sudo or sshd refuse from another owner. */
static const char *const files[] = { "/", "/etc", "/etc/passwd", "/etc/shadow", "/sbin/init", "/bin/sh" };

/* Owners of unprivileged containers begin above those of one system. */
#define SUBORDINATE 65536

void
domuimg_check_owners (DomuimgMachine *self)
{
  for (guint i = 0; self->tree != NULL && i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self->tree, files[i], NULL);
      g_autofree char *owner = NULL;
      DomuimgFinding *finding;

      if (entry == NULL || entry->uid == 0)
        continue;
      owner = g_strdup_printf ("%u:%u", entry->uid, entry->gid);
      finding = domuimg_machine_report (
          self, "owner-not-root", owner, "%s belongs to user %u, not to root%s: login, sudo and sshd"
                                         " do not take that; make the guest again with"
                                         " --shift-owners",
          files[i], entry->uid,
          entry->uid >= SUBORDINATE ? " (as in an unprivileged container)" : "");
      domuimg_finding_advise (finding,
                              "create --shift-owners takes %u from all users, and likewise of groups",
                              entry->uid);
      return;
    }
}
