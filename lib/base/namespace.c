/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a program as root of a namespace with mounts and processes of its own. */
#include "config.h"
#include "lib/base/namespace.h"

#include <string.h>
#include <unistd.h>

DomuimgExec *
domuimg_namespace_exec_new (void)
{
  DomuimgExec *exec = domuimg_exec_new ("unshare");

  if (geteuid () != 0)
    {
      domuimg_exec_arg (exec, "--map-root-user");
      domuimg_exec_arg (exec, "--map-auto");
    }
  domuimg_exec_arg (exec, "--mount");
  domuimg_exec_arg (exec, "--pid");
  domuimg_exec_arg (exec, "--fork");
  domuimg_exec_arg (exec, "--kill-child");
  domuimg_exec_arg (exec, "--");
  return exec;
}

/* Whether @path gives ids to us, by name or by number. */
static gboolean
has_ids (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *by_number = g_strdup_printf ("%u:", geteuid ());
  g_autofree char *by_name = g_strconcat (g_get_user_name (), ":", NULL);

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], by_number) || g_str_has_prefix (lines[i], by_name))
        return TRUE;
    }
  return FALSE;
}

gboolean
domuimg_namespace_check (GError **error)
{
  g_autofree char *newuidmap = domuimg_find_program ("newuidmap");

  if (geteuid () == 0)
    return TRUE;
  if (newuidmap == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                         "newuidmap is not installed: apt-get install uidmap, or run as root");
  if (has_ids ("/etc/subuid") && has_ids ("/etc/subgid"))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_PERMISSION,
                       "%s has no further user ids in /etc/subuid and /etc/subgid: usermod"
                       " --add-subuids 100000-165535 --add-subgids 100000-165535 %s, or run as"
                       " root",
                       g_get_user_name (), g_get_user_name ());
}
