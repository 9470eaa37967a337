/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fstab and crypttab, parsed and edited in place. */
#include "config.h"

#include "lib/guest/fstab-table.h"

static const char text[] = "# /etc/fstab\n"
                           "  UUID=1\t/ ext4  errors=remount-ro 0 1 # the root\n"
                           "\n"
                           "LABEL=my\\040disk /srv/my\\134\\040files xfs nofail,noauto\r\n"
                           "alone\n"
                           "tmpfs /tmp";

static void
test_entries (void)
{
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text);
  const GPtrArray *entries = domuimg_fstab_get_entries (fstab);
  const DomuimgFstabEntry *entry;
  g_autofree char *same = domuimg_fstab_to_text (fstab);

  g_assert_cmpstr (same, ==, text);
  g_assert_cmpuint (entries->len, ==, 3);
  entry = g_ptr_array_index (entries, 0);
  g_assert_cmpuint (entry->line, ==, 2);
  g_assert_cmpuint (g_strv_length (entry->fields), ==, 6);
  g_assert_cmpint (entry->pass, ==, 1);
  entry = g_ptr_array_index (entries, 1);
  g_assert_cmpuint (entry->line, ==, 4);
  g_assert_cmpstr (entry->spec, ==, "LABEL=my disk");
  g_assert_cmpstr (entry->file, ==, "/srv/my\\ files");
  g_assert_cmpstr (entry->options, ==, "nofail,noauto");
  g_assert_true (domuimg_fstab_has_option (entry, "noauto"));
  g_assert_false (domuimg_fstab_has_option (entry, "auto"));
  entry = g_ptr_array_index (entries, 2);
  g_assert_cmpstr (entry->type, ==, "auto");
  g_assert_cmpstr (entry->options, ==, "defaults");
  g_assert_cmpint (entry->pass, ==, 0);
  g_assert_true (domuimg_fstab_find (fstab, "/tmp") == entry);
  g_assert_null (domuimg_fstab_find (fstab, "/boot"));
}

static void
test_changes_leave_the_rest_alone (void)
{
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text);
  g_autofree char *edited = NULL;

  domuimg_fstab_set_field (fstab, 2, DOMUIMG_FSTAB_SPEC, "/dev/xvda1");
  domuimg_fstab_set_field (fstab, 4, DOMUIMG_FSTAB_FILE, "/srv/a\tb\\");
  domuimg_fstab_set_field (fstab, 6, DOMUIMG_FSTAB_TYPE, "tmpfs");
  domuimg_fstab_set_field (fstab, 6, DOMUIMG_FSTAB_PASS, "1");
  domuimg_fstab_set_field (fstab, 0, DOMUIMG_FSTAB_SPEC, "no line");
  domuimg_fstab_set_field (fstab, 7, DOMUIMG_FSTAB_SPEC, "no line");
  edited = domuimg_fstab_to_text (fstab);
  g_assert_cmpstr (edited, ==,
                   "# /etc/fstab\n"
                   "  /dev/xvda1\t/ ext4  errors=remount-ro 0 1 # the root\n"
                   "\n"
                   "LABEL=my\\040disk /srv/a\\011b\\134 xfs nofail,noauto\r\n"
                   "alone\n"
                   "tmpfs /tmp tmpfs");
}

static void
test_lines_come_and_go (void)
{
  static const char *const root[] = { "UUID=2", "/", "ext4", "defaults", "0", "1", NULL };
  static const char *const swap[] = { "/swap file", "none", "swap", "sw", "0", "0", NULL };
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse ("UUID=1 / ext4\n/dev/sdb /srv xfs\n");
  g_autoptr (DomuimgFstab) empty = domuimg_fstab_parse ("");
  g_autofree char *edited = NULL;

  domuimg_fstab_replace (fstab, 1, "old", root);
  /* Numbers are those of the text that was parsed. */
  domuimg_fstab_comment_out (fstab, 2, NULL);
  domuimg_fstab_append (fstab, swap);
  edited = domuimg_fstab_to_text (fstab);
  g_assert_cmpstr (edited, ==,
                   "# old: UUID=1 / ext4\nUUID=2 / ext4 defaults 0 1\n# /dev/sdb /srv xfs\n"
                   "/swap\\040file none swap sw 0 0\n");
  domuimg_fstab_append (empty, root);
  g_free (edited);
  edited = domuimg_fstab_to_text (empty);
  g_assert_cmpstr (edited, ==, "UUID=2 / ext4 defaults 0 1\n");
}

static void
test_append_ends_an_open_line (void)
{
  static const char *const swap[] = { "/swap", "none", "swap", NULL };
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse ("UUID=1 / ext4");
  g_autofree char *edited = NULL;

  domuimg_fstab_append (fstab, swap);
  edited = domuimg_fstab_to_text (fstab);
  g_assert_cmpstr (edited, ==, "UUID=1 / ext4\n/swap none swap\n");
}

static void
test_damaged_escapes_stay (void)
{
  static const char *const fields[] = { "a\\04", "b\\400", "c\\000", "d\\", "e\\07x" };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autofree char *line = g_strdup_printf ("none %s", fields[i]);
      g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (line);
      const DomuimgFstabEntry *entry = g_ptr_array_index (domuimg_fstab_get_entries (fstab), 0);

      g_assert_cmpstr (entry->file, ==, fields[i]);
    }
}

static void
test_devices (void)
{
  g_assert_true (domuimg_fstab_is_device ("/dev/sda1"));
  g_assert_true (domuimg_fstab_is_device ("PARTLABEL=x"));
  g_assert_false (domuimg_fstab_is_device ("/dev/shm"));
  g_assert_false (domuimg_fstab_is_device ("server:/srv"));
  g_assert_false (domuimg_fstab_is_device ("tmpfs"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fstab/entries", test_entries);
  g_test_add_func ("/fstab/changes-leave-the-rest-alone", test_changes_leave_the_rest_alone);
  g_test_add_func ("/fstab/lines-come-and-go", test_lines_come_and_go);
  g_test_add_func ("/fstab/append-ends-an-open-line", test_append_ends_an_open_line);
  g_test_add_func ("/fstab/damaged-escapes-stay", test_damaged_escapes_stay);
  g_test_add_func ("/fstab/devices", test_devices);
  return g_test_run ();
}
