/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/journal.h"

/* What the caller may do. */

static void
add_root (DomuimgDoctor *self)
{
  gboolean root = geteuid () == 0;

  domuimg_doctor_add (self, "rights-root", root,
                      self->is_xen ? DOMUIMG_SEVERITY_WARNING : DOMUIMG_SEVERITY_INFO,
                      g_strdup (root ? "this runs as root" : "this does not run as root"),
                      "run, list and delete; create without root takes user namespaces",
                      g_strdup ("run it as root"));
}

/* Opened, as a device node may be there without its driver, or for others only. */
static void
add_fuse (DomuimgDoctor *self)
{
  g_autofree char *path = domuimg_doctor_path (self, "/dev/fuse");
  g_auto (DomuimgFd) fd = open (path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  domuimg_doctor_add (self, "rights-fuse", fd >= 0, DOMUIMG_SEVERITY_INFO,
                      g_strdup (fd >= 0 ? "/dev/fuse can be used" : "/dev/fuse cannot be used"),
                      "conversions without a second copy of the disk",
                      g_strdup ("modprobe fuse"));
}

/* Not there on kernels that always allow it. */
static gboolean
is_zero (DomuimgDoctor *self, const char *path)
{
  g_autofree char *text = domuimg_doctor_read (self, path);

  return g_strcmp0 (text, "0") == 0;
}

static gboolean
has_subordinate_ids (DomuimgDoctor *self, const char *file, const char *user)
{
  g_autofree char *text = domuimg_doctor_read (self, file);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  g_autofree char *start = g_strdup_printf ("%s:", user);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], start))
      return TRUE;
  return FALSE;
}

static void
add_namespaces (DomuimgDoctor *self)
{
  const char *user = g_get_user_name ();
  gboolean allowed = !is_zero (self, "/proc/sys/kernel/unprivileged_userns_clone")
                     && !is_zero (self, "/proc/sys/user/max_user_namespaces");
  gboolean ids = has_subordinate_ids (self, "/etc/subuid", user)
                 && has_subordinate_ids (self, "/etc/subgid", user);

  if (geteuid () == 0)
    return;
  domuimg_doctor_add (self, "rights-namespaces", allowed, DOMUIMG_SEVERITY_WARNING,
                      g_strdup (allowed ? "users may make namespaces"
                                        : "users may not make namespaces"),
                      "create without root",
                      g_strdup ("sysctl kernel.unprivileged_userns_clone=1"
                                " user.max_user_namespaces=10000"));
  domuimg_doctor_add (self, "rights-subuid", ids, DOMUIMG_SEVERITY_WARNING,
                      g_strdup_printf ("subordinate user and group ids of %s", user),
                      "roots made of packages without root",
                      g_strdup_printf ("usermod --add-subuids 100000-165535 --add-subgids"
                                       " 100000-165535 %s",
                                       user));
}

/* Opened as a build would. */
static void
add_journal (DomuimgDoctor *self)
{
  g_autoptr (GError) local = NULL;
  DomuimgJournal *journal;

  if (*self->root != '\0')
    return;
  journal = domuimg_journal_create (&local);
  domuimg_doctor_add (self, "rights-journal", journal != NULL, DOMUIMG_SEVERITY_ERROR,
                      journal != NULL ? g_strdup ("the journal of builds can be written")
                                      : g_strdup (local->message),
                      "create, check --fix, delete: what lets a killed one be cleaned up",
                      g_strdup ("make that directory writable, or name another in"
                                " DOMUIMG_STATE_DIR"));
  if (journal != NULL)
    domuimg_journal_close (journal, TRUE);
}

void
domuimg_doctor_look_at_rights (DomuimgDoctor *self)
{
  add_root (self);
  add_fuse (self);
  add_namespaces (self);
  add_journal (self);
}
