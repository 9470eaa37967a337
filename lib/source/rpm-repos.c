/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The repositories that packages come from, and what state they are in. */
#include "config.h"
#include "lib/source/rpm.h"

#include <string.h>

#include "lib/base/http.h"
#include "lib/source/rpm-job.h"

#define REPOMD "repodata/repomd.xml"
#define MAX_INDEX (8 * 1024 * 1024)
#define SCHEMES "http,https,ftp,file"

static void
add_line (DomuimgRpmRepo *repo, const char *line, char **last)
{
  const char *equals = strchr (line, '=');
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;

  /* A line that is indented goes on with the value before. */
  if (g_ascii_isspace (line[0]) && *last != NULL)
    {
      value = g_strdup_printf ("%s %s", domuimg_rpm_repo_get (repo, *last), line);
      domuimg_rpm_repo_set (repo, *last, g_strstrip (value));
      return;
    }
  if (equals == NULL)
    return;
  name = g_strndup (line, (gsize) (equals - line));
  value = g_strdup (equals + 1);
  g_strstrip (name);
  domuimg_rpm_repo_set (repo, name, g_strstrip (value));
  g_free (*last);
  *last = g_steal_pointer (&name);
}

/* What yum, dnf and zypper read, whose files GLib's parser would refuse. */
static gboolean
read_file (const char *path, GPtrArray *repos, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autofree char *last = NULL;
  DomuimgRpmRepo *repo = NULL;
  guint before = repos->len;

  if (!g_file_get_contents (path, &text, NULL, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the file of --repo cannot be read: %s",
                         local->message);
  lines = g_strsplit_set (text, "\r\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *end = strchr (lines[i], ']');
      g_autofree char *id = NULL;

      if (g_str_has_prefix (lines[i], "[main]"))
        repo = NULL; /* settings of the package manager itself, which has ours */
      else if (lines[i][0] == '[' && end != NULL)
        {
          id = g_strndup (lines[i] + 1, (gsize) (end - lines[i] - 1));
          repo = domuimg_rpm_repo_new (id);
          g_ptr_array_add (repos, repo);
          g_clear_pointer (&last, g_free);
        }
      else if (repo != NULL && lines[i][0] != '#' && lines[i][0] != ';' && lines[i][0] != '\0')
        add_line (repo, lines[i], &last);
    }
  return repos->len > before
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: there is no [repository] in it",
                          path);
}

/* file:/srv, file:///srv and /srv are the same to users. */
static char *
url_of (const char *given)
{
  if (given[0] == '/')
    return g_strconcat ("file://", given, NULL);
  if (g_str_has_prefix (given, "file:/") && !g_str_has_prefix (given, "file://"))
    return g_strconcat ("file://", given + strlen ("file:"), NULL);
  return g_strdup (given);
}

static gboolean
add_given (const char *given, guint number, GPtrArray *repos, GError **error)
{
  g_autofree char *id = g_strdup_printf ("repo%u", number);
  g_autofree char *url = url_of (given);
  DomuimgRpmRepo *repo;

  if (g_str_has_suffix (given, ".repo") && strstr (given, "://") == NULL)
    return read_file (given, repos, error);
  if (!g_regex_match_simple ("^(https?|ftp|file)://\\S+$", url, G_REGEX_DOLLAR_ENDONLY, 0))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "repo “%s”: expected an address (http, https, ftp, file) or FILE.repo",
                         given);
  repo = domuimg_rpm_repo_new (id);
  domuimg_rpm_repo_set (repo, "baseurl", url);
  g_ptr_array_add (repos, repo);
  return TRUE;
}

static DomuimgRpmRepo *
copy (const DomuimgRpmRepo *other)
{
  DomuimgRpmRepo *self = domuimg_rpm_repo_new (other->id);

  for (guint i = 0; i < other->names->len; i++)
    domuimg_rpm_repo_set (self, other->names->pdata[i], other->values->pdata[i]);
  return self;
}

static gboolean
is_on (const DomuimgRpmRepo *repo)
{
  const char *enabled = domuimg_rpm_repo_get (repo, "enabled");

  return enabled == NULL || g_str_equal (enabled, "1")
         || g_ascii_strcasecmp (enabled, "true") == 0 || g_ascii_strcasecmp (enabled, "yes") == 0;
}

GPtrArray *
domuimg_rpm_repos_read (const DomuimgRpmRequest *request, GError **error)
{
  g_autoptr (GPtrArray) repos
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_rpm_repo_free);

  for (guint i = 0; request->given_repos[i] != NULL; i++)
    {
      if (!add_given (request->given_repos[i], i, repos, error))
        return NULL;
    }
  for (guint i = 0; request->given_repos[0] == NULL && i < request->release->repos->len; i++)
    g_ptr_array_add (repos, copy (request->release->repos->pdata[i]));
  for (guint i = repos->len; i-- > 0;)
    {
      if (!is_on (repos->pdata[i]))
        g_ptr_array_remove_index (repos, i);
    }
  if (repos->len > 0)
    return g_steal_pointer (&repos);
  domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                "no repository is known for %s; name one with --repo URL", request->release->id);
  return NULL;
}

