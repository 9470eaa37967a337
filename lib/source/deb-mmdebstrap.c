/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds the command line of mmdebstrap, follows its progress and explains its errors. */
#include "config.h"
#include "lib/source/deb.h"

#include <string.h>

#include "lib/source/deb-hooks.h"
#include "lib/source/root-stream.h"

/* How far mmdebstrap is when it says so, measured on a minbase root with a kernel. */
static const struct {
  const char *line;
  double fraction;
  const char *message;
} phases[] = {
  { "I: running apt-get update", 0.02, "Fetching package lists" },
  { "I: downloading packages", 0.06, "Downloading packages" },
  { "I: downloading apt", 0.10, "Downloading packages" },
  { "I: extracting archives", 0.20, "Unpacking the base system" },
  { "I: installing essential packages", 0.26, "Installing the base system" },
  { "I: installing apt", 0.40, "Installing apt" },
  { "I: installing remaining packages", 0.42, "Installing packages and the kernel" },
  { "I: cleaning package lists", 0.93, "Cleaning up" },
  { "I: creating tarball", 0.95, "Writing the disk" },
};

static void
on_line (const char *line, gpointer user_data)
{
  DomuimgProgress *progress = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    {
      if (!g_str_has_prefix (line, phases[i].line))
        continue;
      domuimg_progress_set_message (progress, "%s", phases[i].message);
      domuimg_progress_set_fraction (progress, phases[i].fraction);
    }
}

DomuimgExec *
domuimg_deb_mmdebstrap_new (const DomuimgDebRequest *request,
                            const DomuimgSourceContext *context, DomuimgProgress *progress,
                            GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mmdebstrap");
  g_autofree char *packages = g_strjoinv (",", request->packages);

  domuimg_exec_argf (exec, "--variant=%s", request->variant);
  domuimg_exec_argf (exec, "--architectures=%s", request->arch);
  domuimg_exec_arg (exec, "--format=tar");
  domuimg_exec_argf (exec, "--include=%s", packages);
  for (guint i = 0; request->keyrings[i] != NULL; i++)
    domuimg_exec_argf (exec, "--keyring=%s", request->keyrings[i]);
  if (!domuimg_deb_add_hooks (exec, request, context, error))
    return NULL;
  domuimg_exec_arg (exec, request->suite);
  domuimg_exec_arg (exec, "-");
  for (guint i = 0; request->mirrors[i] != NULL; i++)
    domuimg_exec_arg (exec, request->mirrors[i]);
  domuimg_exec_setenv (exec, "TMPDIR", context->work_directory);
  domuimg_exec_on_line (exec, on_line, progress);
  return g_steal_pointer (&exec);
}

static gboolean
says (const char *tail, const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (strstr (tail, words[i]) != NULL)
        return TRUE;
    }
  return FALSE;
}

static void
replace (GError **error, DomuimgError code, const char *text)
{
  g_clear_error (error);
  g_set_error_literal (error, DOMUIMG_ERROR, code, text);
}

void
domuimg_deb_explain (const DomuimgDebRequest *request, const char *tail, GError **error)
{
  static const char *const unsigned_words[]
      = { "NO_PUBKEY", "is not signed", "EXPKEYSIG", "BADSIG", "no valid OpenPGP", NULL };
  static const char *const network_words[]
      = { "Could not resolve", "Temporary failure resolving", "Could not connect",
          "Connection refused", "Connection timed out", "Connection failed",
          "Network is unreachable", NULL };
  static const char *const space_words[]
      = { "No space left on device", "don't have enough free space", NULL };
  g_autofree char *package = domuimg_root_stream_match (tail, "Unable to locate package (\\S+)", 1);
  g_autofree char *no_candidate
      = domuimg_root_stream_match (tail, "Package '?([^' ]+)'? has no installation candidate", 1);
  g_autofree char *text = NULL;

  if (error == NULL || *error == NULL
      || g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (package != NULL || no_candidate != NULL)
    {
      text = g_strdup_printf ("%s has no package “%s”; check its name", request->suite,
                              package != NULL ? package : no_candidate);
      replace (error, DOMUIMG_ERROR_NOT_FOUND, text);
    }
  else if (says (tail, unsigned_words))
    {
      text = g_strdup_printf ("the mirror's index of “%s” is not signed by a key that is "
                              "trusted here; name the right one with --keyring FILE",
                              request->suite);
      replace (error, DOMUIMG_ERROR_UNTRUSTED, text);
    }
  else if (says (tail, network_words))
    replace (error, DOMUIMG_ERROR_NETWORK,
             "the package mirror was not reached; check --mirror and the network");
  else if (says (tail, space_words))
    replace (error, DOMUIMG_ERROR_NO_SPACE,
             "no space left where the packages are unpacked; free some, or set TMPDIR");
}
