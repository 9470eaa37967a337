/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says in one line what a package manager's last lines mean, with its own words where they help. */
#include "config.h"
#include "lib/source/rpm.h"

#include <string.h>

#include "lib/source/root-stream.h"

/* In the order of what is the cause of what. %1 is the release, %2 what the pattern has found. */
static const struct {
  const char *pattern;
  DomuimgError code;
  const char *before; /* of the manager's words */
  const char *after;
} causes[] = {
  { "(?:No space left on device|needs? \\d+ ?[KMG]B (?:more )?(?:space )?(?:needed )?on the .*"
    "|At least .* more space needed on .*|Disk quota exceeded)",
    DOMUIMG_ERROR_NO_SPACE, "no space left where the packages are unpacked: ",
    "; free some, or set TMPDIR" },
  { "(?:Package \\S+ is not signed|GPG check FAILED|Signature verification failed.*"
    "|(?:The GPG keys listed for the .*|Public key for \\S+ is not installed.*)"
    "|.*Package (?:header )?is not signed.*|.*is signed with an unknown key.*|.* is unsigned.*)",
    DOMUIMG_ERROR_UNTRUSTED, "packages are not signed by a key that is trusted here: ",
    "; name the right one with --keyring FILE" },
  { "(?:.*Status code: 404.*|.*incorrect checksum.*|.*checksum doesn't match.*|.*Checksum mismatch.*"
    "|.*All mirrors were already tried.*|File '.*' not found on medium.*|.*digest verification failed.*)",
    DOMUIMG_ERROR_NETWORK, "the repository's index and its packages do not fit together: ",
    "; it may be changing at this moment: try again, or another mirror with --repo" },
  { "(?:Curl error.*|Could ?n[o']t resolve.*|.*Connection refused.*|Failed to download .*"
    "|Cannot download .*|.*Timeout.*|.*Network is unreachable.*)",
    DOMUIMG_ERROR_NETWORK, "a repository was not reached: ", "; check --repo and the network" },
  { "(?:No match for argument: \\S+|Unable to find a match: .*|No package \\S+ available.*"
    "|No provider of '[^']+' found\\.?|'\\S+' not found in package names.*)",
    DOMUIMG_ERROR_NOT_FOUND, "there is no such package: ", "; check its name" },
  { "(?:Module or [Gg]roup '.*' is not available\\.?|Module or Group '.*' does not exist\\.?"
    "|[Gg]roup '?\\S+'? (?:is not available|does not exist)\\.?|No groups to install.*)",
    DOMUIMG_ERROR_NOT_FOUND, "there is no such group: ", "; check its name" },
  { "(?:nothing provides .*|.*conflicts with .*|.*none of the providers can be installed.*)",
    DOMUIMG_ERROR_FAILED, "the packages do not fit together: ", "" },
};

/* The message's lines after its first are the program's last ones, for those who want to see them. */
static void
replace (GError **error, DomuimgError code, char *text)
{
  g_auto (GStrv) parts = g_strsplit ((*error)->message, "\n", 2);
  g_autofree char *whole = NULL;

  if (parts[0] != NULL && parts[1] != NULL)
    whole = g_strconcat (text, "\n", parts[1], NULL);
  g_clear_error (error);
  g_set_error_literal (error, DOMUIMG_ERROR, code, whole != NULL ? whole : text);
  g_free (text);
}

void
domuimg_rpm_explain (const DomuimgRpmRequest *request, const char *tail, GError **error)
{
  g_autofree char *last = NULL;

  if (error == NULL || !g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (causes); i++)
    {
      g_autofree char *words = domuimg_root_stream_match (tail, causes[i].pattern, 0);

      if (words == NULL)
        continue;
      replace (error, causes[i].code,
               g_strdup_printf ("%s: %s%s%s", request->release->id, causes[i].before,
                                g_strstrip (words), causes[i].after));
      return;
    }
  last = domuimg_root_stream_match (tail, "^(?:Error|error|Problem): .*", 0);
  replace (error, DOMUIMG_ERROR_TOOL_FAILED,
           g_strdup_printf ("%s: the packages could not be installed by %s: %s",
                            request->release->id, request->release->manager,
                            last != NULL ? last : "it did not say why"));
}
