/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cannot be read is never taken for missing: each file and directory that a check, or the
 * customisation of a guest, asks for is made unreadable once. */
#include "config.h"

#include <string.h>

#include "lib/check/report.h"
#include "lib/tree/faults.h"
#include "tests/unit/faulty-tree.h"
#include "tests/unit/made-fixtures.h"

/* What the rules of a getty, of networks and of libraries look for besides what the fixtures have. */
static void
put_more (DomuimgTree *tree)
{
  tree_edit (tree, "/etc/fstab", "UUID=" ROOT_UUID " / ext4 defaults 0 1\n");
  tree_edit (tree, "/etc/securetty", "hvc0\n");
  tree_edit (tree, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
  tree_edit (tree, "/etc/pam.d/login", "auth required pam_securetty.so\n");
}

/* The root's tree is one of which @broken (nullable) cannot be read. */
static DomuimgReport *
check (const Made *self, const char *broken, GPtrArray **log)
{
  DomuimgDevice *root = g_ptr_array_index (self->made.devices, 0);
  g_autoptr (DomuimgTree) whole = g_object_ref (root->tree);
  g_autoptr (DomuimgTree) faulty = faulty_tree_new (whole);
  g_autoptr (GError) error = NULL;
  DomuimgReport *report;

  faulty_tree_break (FAULTY_TREE (faulty), broken);
  g_set_object (&root->tree, faulty);
  report = domuimg_check_run_on (&self->made, NULL, &error);
  g_assert_no_error (error);
  g_set_object (&root->tree, whole);
  if (log != NULL)
    *log = g_ptr_array_ref (faulty_tree_get_log (FAULTY_TREE (faulty)));
  return report;
}

static gboolean
names (DomuimgReport *report, const char *path)
{
  GPtrArray *findings = domuimg_report_get_findings (report);

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (g_str_equal (domuimg_finding_get_id (finding), "file-unreadable")
          && g_str_equal (domuimg_finding_get_evidence (finding), path))
        return TRUE;
    }
  return FALSE;
}

/* Neither that all is well nor, where the whole guest has no error, that something is wrong. */
static gboolean
is_doubted (DomuimgReport *report, DomuimgReport *good)
{
  DomuimgVerdict verdict = domuimg_report_get_verdict (report);

  return verdict == DOMUIMG_VERDICT_UNKNOWN
         || (verdict == DOMUIMG_VERDICT_FAILS && domuimg_report_get_verdict (good) == verdict);
}

/* Who has just made the guest is told, in words and as an error of reading. */
static gboolean
is_told_to_its_maker (DomuimgReport *report)
{
  g_autoptr (GError) error = NULL;

  return !domuimg_report_check_read (report, "web1", &error)
         && g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
}

static void
test_check (gconstpointer fixture)
{
  g_auto (Made) made = { 0 };
  g_autoptr (GPtrArray) log = NULL;
  g_autoptr (DomuimgReport) good = NULL;

  made_init (&made, fixture, MADE_MODULES);
  put_more (made.guest.machine->tree);
  good = check (&made, NULL, &log);
  g_assert_true (domuimg_report_check_read (good, "web1", NULL));
  if (g_str_equal (fixture, SYSTEMD))
    g_assert_cmpint (domuimg_report_get_verdict (good), ==, DOMUIMG_VERDICT_BOOTS);
  g_assert_cmpuint (log->len, >, 20);
  for (guint i = 0; i < log->len; i++)
    {
      const char *what = g_ptr_array_index (log, i);
      g_autofree char *path = g_strconcat ("/", strchr (what, ' ') + 1, NULL);
      g_autoptr (DomuimgReport) report = check (&made, what, NULL);

      if (is_doubted (report, good) && names (report, path) && is_told_to_its_maker (report))
        continue;
      g_test_message ("%s fails with an I/O error: %s", what,
                      domuimg_verdict_to_string (domuimg_report_get_verdict (report)));
      g_test_fail ();
    }
}

/* The whole guest, as a build makes it: no fault may go unseen. */
static gboolean
customise (const char *fixture, const char *broken, GPtrArray **log)
{
  g_autoptr (DomuimgTree) whole = guest_load (fixture);
  g_autoptr (DomuimgTree) faulty = faulty_tree_new (whole);
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GError) error = NULL;
  gboolean ok;

  faulty_tree_break (FAULTY_TREE (faulty), broken);
  ok = domuimg_customise_run (want, faulty, NULL, NULL, &error);
  g_assert_true (ok == (error == NULL));
  if (log != NULL)
    *log = g_ptr_array_ref (faulty_tree_get_log (FAULTY_TREE (faulty)));
  g_clear_error (&error);
  ok = ok && domuimg_tree_check_faults (faulty, &error);
  g_assert_true (ok || broken != NULL);
  return ok;
}

static void
test_customise (gconstpointer fixture)
{
  g_autoptr (GPtrArray) log = NULL;

  g_assert_true (customise (fixture, NULL, &log));
  g_assert_cmpuint (log->len, >, 20);
  for (guint i = 0; i < log->len; i++)
    if (customise (fixture, g_ptr_array_index (log, i), NULL))
      {
        g_test_message ("%s fails, and nobody says so", (char *) g_ptr_array_index (log, i));
        g_test_fail ();
      }
}

static void
test_faults (void)
{
  g_autoptr (DomuimgTree) inner = guest_load (SYSTEMD);
  g_autoptr (DomuimgTree) tree = faulty_tree_new (inner);
  g_autoptr (GError) error = NULL;

  /* What is not there is no fault, nor is a link in a circle: the guest finds them so, too. */
  g_assert_false (domuimg_tree_exists (tree, "/etc/gone/file"));
  tree_edit (inner, "/etc/circle", "->circle");
  g_assert_false (domuimg_tree_exists (tree, "/etc/circle"));
  g_assert_true (domuimg_tree_check_faults (tree, &error));
  faulty_tree_break (FAULTY_TREE (tree), "stat etc");
  g_assert_false (domuimg_tree_is_dir (tree, "/etc"));
  g_assert_false (domuimg_tree_check_faults (tree, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
  g_assert_cmpstr (error->message, ==, "/etc cannot be read: a sector: Input/output error");
}

static void
test_what_is_too_large_is_unread (void)
{
  g_autoptr (DomuimgTree) tree = guest_load (SYSTEMD);
  g_autofree char *text = g_strnfill (5 << 20, '#');
  g_autoptr (GError) error = NULL;

  tree_edit (tree, "/etc/fstab", text);
  g_assert_null (domuimg_tree_read_text (tree, "/etc/fstab", NULL));
  g_assert_false (domuimg_tree_check_faults (tree, &error));
  g_assert_nonnull (strstr (error->message, "/etc/fstab is too large"));
}

int
main (int argc, char **argv)
{
  static const char *const fixtures[] = { SYSTEMD, SYSVINIT, UPSTART, BUSYBOX };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
    {
      g_autofree char *checked = g_strconcat ("/unreadable/check/", fixtures[i], NULL);
      g_autofree char *customised = g_strconcat ("/unreadable/customise/", fixtures[i], NULL);

      g_test_add_data_func (checked, fixtures[i], test_check);
      g_test_add_data_func (customised, fixtures[i], test_customise);
    }
  g_test_add_func ("/unreadable/faults", test_faults);
  g_test_add_func ("/unreadable/too-large", test_what_is_too_large_is_unread);
  return g_test_run ();
}
