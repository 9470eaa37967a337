/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the keys that packages must be signed by: the user's, the release's, or the repository's. */
#include "config.h"
#include "lib/source/rpm.h"

#include <string.h>

#include "lib/base/http.h"
#include "lib/source/rpm-job.h"

#define MAX_KEYS (1024 * 1024)
#define ARMOR "-----BEGIN PGP PUBLIC KEY BLOCK-----"

/* RFC 9580's checksum of an armor. */
static guint32
crc24 (const guint8 *data, gsize length)
{
  guint32 crc = 0xb704ce;

  for (gsize i = 0; i < length; i++)
    {
      crc ^= (guint32) data[i] << 16;
      for (int bit = 0; bit < 8; bit++)
        crc = (crc << 1) ^ ((crc & 0x800000) != 0 ? 0x1864cfb : 0);
    }
  return crc & 0xffffff;
}

/* rpm imports text only; keyrings of apt and GnuPG are not. */
static char *
armor (const char *data, gsize length)
{
  guint32 crc = crc24 ((const guint8 *) data, length);
  const guint8 bytes[] = { (guint8) (crc >> 16), (guint8) (crc >> 8), (guint8) crc };
  g_autofree char *sum = g_base64_encode (bytes, sizeof bytes);
  g_autofree char *body = g_base64_encode ((const guint8 *) data, length);
  GString *text = g_string_new (ARMOR "\n\n");

  for (gsize i = 0; i < strlen (body); i += 64)
    g_string_append_printf (text, "%.64s\n", body + i);
  g_string_append_printf (text, "=%s\n-----END PGP PUBLIC KEY BLOCK-----\n", sum);
  return g_string_free (text, FALSE);
}

/* Writes the key of @data as text below @work; its path. */
static char *
save (const char *data, gsize length, const char *work, guint number, GError **error)
{
  g_autofree char *name = g_strdup_printf ("key%u.asc", number);
  g_autofree char *path = g_build_filename (work, name, NULL);
  g_autofree char *text = NULL;

  if (g_strstr_len (data, (gssize) length, ARMOR) != NULL)
    text = g_strndup (data, length);
  else
    text = armor (data, length);
  return domuimg_rpm_write (path, text, error) ? g_steal_pointer (&path) : NULL;
}

static GStrv
save_given (const DomuimgRpmRequest *request, const char *work, GError **error)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (guint i = 0; request->keyrings[i] != NULL; i++)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *data = NULL;
      g_autofree char *path = NULL;
      gsize length;

      if (!g_file_get_contents (request->keyrings[i], &data, &length, &local))
        {
          domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the keyring cannot be read: %s",
                        local->message);
          return NULL;
        }
      path = save (data, length, work, i, error);
      if (path == NULL)
        return NULL;
      g_strv_builder_add (paths, path);
    }
  return g_strv_builder_end (paths);
}

/* gpg's list: the fingerprint that follows "pub" is the key's, others are of its parts. */
static gboolean
compare (const char *list, const char *url, const DomuimgRpmRelease *release, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (list, "\n", -1);
  gboolean is_key = FALSE;
  guint n_keys = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ":", -1);

      if (g_str_has_prefix (lines[i], "pub:"))
        is_key = TRUE;
      if (!is_key || !g_str_has_prefix (lines[i], "fpr:") || g_strv_length (fields) < 10)
        continue;
      is_key = FALSE;
      n_keys++;
      if (!g_strv_contains ((const char *const *) release->fingerprints, fields[9]))
        return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                             "%s has the key %s, which is not one of %s; name the right keys with"
                             " --keyring FILE",
                             url, fields[9], release->name);
    }
  return n_keys > 0 || domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED, "%s has no key", url);
}

static gboolean
check_fingerprints (const char *path, const char *url, const DomuimgRpmRelease *release,
                    const char *work, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("gpg");
  g_autoptr (GBytes) output = NULL;
  g_autofree char *list = NULL;

  domuimg_exec_arg (exec, "--batch");
  domuimg_exec_argf (exec, "--homedir=%s", work);
  domuimg_exec_arg (exec, "--no-permission-warning");
  domuimg_exec_arg (exec, "--with-colons");
  domuimg_exec_arg (exec, "--show-keys");
  domuimg_exec_arg (exec, path);
  output = domuimg_exec_output (exec, cancellable, error);
  if (output == NULL)
    return FALSE;
  list = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  return compare (list, url, release, error);
}

