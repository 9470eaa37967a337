/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/guest-fixtures.h"

#include <crypt.h>
#include <string.h>

/* Guests and wishes that are wrong: a result or one clear error, never anything else. */

#define BASE                                                                  \
  "/etc/passwd f 0644 0:0 - - - - \"root:x:0:0:root:/root:/bin/sh\\n\"\n"     \
  "/etc/shadow f 0640 0:42 - - - - \"root:!:19000:0:99999:7:::\\n\"\n"        \
  "/usr/lib/systemd/systemd f 0755 0:0 - - - - \"x\"\n"                       \
  "/sbin/init l 0777 0:0 - - - /usr/lib/systemd/systemd -\n"

static void
assert_refused (const char *dump, DomuimgError code, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load_text (dump);
  g_autoptr (DomuimgCustomise) want = guest_want ();
  gboolean done = domuimg_customise_run (want, tree, NULL, NULL, &error);

  g_assert_false (done);
  g_assert_error (error, DOMUIMG_ERROR, (gint) code);
  if (strstr (error->message, part) == NULL || strchr (error->message, '\n') != NULL)
    g_error ("unclear message: %s", error->message);
}

static void
test_fstab_link_stays_inside (void)
{
  g_autoptr (DomuimgTree) tree = guest_load_text (
      BASE "/etc/fstab l 0777 0:0 - - - ../../../../etc/other -\n"
           "/etc/other f 0600 0:0 - - - - \"/dev/sda1 / ext3 defaults 0 1\\n\"\n"
           "/etc/hosts l 0777 0:0 - - - /../../../../../etc/hosts.real -\n"
           "/etc/hosts.real f 0644 0:0 - - - - \"127.0.0.1 localhost\\n\"\n");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_link (tree, "/etc/fstab", "../../../../etc/other");
  guest_assert_contains (tree, "/etc/other", "UUID=" GUEST_UUID " / ");
  guest_assert_contains (tree, "/etc/hosts.real", "web1");
}

static void
test_link_loop_is_refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load_text (BASE "/etc/fstab l 0777 0:0 - - - fstab -\n");
  g_autoptr (DomuimgCustomise) want = guest_want ();

  g_assert_false (domuimg_customise_run (want, tree, NULL, NULL, &error));
  g_assert_nonnull (error);
}

static void
test_directory_for_a_file_is_refused (void)
{
  assert_refused (BASE "/etc/hostname d 0755 0:0 - - - - -\n", DOMUIMG_ERROR_CORRUPT_INPUT,
                  "/etc/hostname is not a file");
  assert_refused (BASE "/etc/fstab p 0644 0:0 - - - - -\n", DOMUIMG_ERROR_CORRUPT_INPUT,
                  "/etc/fstab is not a file");
}

static void
test_binary_file_is_refused (void)
{
  assert_refused (BASE "/etc/fstab f 0644 0:0 - - - - \"a\\x00b\"\n", DOMUIMG_ERROR_CORRUPT_INPUT,
                  "/etc/fstab is not a text file");
  assert_refused ("/etc/passwd f 0644 0:0 - - - - \"\\xff\\xfe::::\\n:::::::\\x80\\n\"\n",
                  DOMUIMG_ERROR_CORRUPT_INPUT, "no line for root");
}

static void
test_no_root_at_all_is_refused (void)
{
  assert_refused ("/README f 0644 0:0 - - - - \"not a root\\n\"\n", DOMUIMG_ERROR_NOT_FOUND,
                  "no directory /etc");
}

static void
test_garbage_in_shadow_is_kept (void)
{
  g_autoptr (DomuimgTree) tree = guest_load_text (
      "/etc/passwd f 0644 0:0 - - - - \"root:x:0:0:root:/root:/bin/sh\\x0d\\n\"\n"
      "/etc/shadow f 0640 0:42 - - - - \"\\xff\\xfe\\nroot\\n:::\"\n");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_text (tree, "/etc/shadow",
                     "\xff\xfe\nroot\n:::\nroot:" GUEST_HASH ":19723:0:99999:7:::\n");
}

static void
test_crlf_fstab (void)
{
  g_autoptr (DomuimgTree) tree = guest_load_text (
      BASE "/etc/fstab f 0644 0:0 - - - - "
           "\"# DOS\\x0d\\n/dev/sda1 / ext3 defaults 0 1\\x0d\\n"
           "/dev/sda2 none swap sw 0 0\\x0d\\n\"\n");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/fstab",
                         "\nUUID=" GUEST_UUID " / ext4 errors=remount-ro 0 1\n");
  guest_assert_contains (tree, "/etc/fstab", "not in the guest: /dev/sda2");
}

static void
test_megabyte_of_fstab (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load_text (BASE);
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 30000; i++)
    g_string_append_printf (text, "/dev/sdb%u /mnt/%u ext4 defaults 0 0\n", i, i);
  domuimg_tree_write_text (tree, "/etc/fstab", text->str, 0644, &error);
  g_assert_no_error (error);
  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/fstab", "not in the guest: /dev/sdb29999 ");
}

