/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/source/rpm.h"

static DomuimgRpmRelease *
load (const char *id)
{
  g_autoptr (GError) error = NULL;
  DomuimgRpmRelease *release = domuimg_rpm_release_load (id, &error);

  g_assert_no_error (error);
  return release;
}

/* 40 capital hexadecimal digits, and a file that they were published in. */
static void
check_keys (const DomuimgRpmRelease *release)
{
  g_assert_cmpuint (g_strv_length (release->key_urls), >, 0);
  for (guint i = 0; release->key_urls[i] != NULL; i++)
    g_assert_true (g_str_has_prefix (release->key_urls[i], "https://"));
  g_assert_cmpuint (g_strv_length (release->fingerprints), >, 0);
  for (guint i = 0; release->fingerprints[i] != NULL; i++)
    g_assert_true (g_regex_match_simple ("^[0-9A-F]{40}$", release->fingerprints[i],
                                         G_REGEX_DOLLAR_ENDONLY, 0));
}

static void
check_release (const char *id)
{
  DomuimgRpmRelease *release = load (id);

  g_test_message ("%s", id);
  g_assert_cmpuint (release->repos->len, >, 0);
  for (guint i = 0; i < release->repos->len; i++)
    {
      const DomuimgRpmRepo *repo = release->repos->pdata[i];

      g_assert_true (domuimg_rpm_repo_get (repo, "baseurl") != NULL
                     || domuimg_rpm_repo_get (repo, "metalink") != NULL
                     || domuimg_rpm_repo_get (repo, "mirrorlist") != NULL);
    }
  check_keys (release);
  g_assert_cmpuint (release->files->len, >, 0);
  g_assert_cmpuint (g_strv_length (release->architectures), >, 0);
  domuimg_rpm_release_free (release);
}

static void
test_all_releases (void)
{
  g_autoptr (GDir) dir = g_dir_open (g_getenv ("DOMUIMG_RELEASES_DIR"), 0, NULL);
  const char *name;
  guint count = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *id = g_strndup (name, strlen (name) - strlen (".conf"));

      check_release (id);
      count++;
    }
  g_assert_cmpuint (count, >=, 19);
}

static void
test_unknown_release (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_rpm_release_load ("fedora-1", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "centos-5, centos-6"));
  g_clear_error (&error);
  g_assert_null (domuimg_rpm_release_load ("../fedora-45", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

static void
refuse (const char *text, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("domuimg-rpm.XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "bad.conf", NULL);
  g_autofree char *before = g_strdup (g_getenv ("DOMUIMG_RELEASES_DIR"));

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_setenv ("DOMUIMG_RELEASES_DIR", directory, TRUE);
  g_assert_null (domuimg_rpm_release_load ("bad", &error));
  g_setenv ("DOMUIMG_RELEASES_DIR", before, TRUE);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, part));
  g_remove (path);
  g_rmdir (directory);
}

static void
test_bad_releases (void)
{
  refuse ("not a key file", "");
  refuse ("[release]\nmanager=pacman\n", "manager");
  refuse ("[rpm]\nformat=paper\n", "format");
  refuse ("[rpm]\ndatabase=var/lib/rpm\n", "database");
  refuse ("[file etc/passwd]\ntext=\n", "etc/passwd");
  refuse ("[file /etc/../../passwd]\ntext=\n", "passwd");
}

/* What dnf 4 and zypper 1.14 of Debian 12 have said; the others' words are those of their sources. */
static const struct {
  const char *tail;
  DomuimgError code;
  const char *part;
} sayings[] = {
  { "No match for argument: nosuch\nError: Unable to find a match: nosuch", DOMUIMG_ERROR_NOT_FOUND,
    "no such package: No match for argument: nosuch" },
  { "Module or Group 'nosuch' is not available.\nError: Nothing to do.", DOMUIMG_ERROR_NOT_FOUND,
    "no such group" },
  { "No provider of 'nosuch' found.", DOMUIMG_ERROR_NOT_FOUND, "nosuch" },
  { "Package a-1-1.x86_64.rpm is not signed\nError: GPG check FAILED", DOMUIMG_ERROR_UNTRUSTED,
    "a-1-1" },
  { "Public key for a.rpm is not installed. Failing package is: a", DOMUIMG_ERROR_UNTRUSTED,
    "--keyring" },
  { "Signature verification failed for repomd.xml\nNo provider of 'a' found.",
    DOMUIMG_ERROR_UNTRUSTED, "repomd.xml" },
  { "[MIRROR] a.rpm: Status code: 404 for http://m/a.rpm\nError: Error downloading packages",
    DOMUIMG_ERROR_NETWORK, "do not fit together" },
  { "Error: Some packages from local repository have incorrect checksum", DOMUIMG_ERROR_NETWORK,
    "do not fit together" },
  { "Curl error (7): Couldn't connect to server for http://m/\nError: Failed to download metadata",
    DOMUIMG_ERROR_NETWORK, "not reached" },
  { "Error: Transaction test error:\n"
    "  installing package a needs 23MB more space on the / filesystem",
    DOMUIMG_ERROR_NO_SPACE, "TMPDIR" },
  { "OSError: [Errno 28] No space left on device", DOMUIMG_ERROR_NO_SPACE, "TMPDIR" },
  { "Problem: conflicting requests\n  - nothing provides /bin/sh needed by kernel-1-1.x86_64",
    DOMUIMG_ERROR_FAILED, "nothing provides /bin/sh" },
  { "Error: something new", DOMUIMG_ERROR_TOOL_FAILED, "by dnf: Error: something new" },
};

static void
test_sayings (void)
{
  DomuimgRpmRelease *release = load ("rocky-9");
  DomuimgRpmRequest request = { .release = release };

  for (guint i = 0; i < G_N_ELEMENTS (sayings); i++)
    {
      g_autoptr (GError) error
          = g_error_new (DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED, "unshare failed\n  detail");

      domuimg_rpm_explain (&request, sayings[i].tail, &error);
      g_test_message ("%s", error->message);
      g_assert_error (error, DOMUIMG_ERROR, (int) sayings[i].code);
      g_assert_true (g_str_has_prefix (error->message, "rocky-9: "));
      g_assert_nonnull (strstr (error->message, sayings[i].part));
      g_assert_true (g_str_has_suffix (error->message, "\n  detail"));
    }
  domuimg_rpm_release_free (release);
}

static void
test_architectures (void)
{
  g_autofree char *own = domuimg_rpm_arch (NULL);
  g_autofree char *amd64 = domuimg_rpm_arch ("amd64");
  g_autofree char *other = domuimg_rpm_arch ("s390x");

  g_assert_cmpstr (amd64, ==, "x86_64");
  g_assert_cmpstr (other, ==, "s390x");
  g_assert_false (domuimg_rpm_arch_is_foreign (own));
  g_assert_true (domuimg_rpm_arch_is_foreign ("vax"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_autofree char *releases
      = g_test_build_filename (G_TEST_DIST, "../../lib/source/releases", NULL);
  g_setenv ("DOMUIMG_RELEASES_DIR", releases, TRUE);
  g_test_add_func ("/rpm/all-releases", test_all_releases);
  g_test_add_func ("/rpm/unknown-release", test_unknown_release);
  g_test_add_func ("/rpm/bad-releases", test_bad_releases);
  g_test_add_func ("/rpm/sayings", test_sayings);
  g_test_add_func ("/rpm/architectures", test_architectures);
  return g_test_run ();
}
