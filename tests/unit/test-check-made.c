/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that was just made is checked by what is open of it, without its files. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/unit/kernel-fixtures.h"
#include "tests/unit/made-fixtures.h"

static char *
find (const Made *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgReport) report = domuimg_check_run_on (&self->made, NULL, &error);
  g_autoptr (GString) text = g_string_new (NULL);
  GPtrArray *findings;

  g_assert_no_error (error);
  g_string_append (text, domuimg_verdict_to_string (domuimg_report_get_verdict (report)));
  findings = domuimg_report_get_findings (report);
  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (domuimg_finding_get_severity (finding) == DOMUIMG_SEVERITY_ERROR)
        g_string_append_printf (text, " %s", domuimg_finding_get_id (finding));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_nothing_is_read_from_files (void)
{
  g_auto (Made) made = { 0 };
  g_autofree char *found = NULL;

  made_init (&made, SYSTEMD, MADE_MODULES);
  found = find (&made);
  g_assert_cmpstr (found, ==, "boots");
  /* What was handed over is still the caller's. */
  g_assert_true (domuimg_initramfs_has_module (made.initramfs, "xen-blkfront"));
  g_assert_nonnull (((DomuimgDevice *) made.made.devices->pdata[0])->tree);
}

static void
test_faults_are_found (void)
{
  g_auto (Made) made = { 0 };
  g_autofree char *no_driver = NULL;
  g_autofree char *no_init = NULL;
  g_autofree char *no_kernel = NULL;

  made_init (&made, SYSTEMD, "kernel/fs/xfs/xfs.ko\n");
  no_driver = find (&made);
  g_assert_cmpstr (no_driver, ==, "fails initramfs-driver");
  tree_edit (made.guest.machine->tree, "/sbin/init", "");
  tree_edit (made.guest.machine->tree, GUEST_INIT, "");
  no_init = find (&made);
  g_assert_cmpstr (no_init, ==, "fails initramfs-driver init-missing");
  made.made.kernel = NULL;
  no_kernel = find (&made);
  g_assert_cmpstr (no_kernel, ==, "fails kernel-missing init-missing");
}

/* A file that has its name later is read where it is now, and called by its name. */
static void
test_files_have_places (void)
{
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *now = g_build_filename (directory, "k", NULL);
  g_autoptr (GHashTable) places = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GBytes) bytes = bzimage_of_linux (MADE_VERSION, TRUE, FALSE);
  g_autoptr (DomuimgReport) report = NULL;
  g_auto (Made) made = { 0 };
  DomuimgFinding *finding;

  made_init (&made, SYSTEMD, MADE_MODULES);
  g_assert_true (g_file_set_contents (now, g_bytes_get_data (bytes, NULL),
                                      g_bytes_get_size (bytes), NULL));
  g_hash_table_insert (places, (gpointer) MADE_KERNEL, now);
  made.made.places = places;
  made.made.kernel = NULL;
  report = domuimg_check_run_on (&made.made, NULL, NULL);
  finding = g_ptr_array_index (domuimg_report_get_findings (report), 0);
  g_assert_cmpstr (domuimg_finding_get_id (finding), ==, "kernel-type");
  g_assert_cmpstr (domuimg_finding_get_evidence (finding), ==, MADE_KERNEL);
  g_assert_cmpint (g_unlink (now), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* What a check of the file would say later is said now, with the same repairs. */
static void
test_its_configuration_is_judged (void)
{
  g_autofree char *written = NULL;
  g_autofree char *config = NULL;
  g_autoptr (DomuimgReport) report = NULL;
  g_auto (Made) made = { 0 };
  GPtrArray *findings;

  made_init (&made, SYSTEMD, MADE_MODULES);
  domuimg_domain_set_cmdline (made.domain, "root=/dev/xvdz9 ro console=hvc0");
  written = domuimg_domain_to_xl_cfg (made.domain, NULL);
  config = g_strconcat (written, "memroy = 12\n", NULL);
  made.made.config = config;
  made.made.config_path = "/srv/web1.cfg";
  report = domuimg_check_run_on (&made.made, NULL, NULL);
  findings = domuimg_report_get_findings (report);
  g_assert_cmpuint (findings->len, ==, 2);
  g_assert_cmpstr (domuimg_finding_get_id (findings->pdata[0]), ==, "config-unknown-key");
  g_assert_true (
      g_str_has_prefix (domuimg_finding_get_evidence (findings->pdata[0]), "/srv/web1.cfg:"));
  g_assert_cmpstr (domuimg_finding_get_id (findings->pdata[1]), ==, "root-device");
  g_assert_true (domuimg_finding_get_fixable (findings->pdata[1]));
}

static void
test_it_can_be_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_auto (Made) made = { 0 };

  made_init (&made, SYSTEMD, "");
  g_cancellable_cancel (cancellable);
  g_assert_null (domuimg_check_run_on (&made.made, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-made/nothing-is-read-from-files", test_nothing_is_read_from_files);
  g_test_add_func ("/check-made/faults-are-found", test_faults_are_found);
  g_test_add_func ("/check-made/files-have-places", test_files_have_places);
  g_test_add_func ("/check-made/its-configuration-is-judged", test_its_configuration_is_judged);
  g_test_add_func ("/check-made/it-can-be-cancelled", test_it_can_be_cancelled);
  return g_test_run ();
}
