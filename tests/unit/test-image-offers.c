/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our definitions of vendors' images, and lists of checksums. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/source/image.h"

#define HEX256 "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
#define HEX512 \
  "a4abd4448c49562d828115d13a1fccea927f52b4d5459297f8b43e42da89238b" \
  "c13626e43dcb38ddb082488927ec904fb42057443983e88585179d50551afe62"

static GPtrArray *
list (void)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *offers = domuimg_image_offers_list (&error);

  g_assert_no_error (error);
  return offers;
}

static void
check_ours (const DomuimgImageOffer *offer)
{
  g_test_message ("%s %s", offer->id, offer->arch);
  g_assert_true (g_str_has_prefix (offer->url, "https://"));
  g_assert_true (g_str_has_prefix (offer->checksums, "https://"));
  g_assert_cmpstr (offer->name, !=, offer->id);
  g_assert_cmpuint (g_strv_length (offer->key_urls) > 0, ==, offer->fingerprints[0] != NULL);
  for (guint i = 0; offer->fingerprints[i] != NULL; i++)
    g_assert_true (g_regex_match_simple ("^[0-9A-F]{40}$", offer->fingerprints[i],
                                         G_REGEX_DOLLAR_ENDONLY, 0));
  /* Keys are of no use where nothing is signed, and must be named or hinted at where something is. */
  g_assert_cmpint (domuimg_image_offer_is_signed (offer), ==,
                   offer->key_urls[0] != NULL || offer->keys_hint != NULL);
}

static void
test_all_definitions (void)
{
  g_autoptr (GPtrArray) offers = list ();
  guint ours = 0;

  for (guint i = 0; i < offers->len; i++)
    {
      const DomuimgImageOffer *offer = g_ptr_array_index (offers, i);

      if (offer->from_osinfo)
        continue;
      ours++;
      check_ours (offer);
    }
  g_assert_cmpuint (ours, >=, 30);
}

/* The address of a definition gets into the manifest. */
static void
test_a_definition_has_no_secret (void)
{
  g_autofree char *ours = g_strdup (g_getenv ("DOMUIMG_IMAGES_DIR"));
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *path = g_build_filename (directory, "own.conf", NULL);
  g_autoptr (GPtrArray) offers = NULL;
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path,
                       "[image]\nname=Own\n[x86_64]\nurl=https://joe:SEKRIT@host/own.qcow2\n"
                       "checksums=SUMS\n", -1, NULL);
  g_setenv ("DOMUIMG_IMAGES_DIR", directory, TRUE);
  offers = domuimg_image_offers_list (&error);
  g_setenv ("DOMUIMG_IMAGES_DIR", ours, TRUE);
  g_assert_null (offers);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "own.conf"));
  g_assert_null (strstr (error->message, "KRIT"));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* A system that has a definition of ours is not listed a second time. */
static void
test_the_database_adds_others (void)
{
  g_autoptr (GPtrArray) offers = list ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean from_osinfo = FALSE;

  for (guint i = 0; i < offers->len; i++)
    {
      const DomuimgImageOffer *offer = g_ptr_array_index (offers, i);

      from_osinfo |= offer->from_osinfo;
      g_assert_true (g_hash_table_add (seen, g_strconcat (offer->id, "/", offer->arch, NULL)));
    }
#ifdef HAVE_OSINFO
  if (!from_osinfo)
    g_test_skip ("libosinfo has no database here");
#else
  g_assert_false (from_osinfo);
#endif
}

static char *
find (const char *text, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgDigest) digest = domuimg_checksums_find (text, strlen (text), name, &error);

  if (digest == NULL)
    return g_strdup (error->code == DOMUIMG_ERROR_NOT_FOUND ? "not found" : "corrupt");
  return g_strdup_printf ("%s %.4s", domuimg_digest_name (digest), digest->hex);
}

static void
test_lists_of_checksums (void)
{
  static const struct {
    const char *text, *found;
  } lists[] = {
    { HEX256 "  a\n", "sha256 2d71" },
    { HEX256 " *a", "sha256 2d71" },
    { HEX256 "  ./a\r\n", "sha256 2d71" },
    { "SHA256 (a) = " HEX256 "\n", "sha256 2d71" },
    { HEX256 "  a\n" HEX512 "  a\n", "sha512 a4ab" },
    { HEX512 "  a\n" HEX256 "  a\n", "sha512 a4ab" },
    { HEX256 "  a\n" HEX256 "  a\n", "sha256 2d71" },
    { HEX256 "  a\n0" HEX256 "  a\n", "sha256 2d71" },
    { "0000000000000000000000000000000000000000000000000000000000000000  a\n" HEX256 "  a\n", "corrupt" },
    { HEX256 "  b\n" HEX256 "  x/a\n" HEX256 "  a.sig\n", "not found" },
    { "9dd4e461268c8034f5c8564e155c67a6  a\n", "not found" },
    { HEX256 "a\n", "not found" },
    { "SHA256 (a) " HEX256 "\n", "not found" },
    { ") = (a\n", "not found" },
    { "", "not found" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autofree char *found = find (lists[i].text, "a");

      g_assert_cmpstr (found, ==, lists[i].found);
    }
}

/* A list of one image's own: whatever it calls it. */
static void
test_a_list_of_one (void)
{
  static const struct {
    const char *text, *found;
  } lists[] = {
    { HEX256 "  another\n", "2d71" },
    { HEX256 "\n", "2d71" },
    { "# size\nSHA256 (another) = " HEX256 "\n", "2d71" },
    { HEX256 "  a\n" HEX256 "  b\n" HEX512 "  c\n", "a4ab" },
    { "0000000000000000000000000000000000000000000000000000000000000000  a\n" HEX256 "  b\n", NULL },
    { HEX256 "x\n", NULL },
    { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgDigest) digest
          = domuimg_checksums_find (lists[i].text, strlen (lists[i].text), NULL, &error);
      g_autofree char *start = digest != NULL ? g_strndup (digest->hex, 4) : NULL;

      g_assert_cmpstr (start, ==, lists[i].found);
      g_assert_true ((digest == NULL) == (error != NULL));
    }
}

int
main (int argc, char **argv)
{
  g_autofree char *images = g_build_filename (g_getenv ("G_TEST_SRCDIR"),
                                              "../../lib/source/images", NULL);

  g_setenv ("DOMUIMG_IMAGES_DIR", images, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image-offers/all-definitions", test_all_definitions);
  g_test_add_func ("/image-offers/a-definition-has-no-secret", test_a_definition_has_no_secret);
  g_test_add_func ("/image-offers/the-database-adds-others", test_the_database_adds_others);
  g_test_add_func ("/image-offers/lists-of-checksums", test_lists_of_checksums);
  g_test_add_func ("/image-offers/a-list-of-one", test_a_list_of_one);
  return g_test_run ();
}
