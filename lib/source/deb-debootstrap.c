/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a root by debootstrap if mmdebstrap is missing: as root only, slower, with one mirror. */
#include "config.h"
#include "lib/source/deb.h"

#include <string.h>
#include <unistd.h>

static void
on_line (const char *line, gpointer user_data)
{
  DomuimgProgress *progress = user_data;

  if (g_str_has_prefix (line, "I: "))
    domuimg_progress_set_message (progress, "%s", line + strlen ("I: "));
}

/* "deb [options] URI SUITE ..." gives URI. */
static char *
uri_of (const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  for (guint i = 1; words[0] != NULL && words[i] != NULL; i++)
    {
      if (strstr (words[i], ":/") != NULL)
        return g_strdup (words[i]);
    }
  return NULL;
}

char *
domuimg_deb_debootstrap (const DomuimgDebRequest *request, const DomuimgSourceContext *context,
                         DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("debootstrap");
  g_autofree char *root = g_build_filename (context->work_directory, "root", NULL);
  g_autofree char *packages = g_strjoinv (",", request->packages);
  g_autofree char *mirror
      = request->mirrors[0] != NULL ? uri_of (request->mirrors[0]) : NULL;

  if (geteuid () != 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_PERMISSION,
                    "debootstrap needs root; install mmdebstrap (apt-get install mmdebstrap "
                    "uidmap), which does not");
      return NULL;
    }
  domuimg_exec_argf (exec, "--variant=%s", request->variant);
  domuimg_exec_argf (exec, "--arch=%s", request->arch);
  domuimg_exec_argf (exec, "--include=%s", packages);
  domuimg_exec_arg (exec, "--force-check-gpg");
  if (request->keyrings[0] != NULL)
    domuimg_exec_argf (exec, "--keyring=%s", request->keyrings[0]);
  domuimg_exec_arg (exec, request->suite);
  domuimg_exec_arg (exec, root);
  if (mirror != NULL)
    domuimg_exec_arg (exec, mirror);
  domuimg_exec_on_line (exec, on_line, progress);
  if (domuimg_exec_run (exec, cancellable, error))
    return g_steal_pointer (&root);
  domuimg_deb_explain (request, domuimg_exec_get_tail (exec), error);
  return NULL;
}
