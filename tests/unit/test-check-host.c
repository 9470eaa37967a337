/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "lib/base/remove.h"
#include "lib/check/rules.h"
#include "lib/host/doctor.h"
#include "tests/unit/check-fixtures.h"

/* What a guest wants of its host, by that one's profile. */

#define PROFILE "{\"xen_version\":\"4.18.1\",\"host\":{\"cpus\":4,\"memory\":4294967296,"             \
  "\"default_bridge\":\"br0\",\"types\":[\"pv\",\"hvm\"],\"bridges\":[\"br0\"],"                       \
  "\"interfaces\":[\"eth0\",\"br0\",\"ovs0\"],\"scripts\":[\"vif-bridge\",\"vif-openvswitch\","        \
  "\"block\"],\"files\":[\"/usr/lib/xen-4.18/boot/hvmloader\","                                       \
  "\"/usr/lib/xen-4.18/bin/pygrub\",\"/usr/share/seabios/bios-256k.bin\","                             \
  "\"/usr/libexec/xen-qemu-system-i386\"],\"domains\":[\"Domain-0\",\"net\"],"                         \
  "\"pools\":[\"Pool-0\"],\"pci\":[\"0000:03:00.0\",\"0000:04:00.0\",\"0000:0a:00.0\"],"               \
  "\"pci_assignable\":[\"0000:03:00.0\",\"0000:0a:00.0\"]}}"
#define OPENVSWITCH "{\"host\":{\"default_script\":\"vif-openvswitch\",\"bridges\":[],"                  \
  "\"interfaces\":[\"ovs0\"],\"scripts\":[\"vif-bridge\",\"vif-openvswitch\"]}}"
#define DRIVER_DOMAIN "{\"host\":{\"default_backend\":\"net\",\"bridges\":[],\"scripts\":[]}}"
#define ELSEWHERE "{\"host\":{\"files\":[\"/usr/bin/pygrub\"]}}"

static DomuimgProfile *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  DomuimgProfile *profile = domuimg_profile_parse (text, strlen (text), "host.json", &error);

  g_assert_no_error (error);
  return profile;
}

/* "ID, ..." of a PV guest with @lines in its xl.cfg. */
static char *
find (const DomuimgProfile *profile, const char *lines)
{
  g_autoptr (DomuimgMachine) machine = domuimg_machine_new ();
  g_autofree char *text = g_strdup_printf ("name = \"web1\"\nmemory = 128\nkernel = \"/k\"\n%s", lines);
  g_autoptr (GString) found = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  GPtrArray *findings;

  machine->profile = profile;
  machine->domain = domuimg_domain_new_from_xl_cfg (text, "web1", &error);
  g_assert_no_error (error);
  machine->type = domuimg_domain_get_guest_type (machine->domain);
  domuimg_check_host (machine);
  findings = domuimg_report_get_findings (machine->report);
  for (guint i = 0; i < findings->len; i++)
    g_string_append_printf (found, "%s%s", i > 0 ? ", " : "",
                            domuimg_finding_get_id (findings->pdata[i]));
  return g_strdup (found->str);
}

