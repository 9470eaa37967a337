/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the mirrors of a Debian or Ubuntu suite, and reads their state. */
#include "config.h"
#include "lib/source/deb.h"

#include <string.h>

#include "lib/base/address.h"
#include "lib/base/http.h"

#define MAX_RELEASE (8 * 1024 * 1024)

static const char *
components (gboolean ubuntu)
{
  return ubuntu ? "main universe" : "main";
}

/* Suites that have neither updates nor security updates of their own. */
static gboolean
is_rolling (const char *suite)
{
  static const char *const rolling[] = { "sid", "unstable", "experimental", "rc-buggy", NULL };

  return g_strv_contains (rolling, suite);
}

char *
domuimg_deb_mirror_line (const char *mirror, gboolean ubuntu, const char *suite)
{
  if (strchr (mirror, ' ') != NULL)
    return g_strdup (mirror);
  return g_strdup_printf ("deb %s %s %s", mirror, suite, components (ubuntu));
}

/* "" for bookworm, "-security" for bookworm-security. */
static const char *
pocket_of (const char *release)
{
  const char *dash = strchr (release, '-');

  return dash != NULL ? dash : "";
}

/* One "URI|RELEASE|ORIGIN" of apt's: the line for the suite that is wanted. */
static char *
line_of (const char *target, gboolean ubuntu, const char *suite)
{
  g_auto (GStrv) fields = g_strsplit (target, "|", 3);
  const char *pocket;

  if (g_strv_length (fields) != 3
      || !g_str_equal (fields[2], ubuntu ? "Ubuntu" : "Debian"))
    return NULL;
  pocket = pocket_of (fields[1]);
  if (!g_str_equal (pocket, "") && !g_str_equal (pocket, "-updates")
      && !g_str_equal (pocket, "-security"))
    return NULL;
  if (is_rolling (suite) && *pocket != '\0')
    return NULL;
  return g_strdup_printf ("deb %s %s%s %s", fields[0], suite, pocket, components (ubuntu));
}

/* What apt on this machine has configured, if it has apt. */
static GStrv
machine_mirrors (gboolean ubuntu, const char *suite, GCancellable *cancellable)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("apt-get");
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GBytes) output = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) targets = NULL;

  domuimg_exec_arg (exec, "indextargets");
  domuimg_exec_arg (exec, "--format");
  domuimg_exec_arg (exec, "$(REPO_URI)|$(RELEASE)|$(ORIGIN)");
  domuimg_exec_arg (exec, "Created-By: Packages");
  output = domuimg_exec_output (exec, cancellable, NULL);
  if (output == NULL)
    return g_new0 (char *, 1);

  text = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  targets = g_strsplit (text, "\n", -1);
  for (guint i = 0; targets[i] != NULL; i++)
    {
      g_autofree char *line = line_of (targets[i], ubuntu, suite);

      /* The line gets to a command line, and into the guest. */
      if (line != NULL && !domuimg_address_has_secret (line) && g_hash_table_add (seen, g_strdup (line)))
        g_strv_builder_add (lines, line);
    }
  return g_strv_builder_end (lines);
}

static gboolean
has_main_pocket (char **lines, const char *suite)
{
  g_autofree char *word = g_strdup_printf (" %s ", suite);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (strstr (lines[i], word) != NULL)
        return TRUE;
    }
  return FALSE;
}

GStrv
domuimg_deb_default_mirrors (gboolean ubuntu, const char *suite, GCancellable *cancellable)
{
  g_auto (GStrv) own = machine_mirrors (ubuntu, suite, cancellable);

  /* Updates alone make no root. */
  if (has_main_pocket (own, suite))
    return g_steal_pointer (&own);
  return g_new0 (char *, 1);
}

/* "deb [options] URI SUITE ..." gives "URI/dists/SUITE/InRelease"; NULL for what curl
 * cannot fetch and apt can (copy:, cdrom:, ...). */
static char *
release_uri (const char *line)
{
  g_autoptr (GRegex) regex = g_regex_new (
      "^deb\\s+(?:\\[[^]]*\\]\\s+)?((?:https?|ftp|file):\\S+?)/*\\s+(\\S+?)(/?)(?:\\s|$)", 0, 0,
      NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *suite = NULL;
  g_autofree char *flat = NULL;

  if (!g_regex_match (regex, line, 0, &match))
    return NULL;
  uri = g_match_info_fetch (match, 1);
  suite = g_match_info_fetch (match, 2);
  flat = g_match_info_fetch (match, 3);
  /* file:/srv and file:///srv are the same to apt, not to curl. */
  if (g_str_has_prefix (uri, "file:/") && !g_str_has_prefix (uri, "file://"))
    {
      g_autofree char *rest = g_strdup (uri + strlen ("file:"));

      g_free (uri);
      uri = g_strconcat ("file://", rest, NULL);
    }
  if (*flat != '\0')
    return g_strdup_printf ("%s/%s/InRelease", uri, suite);
  return g_strdup_printf ("%s/dists/%s/InRelease", uri, suite);
}

/* Very old or home-made repositories have their signature beside them. */
static GBytes *
fetch_release (const char *uri, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *detached = g_strndup (uri, strlen (uri) - strlen ("InRelease"));
  g_autofree char *release = g_strconcat (detached, "Release", NULL);
  DomuimgHttpRequest request = { .uri = uri,
                                 .schemes = "http,https,ftp,file",
                                 .max = MAX_RELEASE,
                                 .cancellable = cancellable };
  GBytes *bytes = domuimg_http_get (&request, &local);

  if (bytes != NULL)
    return bytes;
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  request.uri = release;
  return domuimg_http_get (&request, error);
}

char *
domuimg_deb_mirror_state (const DomuimgDebRequest *request, GCancellable *cancellable,
                          GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; request->mirrors[i] != NULL; i++)
    {
      g_autofree char *uri = release_uri (request->mirrors[i]);
      g_autoptr (GBytes) release = NULL;
      g_autoptr (GError) local = NULL;

      if (uri == NULL)
        continue;
      release = fetch_release (uri, cancellable, &local);
      if (release == NULL
          && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        {
          domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                        "the mirror has no suite “%s” (%s is not there); check its name",
                        request->suite, uri);
          return NULL;
        }
      if (release == NULL)
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&local),
                                      "the package mirror was not reached: ");
          return NULL;
        }
      g_checksum_update (checksum, g_bytes_get_data (release, NULL),
                         g_bytes_get_size (release));
    }
  return g_strdup (g_checksum_get_string (checksum));
}