/* The path of what @url has, if it has no keys but the release's. */
static char *
fetch_one (const char *url, guint number, const DomuimgRpmRelease *release, const char *work,
           GCancellable *cancellable, GError **error)
{
  DomuimgHttpRequest request = { .uri = url,
                                 .schemes = "http,https,file",
                                 .max = MAX_KEYS,
                                 .cancellable = cancellable };
  g_autoptr (GBytes) bytes = domuimg_http_get (&request, error);
  g_autofree char *path = NULL;

  if (bytes == NULL)
    {
      g_prefix_error (error, "fetching the keys of %s (or name them with --keyring FILE): ",
                      release->name);
      return NULL;
    }
  path = save (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), work, number, error);
  if (path == NULL || !check_fingerprints (path, url, release, work, cancellable, error))
    return NULL;
  return g_steal_pointer (&path);
}

static GStrv
fetch (const DomuimgRpmRelease *release, const char *work, GCancellable *cancellable,
       GError **error)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (guint i = 0; release->key_urls[i] != NULL; i++)
    {
      g_autofree char *path
          = fetch_one (release->key_urls[i], i, release, work, cancellable, error);

      if (path == NULL)
        return NULL;
      g_strv_builder_add (paths, path);
    }
  return g_strv_builder_end (paths);
}

/* A .repo file may name its keys; what comes over a plain connection says nothing. */
static gboolean
check_named (const DomuimgRpmRepo *repo, GError **error)
{
  const char *keys = domuimg_rpm_repo_get (repo, "gpgkey");

  if (keys == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                         "nothing says which key signs the packages of %s; name it with --keyring"
                         " FILE, or take unsigned packages with --allow-unsigned",
                         repo->id);
  return (strstr (keys, "http:") == NULL && strstr (keys, "ftp:") == NULL)
         || domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                          "the key of the repository %s would come unprotected from %s; name it with"
                          " --keyring FILE",
                          repo->id, keys);
}

static void
trust (DomuimgRpmRepo *repo, char **paths)
{
  g_autoptr (GString) urls = g_string_new (NULL);

  for (guint i = 0; paths[i] != NULL; i++)
    g_string_append_printf (urls, "%sfile://%s", i > 0 ? " " : "", paths[i]);
  domuimg_rpm_repo_set (repo, "gpgkey", urls->str);
}

/* Whether packages are checked is never what a .repo file says. Whether an index has to be signed,
 * too, is; most are not, which zypper takes for a failure unless it is told. What was installed is
 * kept for the guest's own rpm. */
static void
set_checks (GPtrArray *repos, gboolean check)
{
  for (guint i = 0; i < repos->len; i++)
    {
      DomuimgRpmRepo *repo = repos->pdata[i];

      domuimg_rpm_repo_set (repo, "gpgcheck", check ? "1" : "0");
      domuimg_rpm_repo_set (repo, "pkg_gpgcheck", check ? "1" : "0");
      domuimg_rpm_repo_set (repo, "keeppackages", "1");
      if (!check || domuimg_rpm_repo_get (repo, "repo_gpgcheck") == NULL)
        domuimg_rpm_repo_set (repo, "repo_gpgcheck", "0");
    }
}

GStrv
domuimg_rpm_keys_prepare (GPtrArray *repos, const DomuimgRpmRequest *request, const char *work,
                          GCancellable *cancellable, GError **error)
{
  const DomuimgRpmRelease *release = request->release;
  g_auto (GStrv) paths = NULL;

  set_checks (repos, !request->allow_unsigned);
  if (request->allow_unsigned)
    return g_new0 (char *, 1);
  if (request->keyrings[0] != NULL)
    paths = save_given (request, work, error);
  else if (release->fingerprints[0] != NULL)
    paths = fetch (release, work, cancellable, error);
  else
    paths = g_new0 (char *, 1);
  for (guint i = 0; paths != NULL && i < repos->len; i++)
    {
      DomuimgRpmRepo *repo = repos->pdata[i];
      gboolean has_own = domuimg_rpm_repo_get (repo, "gpgkey") != NULL;

      if (paths[0] != NULL && (request->keyrings[0] != NULL || !has_own))
        trust (repo, paths);
      if (!check_named (repo, error))
        return NULL;
    }
  return g_steal_pointer (&paths);
}