static void
test_wrong_wishes (void)
{
  static const struct {
    gsize field;
    const char *value;
  } cases[] = {
    { G_STRUCT_OFFSET (DomuimgCustomise, hostname), "web 1" },
    { G_STRUCT_OFFSET (DomuimgCustomise, hostname), "web1\n10.0.0.1 evil" },
    { G_STRUCT_OFFSET (DomuimgCustomise, hostname), "-web" },
    { G_STRUCT_OFFSET (DomuimgCustomise, hostname), "web..1" },
    { G_STRUCT_OFFSET (DomuimgCustomise, root_uuid), "a b" },
    { G_STRUCT_OFFSET (DomuimgCustomise, timezone), "../../etc/passwd" },
    { G_STRUCT_OFFSET (DomuimgCustomise, timezone), "/etc/passwd" },
    { G_STRUCT_OFFSET (DomuimgCustomise, locale), "de\nX=1" },
    { G_STRUCT_OFFSET (DomuimgCustomise, keymap), "$(id)" },
    { G_STRUCT_OFFSET (DomuimgCustomise, root_password_hash), "a:b" },
    { G_STRUCT_OFFSET (DomuimgCustomise, root_password_hash), "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgCustomise) want = guest_want ();
      char **field = G_STRUCT_MEMBER_P (want, cases[i].field);

      g_free (*field);
      *field = g_strdup (cases[i].value);
      g_assert_false (domuimg_customise_validate (want, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_key_of_two_lines (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgCustomise) want = guest_want ();

  g_ptr_array_add (want->authorized_keys, g_strdup ("ssh-rsa AAAA\nssh-rsa BBBB"));
  g_assert_false (domuimg_customise_validate (want, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

static void
test_wrong_nics (void)
{
  static const struct {
    gsize field;
    const char *value;
  } cases[] = {
    { G_STRUCT_OFFSET (DomuimgGuestNic, mac), "00:16:3e:01:02" },
    { G_STRUCT_OFFSET (DomuimgGuestNic, mac), "00:16:3e:01:02:0g" },
    { G_STRUCT_OFFSET (DomuimgGuestNic, address), "192.0.2.10" },
    { G_STRUCT_OFFSET (DomuimgGuestNic, address), "192.0.2.10/33" },
    { G_STRUCT_OFFSET (DomuimgGuestNic, address), "2001:db8::1/64" },
    { G_STRUCT_OFFSET (DomuimgGuestNic, gateway), "192.0.2.1\nup id" },
    { G_STRUCT_OFFSET (DomuimgGuestNic, address6), "192.0.2.10/24" },
    { G_STRUCT_OFFSET (DomuimgGuestNic, dns_search), "a\nb" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgCustomise) want = guest_want ();
      char **field = G_STRUCT_MEMBER_P (g_ptr_array_index (want->nics, 0), cases[i].field);

      g_free (*field);
      *field = g_strdup (cases[i].value);
      g_assert_false (domuimg_customise_validate (want, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_unknown_timezone_is_named (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load_text (BASE);
  g_autoptr (DomuimgCustomise) want = guest_want ();
  want->timezone = g_strdup ("Mars/Olympus");

  g_assert_false (domuimg_customise_run (want, tree, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "Mars/Olympus"));
}

static void
test_cancelled (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load_text (BASE);
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  g_assert_false (domuimg_customise_run (want, tree, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  guest_assert_absent (tree, "/etc/fstab");
}

static void
test_password_hash (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *one = domuimg_password_hash ("correct horse", &error);
  g_assert_no_error (error);
  g_autofree char *two = domuimg_password_hash ("correct horse", &error);
  g_assert_no_error (error);
  struct crypt_data data = { 0 };

  g_assert_true (g_str_has_prefix (one, "$6$"));
  g_assert_cmpstr (one, !=, two);
  g_assert_cmpstr (crypt_r ("correct horse", one, &data), ==, one);
  g_assert_cmpstr (crypt_r ("wrong horse", one, &data), !=, one);
}

static void
test_wrong_passwords (void)
{
  static const char *const passwords[] = { "", "two\nlines", "dos\r" };

  for (guint i = 0; i < G_N_ELEMENTS (passwords); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_password_hash (passwords[i], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guest/hostile/fstab-link-stays-inside", test_fstab_link_stays_inside);
  g_test_add_func ("/guest/hostile/link-loop-is-refused", test_link_loop_is_refused);
  g_test_add_func ("/guest/hostile/directory-for-a-file", test_directory_for_a_file_is_refused);
  g_test_add_func ("/guest/hostile/binary-file", test_binary_file_is_refused);
  g_test_add_func ("/guest/hostile/no-root-at-all", test_no_root_at_all_is_refused);
  g_test_add_func ("/guest/hostile/garbage-in-shadow-is-kept", test_garbage_in_shadow_is_kept);
  g_test_add_func ("/guest/hostile/crlf-fstab", test_crlf_fstab);
  g_test_add_func ("/guest/hostile/megabyte-of-fstab", test_megabyte_of_fstab);
  g_test_add_func ("/guest/wishes/wrong", test_wrong_wishes);
  g_test_add_func ("/guest/wishes/key-of-two-lines", test_key_of_two_lines);
  g_test_add_func ("/guest/wishes/wrong-nics", test_wrong_nics);
  g_test_add_func ("/guest/wishes/unknown-timezone-is-named", test_unknown_timezone_is_named);
  g_test_add_func ("/guest/wishes/cancelled", test_cancelled);
  g_test_add_func ("/guest/password/hash", test_password_hash);
  g_test_add_func ("/guest/password/wrong", test_wrong_passwords);
  return g_test_run ();
}