static void
test_rules (void)
{
  static const struct {
    const char *lines, *found;
  } cases[] = {
    { "type = \"pv\"", "" },
    { "type = \"pvh\"", "host-type" },
    { "type = \"pv\"\nvif = [ \"\" ]", "" },
    { "type = \"pv\"\nvif = [ \"bridge=br0\" ]", "" },
    { "type = \"pv\"\nvif = [ \"bridge=xenbr0\" ]", "host-bridge" },
    { "type = \"pv\"\nvif = [ \"bridge=xenbr0,backend=net\" ]", "" },
    { "type = \"pv\"\nvif = [ \"backend=gone\" ]", "host-backend" },
    { "type = \"pv\"\nvif = [ \"backend=1\" ]", "host-unknown" },
    { "type = \"pv\"\nvif = [ \"script=vif-openvswitch,bridge=ovs0.10:20\" ]", "" },
    { "type = \"pv\"\nvif = [ \"script=vif-openvswitch,bridge=ovs1\" ]", "host-bridge" },
    { "type = \"pv\"\nvif = [ \"script=vif-gone,bridge=br0\" ]", "host-script" },
    { "type = \"pv\"\nvif = [ \"script=/etc/xen/scripts/vif-gone\" ]", "host-script" },
    { "type = \"pv\"\nvif = [ \"script=/opt/vif-mine\" ]", "host-unknown" },
    { "type = \"pv\"\nvif = [ \"vifname=web1-of-the-dmz\" ]", "" },
    { "type = \"pv\"\nvif = [ \"vifname=web1-of-the-dmz0\" ]", "config-interface-name" },
    { "type = \"pv\"\ndisk = [ \"format=raw,vdev=xvda,script=block-gone,target=x\" ]", "host-script" },
    { "type = \"pv\"\ndisk = [ \"format=raw,vdev=xvda,backend=store,target=/x\" ]", "host-backend" },
    { "type = \"pv\"\ndisk = [ \"/x,qcow2,xvda\" ]", "" },
    { "type = \"pv\"\ncpus = \"2-3\"", "" },
    { "type = \"pv\"\ncpus = \"3,9\"", "" },
    { "type = \"pv\"\ncpus = \"4\"", "host-cpus" },
    { "type = \"pv\"\ncpus = \"all,^4\"", "" },
    { "type = \"pv\"\nvcpus = 2\ncpus = [ \"1\", \"7\" ]", "host-cpus" },
    { "type = \"pv\"\nmemory = 4097", "host-memory" },
    { "type = \"pv\"\npool = \"Pool-0\"", "" },
    { "type = \"pv\"\npool = \"gone\"", "host-pool" },
    { "type = \"pv\"\npci = [ \"03:00.0\" ]", "" },
    { "type = \"pv\"\npci = [ \"0A:00.0\" ]", "" },
    { "type = \"pv\"\npci = [ \"0000:04:00.0\" ]", "host-pci" },
    { "type = \"pv\"\npci = [ \"0000:04:00.0,seize=1\" ]", "" },
    { "type = \"pv\"\npci = [ \"05:00.0\" ]", "host-pci" },
    { "type = \"hvm\"", "" },
    { "type = \"hvm\"\nvif = [ \"vifname=web1-dmz-00\" ]", "" },
    { "type = \"hvm\"\nvif = [ \"vifname=web1-dmz-000\" ]", "config-interface-name" },
    { "type = \"hvm\"\nvif = [ \"type=vif,vifname=web1-dmz-000\" ]", "" },
    { "type = \"hvm\"\nbios = \"ovmf\"", "host-firmware" },
    { "type = \"hvm\"\nfirmware = \"uefi\"\nbios_path_override = \"/o\"", "" },
    { "type = \"hvm\"\ndevice_model_version = \"qemu-xen-traditional\"", "host-device-model" },
    { "type = \"hvm\"\ndevice_model_version = \"qemu-xen\"", "" },
  };
  g_autoptr (DomuimgProfile) profile = parse (PROFILE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *found = find (profile, cases[i].lines);

      g_test_message ("%s", cases[i].lines);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

/* What a host's xl.conf says holds for a vif that says nothing; and a host that has Xen's files at a
 * place of its own is not one without them. */
static void
test_hosts_that_are_not_as_usual (void)
{
  static const struct {
    const char *profile, *lines, *found;
  } cases[] = {
    { OPENVSWITCH, "type = \"pv\"\nvif = [ \"bridge=ovs0\" ]", "" },
    { OPENVSWITCH, "type = \"pv\"\nvif = [ \"bridge=ovs1\" ]", "host-bridge" },
    { OPENVSWITCH, "type = \"pv\"\nvif = [ \"script=vif-bridge,bridge=ovs0\" ]", "host-bridge" },
    { DRIVER_DOMAIN, "type = \"pv\"\nvif = [ \"bridge=dmz\" ]", "" },
    { DRIVER_DOMAIN, "type = \"pv\"\nvif = [ \"bridge=dmz,backend=0\" ]", "host-script, host-bridge" },
    { ELSEWHERE, "type = \"hvm\"", "host-unknown" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgProfile) profile = parse (cases[i].profile);
      g_autofree char *found = find (profile, cases[i].lines);

      g_test_message ("%s", cases[i].lines);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

/* Of what no one has looked at, one line, and it decides nothing. */
static void
test_nothing_is_known (void)
{
  static const char *const lines
      = "type = \"hvm\"\nvif = [ \"bridge=dmz\", \"bridge=dmz\" ]\npool = \"p\"\ncpus = \"3\"";
  g_autoptr (DomuimgProfile) empty = parse ("{\"host\":{}}");
  g_autofree char *without = find (NULL, lines);
  g_autofree char *with = find (empty, lines);
  g_autofree char *plain = find (NULL, "type = \"pv\"");
  g_autoptr (DomuimgProfile) profile = parse (PROFILE);

  g_assert_cmpstr (without, ==, "host-unknown");
  g_assert_cmpstr (with, ==, "host-unknown");
  g_assert_cmpstr (plain, ==, "");
  g_assert_cmpint (profile->version.minor, ==, 18);
}

static void
put (const char *root, const char *path, const char *text)
{
  g_autofree char *full = g_strconcat (root, path, NULL);
  g_autofree char *directory = g_path_get_dirname (full);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_assert_true (g_file_set_contents (full, text, -1, NULL));
}

/* What doctor writes on a Xen host is a profile. */
static void
test_doctor (void)
{
  g_autofree char *root = g_dir_make_tmp ("domuimg-host-XXXXXX", NULL);
  g_autoptr (DomuimgDoctor) doctor = NULL;
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (DomuimgProfile) profile = NULL;
  g_autofree char *json = NULL;

  put (root, "/sys/hypervisor/type", "xen\n");
  put (root, "/sys/hypervisor/version/major", "4\n");
  put (root, "/sys/hypervisor/version/minor", "17\n");
  put (root, "/sys/hypervisor/properties/capabilities", "xen-3.0-x86_64 hvm-3.0-x86_64\n");
  put (root, "/proc/xen/capabilities", "control_d\n");
  put (root, "/sys/class/net/lan/bridge/bridge_id", "x");
  put (root, "/etc/xen/xl.conf", "vif.default.bridge = 'lan'\n#vif.default.script=\"x\"\n"
                                "vif.default.script=\"vif-route\"\n");
  put (root, "/etc/xen/scripts/vif-bridge", "x");
  put (root, "/usr/lib/xen-4.17/boot/hvmloader", "x");
  doctor = domuimg_doctor_new_for_root (root);
  findings = domuimg_doctor_examine (doctor, NULL, NULL);
  json = domuimg_doctor_to_json (doctor);
  profile = parse (json);
  g_assert_cmpint (profile->version.minor, ==, 17);
  g_assert_cmpstr (profile->default_bridge, ==, "lan");
  g_assert_cmpstr (profile->default_script, ==, "vif-route");
  g_assert_null (profile->default_backend);
  g_assert_true (domuimg_profile_has (profile, DOMUIMG_PROFILE_BRIDGES, "lan"));
  g_assert_true (domuimg_profile_has (profile, DOMUIMG_PROFILE_SCRIPTS, "vif-bridge"));
  g_assert_true (domuimg_profile_has (profile, DOMUIMG_PROFILE_TYPES, "pvh"));
  g_assert_true (domuimg_profile_has (profile, DOMUIMG_PROFILE_FILES,
                                      "/usr/lib/xen-4.17/boot/hvmloader"));
  g_assert_false (domuimg_profile_knows (profile, DOMUIMG_PROFILE_POOLS));
  domuimg_remove_tree (root);
}

static void
test_refused (void)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "..", "mustfail", "profile", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (dir);
  for (; (name = g_dir_read_name (dir)) != NULL; n++)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", name);
      g_assert_null (domuimg_profile_read (path, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
    }
  g_assert_cmpuint (n, >=, 9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-host/rules", test_rules);
  g_test_add_func ("/check-host/not-as-usual", test_hosts_that_are_not_as_usual);
  g_test_add_func ("/check-host/nothing-is-known", test_nothing_is_known);
  g_test_add_func ("/check-host/doctor", test_doctor);
  g_test_add_func ("/check-host/refused", test_refused);
  return g_test_run ();
}
