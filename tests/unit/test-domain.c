/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "domuimg/error.h"
#include "lib/base/name.h"
#include "lib/domain/model/identity.h"
#include "tests/unit/domain-fixtures.h"

static void
test_names (void)
{
  static const char *const good[] = { "web1", "a", "_x", "9lives", "db-2.example+b:c@d" };
  static const char *const bad[]
      = { "", "a/b", "42", "a b", "-x", ".x", "a\nb", "ä", "Domain-0", "a\"b", "a,b", "\xff" };
  g_autofree char *longest = g_strnfill (128, 'a');
  g_autofree char *too_long = g_strnfill (129, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgDomain) domain = domuimg_domain_new (good[i], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (domuimg_domain_get_name (domain), ==, good[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_domain_new (bad[i], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
      g_assert_true (g_str_has_prefix (error->message, "name"));
    }
  g_assert_true (domuimg_name_check (longest, NULL));
  g_assert_false (domuimg_name_check (too_long, NULL));
}

static void
test_random_macs_are_xens_and_differ (void)
{
  g_autofree char *one = domuimg_mac_new_random ();
  g_autofree char *two = domuimg_mac_new_random ();
  g_autofree char *read = domuimg_mac_parse (one, NULL);

  g_assert_true (g_str_has_prefix (one, "00:16:3e:"));
  g_assert_cmpstr (one, ==, read);
  g_assert_cmpstr (one, !=, two);
}

static void
test_seeded_identities_repeat (void)
{
  g_autofree char *mac = domuimg_mac_new_from_seed ("web1/0");
  g_autofree char *again = domuimg_mac_new_from_seed ("web1/0");
  g_autofree char *other = domuimg_mac_new_from_seed ("web1/1");
  g_autofree char *uuid = domuimg_uuid_new_from_seed ("web1");
  g_autofree char *read = domuimg_uuid_parse (uuid, NULL);

  g_assert_cmpstr (mac, ==, again);
  g_assert_cmpstr (mac, !=, other);
  /* Python: uuid.uuid5 (uuid.uuid5 (uuid.NAMESPACE_DNS, "libdomuimg"), "web1") */
  g_assert_cmpstr (uuid, ==, "cd627e52-1aae-5469-bbc2-3f78b635bf1a");
  g_assert_cmpstr (read, ==, uuid);
}

static void
test_mac_syntax (void)
{
  static const char *const bad[]
      = { "",
          "00:16:3e:12:34",
          "00:16:3e:12:34:5",
          "00:16:3e:12:34:56:78",
          "00:16:3e:12-34:56",
          "00:16:3e:12:34:5g",
          "0016.3e12.3456",
          "01:16:3e:12:34:56",
          "ff:ff:ff:ff:ff:ff",
          "00:00:00:00:00:00",
          " 00:16:3e:12:34:56",
          "00:16:3e:12:34:56\n" };
  g_autofree char *colons = domuimg_mac_parse ("00:16:3E:Ab:34:56", NULL);
  g_autofree char *dashes = domuimg_mac_parse ("00-16-3e-ab-34-56", NULL);

  g_assert_cmpstr (colons, ==, "00:16:3e:ab:34:56");
  g_assert_cmpstr (dashes, ==, "00:16:3e:ab:34:56");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_mac_parse (bad[i], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_uuid_syntax (void)
{
  static const char *const bad[] = { "", "web1", "6f6d75e5-3c31-4e1f-9a60-21d0b5a3d6c",
                                     "6f6d75e53c314e1f9a6021d0b5a3d6c1",
                                     "00000000-0000-0000-0000-000000000000",
                                     "{6f6d75e5-3c31-4e1f-9a60-21d0b5a3d6c1}" };
  g_autofree char *upper = domuimg_uuid_parse ("6F6D75E5-3C31-4E1F-9A60-21D0B5A3D6C1", NULL);

  g_assert_cmpstr (upper, ==, "6f6d75e5-3c31-4e1f-9a60-21d0b5a3d6c1");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_uuid_parse (bad[i], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

static void
assert_valid (DomuimgDomain *domain)
{
  g_autoptr (GError) error = NULL;

  domuimg_domain_validate (domain, &error);
  g_assert_no_error (error);
}

/* Refused, with a message that begins with what is wrong. */
static void
assert_invalid (DomuimgDomain *domain, const char *what)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_domain_validate (domain, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  if (!g_str_has_prefix (error->message, what))
    g_error ("\"%s\" does not begin with \"%s\"", error->message, what);
}

static void
test_fixtures_are_valid (void)
{
  g_autoptr (DomuimgDomain) pv = fixture_pv ();
  g_autoptr (DomuimgDomain) pvh = fixture_pvh ();
  g_autoptr (DomuimgDomain) hvm = fixture_hvm ();
  g_autoptr (DomuimgDomain) bootloader = fixture_bootloader ();

  assert_valid (pv);
  assert_valid (pvh);
  assert_valid (hvm);
  assert_valid (bootloader);
}

static void
test_defaults_come_back_when_cleared (void)
{
  g_autoptr (DomuimgDomain) domain = fixture_pvh ();

  domuimg_domain_set_on_crash (domain, NULL);
  g_assert_cmpstr (domuimg_domain_get_on_crash (domain), ==, "destroy");
  domuimg_domain_set_cmdline (domain, "");
  g_assert_null (domuimg_domain_get_cmdline (domain));
  domuimg_domain_set_uuid (domain, NULL);
  assert_valid (domain);
}

static void
test_sizes (void)
{
  g_autoptr (DomuimgDomain) domain = fixture_pv ();

  domuimg_domain_set_memory (domain, 0);
  assert_invalid (domain, "memory:");
  domuimg_domain_set_memory (domain, 512);
  domuimg_domain_set_maxmem (domain, 511);
  assert_invalid (domain, "maxmem:");
  domuimg_domain_set_maxmem (domain, 512);
  assert_valid (domain);
  domuimg_domain_set_vcpus (domain, 0);
  assert_invalid (domain, "vcpus:");
  domuimg_domain_set_vcpus (domain, 2);
  domuimg_domain_set_maxvcpus (domain, 1);
  assert_invalid (domain, "maxvcpus:");
}

static void
test_type_and_kernel_belong_together (void)
{
  g_autoptr (DomuimgDomain) domain = fixture_pv ();

  domuimg_domain_set_guest_type (domain, DOMUIMG_GUEST_TYPE_AUTO);
  assert_invalid (domain, "type:");
  domuimg_domain_set_guest_type (domain, DOMUIMG_GUEST_TYPE_PVH);
  domuimg_domain_set_ramdisk (domain, NULL);
  domuimg_domain_set_kernel (domain, NULL);
  assert_invalid (domain, "kernel: a pvh guest needs a kernel or a bootloader");
  domuimg_domain_set_firmware (domain, "pvgrub64");
  assert_valid (domain);
  domuimg_domain_set_kernel (domain, "/boot/vmlinuz");
  assert_invalid (domain, "firmware \"pvgrub64\"");
  domuimg_domain_set_firmware (domain, "uefi");
  assert_invalid (domain, "firmware \"uefi\"");
  domuimg_domain_set_firmware (domain, NULL);
  domuimg_domain_set_bootloader (domain, "pygrub");
  assert_invalid (domain, "bootloader \"pygrub\"");
  domuimg_domain_set_kernel (domain, NULL);
  assert_valid (domain);
  domuimg_domain_set_guest_type (domain, DOMUIMG_GUEST_TYPE_HVM);
  assert_invalid (domain, "bootloader \"pygrub\"");
  domuimg_domain_set_bootloader (domain, NULL);
  assert_valid (domain);
  domuimg_domain_set_ramdisk (domain, "/boot/initrd.img");
  assert_invalid (domain, "ramdisk");
}

static void
test_texts_are_one_line_and_paths_absolute (void)
{
  g_autoptr (DomuimgDomain) domain = fixture_pv ();

  domuimg_domain_set_cmdline (domain, "quiet\nkernel = \"/etc/passwd\"");
  assert_invalid (domain, "cmdline:");
  domuimg_domain_set_cmdline (domain, "\xff\xfe");
  assert_invalid (domain, "cmdline:");
  domuimg_domain_set_cmdline (domain, NULL);
  domuimg_domain_set_kernel (domain, "vmlinuz");
  assert_invalid (domain, "kernel \"vmlinuz\": must be an absolute path");
}

static void
test_actions (void)
{
  g_autoptr (DomuimgDomain) domain = fixture_pv ();

  domuimg_domain_set_on_reboot (domain, "rename-restart");
  assert_valid (domain);
  domuimg_domain_set_on_reboot (domain, "reboot");
  assert_invalid (domain, "on_reboot \"reboot\": is not one of destroy, restart,");
}

static void
add_disk (DomuimgDomain *domain, const char *target, const char *vdev)
{
  g_autoptr (DomuimgDomainDisk) disk = domuimg_domain_disk_new (target, vdev);

  domuimg_domain_add_disk (domain, disk);
}

static void
test_vdev_names (void)
{
  static const char *const good[]
      = { "xvda", "xvda1", "xvdz", "xvdaa", "xvda255", "sda", "sdp15", "hda", "hdd63" };
  static const char *const bad[]
      = { "", "xvd", "xvda0", "xvda01", "xvda256", "sdq", "sda16", "hde", "hda64", "vda", "XVDA",
          "/dev/xvda", "xvda,", "xvd1", "xvda1x", "xvdzzzzzzzzzz", "51712", "xvda\n" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (DomuimgDomain) domain = fixture_bootloader ();

      g_ptr_array_set_size (domuimg_domain_get_disks (domain), 0);
      add_disk (domain, "/d", good[i]);
      assert_valid (domain);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (DomuimgDomain) domain = fixture_bootloader ();

      add_disk (domain, "/d", bad[i]);
      assert_invalid (domain, "disk");
    }
}

static void
test_disks (void)
{
  g_autoptr (DomuimgDomain) twice = fixture_pv ();
  g_autoptr (DomuimgDomain) empty = fixture_pv ();
  g_autoptr (DomuimgDomain) relative = fixture_pv ();
  g_autoptr (DomuimgDomain) format = fixture_pv ();
  g_autoptr (DomuimgDomain) partition = fixture_hvm ();

  add_disk (twice, "/other", "xvda");
  assert_invalid (twice, "disk xvda: two disks");
  add_disk (empty, NULL, "xvdb");
  assert_invalid (empty, "disk xvdb: has no target");
  add_disk (relative, "web1.img", "xvdb");
  assert_invalid (relative, "disk xvdb \"web1.img\"");
  domuimg_domain_disk_set_format (g_ptr_array_index (domuimg_domain_get_disks (format), 0),
                                  "vmdk");
  assert_invalid (format, "disk xvda \"vmdk\"");
  g_ptr_array_set_size (domuimg_domain_get_disks (partition), 0);
  add_disk (partition, "/d", "xvda1");
  assert_invalid (partition, "disk xvda1: firmware cannot boot");
}

static void
test_nics (void)
{
  g_autoptr (DomuimgDomain) twice = fixture_pv ();
  g_autoptr (DomuimgDomain) domain = fixture_pv ();
  g_autoptr (DomuimgDomainNic) same = domuimg_domain_nic_new ("00-16-3e-12-34-56");
  g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new (NULL);

  domuimg_domain_add_nic (twice, same);
  assert_invalid (twice, "mac \"00:16:3e:12:34:56\": two interfaces");
  domuimg_domain_add_nic (domain, nic);
  assert_valid (domain);
  domuimg_domain_nic_set_bridge (nic, "xenbr0,script=/tmp/evil");
  assert_invalid (domain, "vif bridge");
  domuimg_domain_nic_set_bridge (nic, NULL);
  domuimg_domain_nic_set_vifname (nic, "sixteen-letters-");
  assert_invalid (domain, "vif vifname");
  domuimg_domain_nic_set_vifname (nic, NULL);
  domuimg_domain_nic_set_rate (nic, "10 Mbit");
  assert_invalid (domain, "vif rate");
  domuimg_domain_nic_set_rate (nic, NULL);
  domuimg_domain_nic_set_ip (nic, "192.0.2.1,script=x");
  assert_invalid (domain, "vif ip");
}

static void
test_graphics (void)
{
  g_autoptr (DomuimgDomain) pv = fixture_pv ();

  domuimg_domain_set_graphics (pv, DOMUIMG_GRAPHICS_SPICE, NULL, 6000);
  assert_invalid (pv, "graphics: only an HVM guest");
  domuimg_domain_set_graphics (pv, DOMUIMG_GRAPHICS_VNC, "localhost,x=1", 0);
  assert_invalid (pv, "graphics: \"localhost,x=1\"");
  domuimg_domain_set_graphics (pv, DOMUIMG_GRAPHICS_VNC, "::1", 0);
  assert_invalid (pv, "graphics: VNC cannot listen on \"::1\"");
  domuimg_domain_set_graphics (pv, DOMUIMG_GRAPHICS_VNC, "127.0.0.1", 1);
  assert_invalid (pv, "graphics: VNC port 1");
  domuimg_domain_set_graphics (pv, DOMUIMG_GRAPHICS_VNC, "127.0.0.1", 65536);
  assert_invalid (pv, "graphics: there is no TCP port");
}

static void
test_extra_keys (void)
{
  static const struct {
    const char *key;
    const char *value;
    gboolean valid;
  } cases[] = {
    { "tsc_mode", "\"native\"", TRUE },
    { "nestedhvm", "1", TRUE },
    { "cpus", "[ \"0\", '1' , ]", TRUE },
    { "vnuma", "[ [ \"pnode=0\", \"size=1\" ], [ ] ]", TRUE },
    { "tsc_mode", "native", FALSE },
    { "tsc_mode", "\"native", FALSE },
    { "tsc_mode", "\"a\" \"b\"", FALSE },
    { "tsc_mode", "1; kernel = \"/x\"", FALSE },
    { "tsc_mode", "1 # no", FALSE },
    { "tsc_mode", "1\nkernel = \"/x\"", FALSE },
    { "tsc_mode", "\"\\x41\"", FALSE },
    { "tsc_mode", "", FALSE },
    { "tsc_mode", "[ , ]", FALSE },
    { "tsc_mode", "-1", FALSE },
    { "Tsc_mode", "1", FALSE },
    { "tsc mode", "1", FALSE },
    { "1", "1", FALSE },
    { "kernel", "\"/x\"", FALSE },
    { "extra", "\"quiet\"", FALSE },
    { "builder", "\"hvm\"", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgDomain) domain = fixture_pv ();

      domuimg_domain_add_extra (domain, cases[i].key, cases[i].value);
      g_test_message ("%s = %s", cases[i].key, cases[i].value);
      if (cases[i].valid)
        assert_valid (domain);
      else
        g_assert_false (domuimg_domain_validate (domain, NULL));
    }

  g_autoptr (DomuimgDomain) twice = fixture_pvh ();
  domuimg_domain_add_extra (twice, "cpu_weight", "1");
  assert_invalid (twice, "extra key \"cpu_weight\": is given twice");

  g_autoptr (DomuimgDomain) domain = fixture_pvh ();
  g_auto (GStrv) keys = domuimg_domain_list_extra (domain);
  g_assert_cmpuint (g_strv_length (keys), ==, 2);
  g_assert_cmpstr (keys[0], ==, "tsc_mode");
  g_assert_cmpstr (domuimg_domain_get_extra (domain, "tsc_mode"), ==, "\"native\"");
  g_assert_null (domuimg_domain_get_extra (domain, "nestedhvm"));
}

static void
test_deep_lists_are_refused (void)
{
  g_autoptr (DomuimgDomain) domain = fixture_pv ();
  g_autofree char *deep = g_strnfill (100000, '[');

  domuimg_domain_add_extra (domain, "vnuma", deep);
  assert_invalid (domain, "extra key \"vnuma\"");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/domain/names", test_names);
  g_test_add_func ("/domain/random-macs-are-xens-and-differ",
                   test_random_macs_are_xens_and_differ);
  g_test_add_func ("/domain/seeded-identities-repeat", test_seeded_identities_repeat);
  g_test_add_func ("/domain/mac-syntax", test_mac_syntax);
  g_test_add_func ("/domain/uuid-syntax", test_uuid_syntax);
  g_test_add_func ("/domain/fixtures-are-valid", test_fixtures_are_valid);
  g_test_add_func ("/domain/defaults-come-back-when-cleared",
                   test_defaults_come_back_when_cleared);
  g_test_add_func ("/domain/sizes", test_sizes);
  g_test_add_func ("/domain/type-and-kernel-belong-together",
                   test_type_and_kernel_belong_together);
  g_test_add_func ("/domain/texts-are-one-line-and-paths-absolute",
                   test_texts_are_one_line_and_paths_absolute);
  g_test_add_func ("/domain/actions", test_actions);
  g_test_add_func ("/domain/vdev-names", test_vdev_names);
  g_test_add_func ("/domain/disks", test_disks);
  g_test_add_func ("/domain/nics", test_nics);
  g_test_add_func ("/domain/graphics", test_graphics);
  g_test_add_func ("/domain/extra-keys", test_extra_keys);
  g_test_add_func ("/domain/deep-lists-are-refused", test_deep_lists_are_refused);
  return g_test_run ();
}
