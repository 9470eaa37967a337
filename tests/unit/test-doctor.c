/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/base/remove.h"
#include "lib/host/doctor.h"

typedef struct {
  char *root;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("domuimg-doctor-XXXXXX", NULL);
  g_assert_nonnull (fixture->root);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  domuimg_remove_tree (fixture->root);
  g_free (fixture->root);
}

static void
put (Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *full = g_strconcat (fixture->root, path, NULL);
  g_autofree char *directory = g_path_get_dirname (full);
  GError *error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_file_set_contents_full (full, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0755, &error);
  g_assert_no_error (error);
}

static void
put_dom0 (Fixture *fixture)
{
  put (fixture, "/sys/hypervisor/type", "xen\n");
  put (fixture, "/sys/hypervisor/version/major", "4\n");
  put (fixture, "/sys/hypervisor/version/minor", "17\n");
  put (fixture, "/sys/hypervisor/version/extra", ".3\n");
  put (fixture, "/sys/hypervisor/properties/capabilities",
       "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_64 \n");
  put (fixture, "/proc/xen/capabilities", "control_d\n");
}

static DomuimgFinding *
find (GPtrArray *findings, const char *id)
{
  for (guint i = 0; i < findings->len; i++)
    if (g_str_equal (domuimg_finding_get_id (g_ptr_array_index (findings, i)), id))
      return g_ptr_array_index (findings, i);
  return NULL;
}

static GPtrArray *
examine (DomuimgDoctor *doctor)
{
  GError *error = NULL;
  GPtrArray *findings = domuimg_doctor_examine (doctor, NULL, &error);

  g_assert_no_error (error);
  return findings;
}

static void
assert_finding (GPtrArray *findings, const char *id, gboolean there, DomuimgSeverity severity,
                const char *words)
{
  DomuimgFinding *one = find (findings, id);

  g_test_message ("%s", id);
  g_assert_nonnull (one);
  g_assert_cmpint (!domuimg_finding_get_is_fault (one), ==, there);
  g_assert_cmpint (domuimg_finding_get_severity (one), ==, severity);
  g_assert_nonnull (strstr (domuimg_finding_get_message (one), words));
  g_assert_cmpstr (domuimg_finding_get_purpose (one), !=, NULL);
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DomuimgDoctor) doctor = domuimg_doctor_new_for_root (fixture->root);
  g_autoptr (GPtrArray) findings = examine (doctor);
  g_autofree char *text = domuimg_doctor_to_text (doctor);

  g_assert_false (domuimg_doctor_get_is_xen (doctor));
  g_assert_null (domuimg_doctor_get_xen_version (doctor));
  assert_finding (findings, "xen-running", FALSE, DOMUIMG_SEVERITY_WARNING, "not a Xen host");
  assert_finding (findings, "program-mke2fs", FALSE, DOMUIMG_SEVERITY_ERROR, "not installed");
  assert_finding (findings, "tool-xl", FALSE, DOMUIMG_SEVERITY_INFO, "not installed");
  g_assert_null (find (findings, "tool-xenstore"));
  g_assert_nonnull (strstr (text, "Debian's package is e2fsprogs"));
}

static void
test_domu (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DomuimgDoctor) doctor = NULL;
  g_autoptr (GPtrArray) findings = NULL;

  put_dom0 (fixture);
  put (fixture, "/proc/xen/capabilities", "");
  doctor = domuimg_doctor_new_for_root (fixture->root);
  findings = examine (doctor);
  g_assert_false (domuimg_doctor_get_is_xen (doctor));
  g_assert_cmpstr (domuimg_doctor_get_xen_version (doctor), ==, "4.17.3");
  assert_finding (findings, "xen-running", FALSE, DOMUIMG_SEVERITY_WARNING, "guest of Xen 4.17.3");
}

static void
test_bare_dom0 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DomuimgDoctor) doctor = NULL;
  g_autoptr (GPtrArray) findings = NULL;

  put_dom0 (fixture);
  put (fixture, "/etc/debian_version", "12\n");
  doctor = domuimg_doctor_new_for_root (fixture->root);
  findings = examine (doctor);
  g_assert_true (domuimg_doctor_get_is_xen (doctor));
  assert_finding (findings, "xen-running", TRUE, DOMUIMG_SEVERITY_INFO, "4.17.3");
  assert_finding (findings, "xen-hvm", TRUE, DOMUIMG_SEVERITY_INFO, "PVH");
  assert_finding (findings, "tool-xl", FALSE, DOMUIMG_SEVERITY_ERROR, "not installed");
  assert_finding (findings, "tool-xenstore", FALSE, DOMUIMG_SEVERITY_ERROR, "does not run");
  assert_finding (findings, "network-bridge", FALSE, DOMUIMG_SEVERITY_WARNING, "no bridge");
  g_assert_cmpstr (domuimg_finding_get_remedy (find (findings, "loader-ovmf")), ==,
                   "apt install ovmf");
}

/* Without xenfs, the hypervisor's features tell dom0. */
static void
test_no_xenfs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DomuimgDoctor) doctor = NULL;
  g_autofree char *path = g_strconcat (fixture->root, "/proc/xen/capabilities", NULL);

  put_dom0 (fixture);
  put (fixture, "/sys/hypervisor/properties/features", "000228f0\n");
  g_assert_cmpint (g_unlink (path), ==, 0);
  doctor = domuimg_doctor_new_for_root (fixture->root);
  g_assert_true (domuimg_doctor_get_is_xen (doctor));
}

static void
test_full_dom0 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DomuimgDoctor) doctor = NULL;
  g_autoptr (GPtrArray) findings = NULL;

  put_dom0 (fixture);
  put (fixture, "/usr/sbin/xl", "");
  put (fixture, "/usr/lib/xen-4.17/bin/xl", "");
  put (fixture, "/usr/lib/xen-4.17/bin/pygrub", "");
  put (fixture, "/usr/sbin/mke2fs", "");
  put (fixture, "/run/xenstored/socket", "");
  put (fixture, "/run/xen/xenconsoled.pid", "");
  put (fixture, "/etc/xen/scripts/vif-bridge", "");
  put (fixture, "/etc/xen/xl.conf", "#vif.default.bridge=\"no\"\nvif.default.bridge=\"br1\"\n");
  put (fixture, "/sys/class/net/br1/bridge/bridge_id", "");
  put (fixture, "/sys/class/net/br0/bridge/bridge_id", "");
  put (fixture, "/sys/class/net/lo/type", "");
  doctor = domuimg_doctor_new_for_root (fixture->root);
  findings = examine (doctor);
  assert_finding (findings, "tool-xl", TRUE, DOMUIMG_SEVERITY_INFO, "installed");
  assert_finding (findings, "tool-xenstore", TRUE, DOMUIMG_SEVERITY_INFO, "runs");
  assert_finding (findings, "network-bridge", TRUE, DOMUIMG_SEVERITY_INFO, "br0, br1");
  assert_finding (findings, "network-default-bridge", TRUE, DOMUIMG_SEVERITY_INFO, "br1");
  assert_finding (findings, "loader-pygrub", TRUE, DOMUIMG_SEVERITY_INFO,
                  "/usr/lib/xen-4.17/bin/pygrub");
  assert_finding (findings, "program-mke2fs", TRUE, DOMUIMG_SEVERITY_INFO, "/usr/sbin/mke2fs");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add ("/doctor/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  ADD (empty);
  ADD (domu);
  ADD (bare_dom0);
  ADD (no_xenfs);
  ADD (full_dom0);
  return g_test_run ();
}