gboolean
domuimg_rpm_repos_write (GPtrArray *repos, const char *path, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < repos->len; i++)
    {
      const DomuimgRpmRepo *repo = repos->pdata[i];

      g_string_append_printf (text, "[%s]\n", repo->id);
      if (domuimg_rpm_repo_get (repo, "name") == NULL)
        g_string_append_printf (text, "name=%s\n", repo->id);
      for (guint j = 0; j < repo->names->len; j++)
        g_string_append_printf (text, "%s=%s\n", (char *) repo->names->pdata[j],
                                (char *) repo->values->pdata[j]);
    }
  return domuimg_rpm_write (path, text->str, error);
}

/* $releasever and its like, as the package managers put them in. */
static char *
expand (const char *text, const DomuimgRpmRequest *request)
{
  GString *url = g_string_new (text);

  g_string_replace (url, "$releasever", request->release->version, 0);
  g_string_replace (url, "${releasever}", request->release->version, 0);
  g_string_replace (url, "$basearch", request->arch, 0);
  g_string_replace (url, "${basearch}", request->arch, 0);
  g_string_replace (url, "$arch", request->arch, 0);
  return g_string_free (url, FALSE);
}

GStrv
domuimg_rpm_repos_list_local (GPtrArray *repos, const DomuimgRpmRequest *request)
{
  g_autoptr (GStrvBuilder) local = g_strv_builder_new ();

  for (guint i = 0; i < repos->len; i++)
    {
      const char *base = domuimg_rpm_repo_get (repos->pdata[i], "baseurl");
      g_autofree char *url = base != NULL ? expand (base, request) : NULL;

      if (url != NULL && g_str_has_prefix (url, "file:///"))
        g_strv_builder_add (local, url + strlen ("file://"));
    }
  return g_strv_builder_end (local);
}

static GBytes *
get (const char *uri, const DomuimgRpmRepo *repo, GCancellable *cancellable, GError **error)
{
  DomuimgHttpRequest request
      = { .uri = uri, .schemes = SCHEMES, .max = MAX_INDEX, .cancellable = cancellable };
  g_autoptr (GError) local = NULL;
  GBytes *bytes = domuimg_http_get (&request, &local);

  if (bytes != NULL)
    return bytes;
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "the repository %s is not there (%s is missing); check --repo and the release",
                  repo->id, uri);
  else
    g_propagate_prefixed_error (error, g_steal_pointer (&local),
                                "the repository %s was not reached: ", repo->id);
  return NULL;
}

/* The first address of a list, or of a text of several. */
static char *
first_url (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("(?:https?|ftp|file):/\\S+", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *url = NULL;

  if (!g_regex_match (regex, text, 0, &match))
    return NULL;
  url = g_match_info_fetch (match, 0);
  return url_of (url);
}

/* A metalink has digests of the index beside its mirrors, whose order changes each time. */
static char *
metalink_state (const char *text)
{
  g_autoptr (GRegex) regex
      = g_regex_new ("<hash type=\"sha(?:256|512)\">([0-9a-fA-F]+)<", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, text, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

static GBytes *
list_of (const DomuimgRpmRepo *repo, const char *name, const DomuimgRpmRequest *request,
         GCancellable *cancellable, GError **error)
{
  g_autofree char *uri = expand (domuimg_rpm_repo_get (repo, name), request);

  return get (uri, repo, cancellable, error);
}

/* What stands for the state of @repo: its index, or what a metalink says of that. */
static GBytes *
state_of (const DomuimgRpmRepo *repo, const DomuimgRpmRequest *request, GCancellable *cancellable,
          GError **error)
{
  static const char *const lists[] = { "metalink", "mirrorlist" };
  const char *base = domuimg_rpm_repo_get (repo, "baseurl");
  g_autofree char *url = base != NULL ? first_url (base) : NULL;

  for (guint i = 0; url == NULL && i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (GBytes) list = NULL;
      g_autofree char *text = NULL;
      char *digest;

      if (domuimg_rpm_repo_get (repo, lists[i]) == NULL)
        continue;
      list = list_of (repo, lists[i], request, cancellable, error);
      if (list == NULL)
        return NULL;
      text = g_strndup (g_bytes_get_data (list, NULL), g_bytes_get_size (list));
      digest = metalink_state (text);
      if (digest != NULL)
        return g_bytes_new_take (digest, strlen (digest));
      url = first_url (text);
    }
  if (url == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "the repository %s has no address: neither baseurl nor metalink nor mirrorlist",
                    repo->id);
      return NULL;
    }
  g_autofree char *index = g_build_path ("/", url, REPOMD, NULL);
  g_autofree char *whole = expand (index, request);
  return get (whole, repo, cancellable, error);
}

char *
domuimg_rpm_repos_state (GPtrArray *repos, const DomuimgRpmRequest *request,
                         GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; i < repos->len; i++)
    {
      g_autoptr (GBytes) state = state_of (repos->pdata[i], request, cancellable, error);

      if (state == NULL)
        return NULL;
      g_checksum_update (checksum, g_bytes_get_data (state, NULL), g_bytes_get_size (state));
    }
  return g_strdup (g_checksum_get_string (checksum));
}
