/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "domuimg/error.h"
#include "lib/domain/model/vdev.h"
#include "lib/domain/xl/file.h"
#include "tests/unit/domain-fixtures.h"
#include "tests/unit/judge-xlutil.h"

static DomuimgDomain *
read_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  DomuimgDomain *domain = domuimg_domain_new_from_xl_cfg (text, "t.cfg", &error);

  g_assert_no_error (error);
  return domain;
}

static char *
fixture_text (const char *name)
{
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "fixtures", "xl", name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static DomuimgDomainDisk *
disk_of (DomuimgDomain *domain, guint index)
{
  GPtrArray *disks = domuimg_domain_get_disks (domain);

  g_assert_cmpuint (index, <, disks->len);
  return g_ptr_array_index (disks, index);
}

static DomuimgDomainNic *
nic_of (DomuimgDomain *domain)
{
  GPtrArray *nics = domuimg_domain_get_nics (domain);

  g_assert_cmpuint (nics->len, ==, 1);
  return g_ptr_array_index (nics, 0);
}

static void
assert_comes_back (DomuimgDomain *domain)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = domuimg_domain_to_xl_cfg (domain, &error);
  g_autoptr (DomuimgDomain) again = NULL;
  g_autofree char *second = NULL;

  g_assert_no_error (error);
  again = read_text (text);
  second = domuimg_domain_to_xl_cfg (again, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (second, ==, text);
  g_assert_cmpint (domuimg_domain_get_graphics (again), ==, domuimg_domain_get_graphics (domain));
  g_assert_cmpstr (domuimg_domain_get_cmdline (again), ==, domuimg_domain_get_cmdline (domain));
  g_assert_cmpstr (domuimg_domain_get_serial (again), ==,
                   domuimg_domain_get_guest_type (domain) != DOMUIMG_GUEST_TYPE_HVM ? NULL : "pty");
}

static void
test_what_is_written_is_read (void)
{
  static const DomuimgGraphics graphics[] = { DOMUIMG_GRAPHICS_NONE, DOMUIMG_GRAPHICS_SDL,
                                              DOMUIMG_GRAPHICS_SPICE, DOMUIMG_GRAPHICS_VNC };
  DomuimgDomain *(*const make[]) (void)
      = { fixture_pv, fixture_pvh, fixture_hvm, fixture_bootloader };

  for (guint i = 0; i < G_N_ELEMENTS (make); i++)
    {
      g_autoptr (DomuimgDomain) domain = make[i]();

      assert_comes_back (domain);
      for (guint j = 0; j < G_N_ELEMENTS (graphics); j++)
        {
          if (graphics[j] == DOMUIMG_GRAPHICS_SPICE && make[i] != fixture_hvm)
            continue;
          domuimg_domain_set_graphics (domain, graphics[j], "192.0.2.1", 5905);
          assert_comes_back (domain);
        }
    }
}

static void
test_old_hvm (void)
{
  g_autofree char *text = fixture_text ("xm-style.cfg");
  g_autoptr (DomuimgDomain) domain = read_text (text);
  DomuimgDomainDisk *disk = disk_of (domain, 0), *cdrom = disk_of (domain, 1);

  g_assert_cmpint (domuimg_domain_get_guest_type (domain), ==, DOMUIMG_GUEST_TYPE_HVM);
  g_assert_null (domuimg_domain_get_kernel (domain));
  g_assert_cmpuint (domuimg_domain_get_memory (domain), ==, 512);
  g_assert_cmpstr (domuimg_domain_disk_get_target (disk), ==, "/srv/xen/old.img");
  g_assert_cmpstr (domuimg_domain_disk_get_format (disk), ==, "raw");
  g_assert_cmpstr (domuimg_domain_disk_get_vdev (disk), ==, "hda");
  g_assert_false (domuimg_domain_disk_get_readonly (disk));
  g_assert_true (domuimg_domain_disk_get_cdrom (cdrom));
  g_assert_cmpstr (domuimg_domain_disk_get_vdev (cdrom), ==, "hdc");
  g_assert_cmpstr (domuimg_domain_nic_get_mac (nic_of (domain)), ==, "00:16:3e:01:02:03");
  g_assert_cmpstr (domuimg_domain_get_serial (domain), ==, "pty");
  g_assert_cmpint (domuimg_domain_get_graphics (domain), ==, DOMUIMG_GRAPHICS_VNC);
  g_assert_cmpstr (domuimg_domain_get_graphics_listen (domain), ==, "0.0.0.0");
  g_assert_cmpstr (domuimg_domain_get_on_crash (domain), ==, "restart");
  g_assert_cmpstr (domuimg_domain_get_extra (domain, "boot"), ==, "\"dc\"");
}

static void
test_old_pv (void)
{
  g_autofree char *text = fixture_text ("xen-tools.cfg");
  g_autoptr (DomuimgDomain) domain = read_text (text);
  DomuimgDomainNic *nic = nic_of (domain);

  g_assert_cmpint (domuimg_domain_get_guest_type (domain), ==, DOMUIMG_GUEST_TYPE_PV);
  g_assert_cmpuint (domuimg_domain_get_vcpus (domain), ==, 2);
  g_assert_cmpstr (domuimg_domain_get_cmdline (domain), ==,
                   "root=/dev/xvda2 ro elevator=noop console=hvc0");
  g_assert_cmpstr (domuimg_domain_disk_get_target (disk_of (domain, 0)), ==, "/dev/vg0/web1-disk");
  g_assert_cmpstr (domuimg_domain_disk_get_vdev (disk_of (domain, 1)), ==, "xvda1");
  g_assert_cmpstr (domuimg_domain_nic_get_mac (nic), ==, "00:16:3e:aa:bb:cc");
  g_assert_cmpstr (domuimg_domain_nic_get_bridge (nic), ==, "br0");
  g_assert_cmpint (domuimg_domain_get_graphics (domain), ==, DOMUIMG_GRAPHICS_NONE);
}

/* What the model has no place for comes out again. */
static void
test_nothing_is_lost (void)
{
  g_autofree char *text = fixture_text ("pvh.cfg");
  g_autoptr (DomuimgDomain) domain = read_text (text);
  g_autoptr (GError) error = NULL;
  g_autofree char *written = domuimg_domain_to_xl_cfg (domain, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (domuimg_domain_disk_get_target (disk_of (domain, 0)), ==,
                   "/srv/a=b,c:d.qcow2");
  g_assert_nonnull (strstr (written, "access=rw,discard,target=/srv/a=b,c:d.qcow2"));
  g_assert_nonnull (strstr (written, "script=vif-openvswitch,rate=10Mb/s@20ms,mtu=9000"));
  g_assert_nonnull (strstr (written, "vncdisplay=4,vncunused=0,keymap=de"));
  g_assert_nonnull (strstr (written, "cpus = [\n    \"0-3\",\n    \"^1\",\n]\n"));
  assert_comes_back (domain);
}

static void
test_defaults_are_those_of_xl (void)
{
  g_autoptr (DomuimgDomain) pv = read_text ("name='a'\nkernel='/k'\nvif=['']\n");
  g_autoptr (DomuimgDomain) ballooned
      = read_text ("name='a'\ntype='p'\nkernel='/k'\nmaxmem=700\n");
  g_autoptr (DomuimgDomain) hvm = read_text ("name='a'\ntype=''\n");
  g_autoptr (DomuimgDomain) args
      = read_text ("name='a'\nbootloader='pygrub'\nbootloader_args=['-q','--offset=1']\n");

  g_assert_cmpint (domuimg_domain_get_guest_type (pv), ==, DOMUIMG_GUEST_TYPE_PV);
  g_assert_cmpuint (domuimg_domain_get_memory (pv), ==, 32);
  g_assert_cmpuint (domuimg_domain_get_vcpus (pv), ==, 1);
  g_assert_cmpstr (domuimg_domain_get_on_reboot (pv), ==, "restart");
  g_assert_true (g_str_has_prefix (domuimg_domain_nic_get_mac (nic_of (pv)), "00:16:3e:"));
  g_assert_cmpint (domuimg_domain_get_guest_type (ballooned), ==, DOMUIMG_GUEST_TYPE_PV);
  g_assert_cmpuint (domuimg_domain_get_memory (ballooned), ==, 700);
  g_assert_cmpint (domuimg_domain_get_guest_type (hvm), ==, DOMUIMG_GUEST_TYPE_HVM);
  g_assert_cmpint (domuimg_domain_get_graphics (hvm), ==, DOMUIMG_GRAPHICS_VNC);
  g_assert_cmpstr (domuimg_domain_get_bootloader_args (args), ==, "-q --offset=1");
}

static void
test_the_last_of_two_settings_counts (void)
{
  g_autoptr (DomuimgDomain) domain
      = read_text ("name='a'\nkernel='/k'\ncpus='1'\nmemory=64\ncpus='2'\ncpus+=',3'\n"
                   "memory=128\ndescription='tab\\there'\n");
  g_auto (GStrv) extra = domuimg_domain_list_extra (domain);

  g_assert_cmpuint (domuimg_domain_get_memory (domain), ==, 128);
  g_assert_cmpuint (g_strv_length (extra), ==, 1);
  g_assert_cmpstr (domuimg_domain_get_cpus (domain), ==, "2,3");
  g_assert_cmpstr (domuimg_domain_get_extra (domain, "description"), ==, "\"tab\\there\"");
  assert_comes_back (domain);
}

static void
test_firmware_goes_before_bios (void)
{
  static const struct {
    const char *text;
    const char *firmware;
  } cases[] = {
    { "bios='ovmf'", "ovmf" },
    { "bios='ovmf'\nfirmware='bios'", "ovmf" },
    { "bios='ovmf'\nfirmware='seabios'", "seabios" },
    { "firmware='uefi'", "uefi" },
    { "memory=1", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("name='a'\ntype='hvm'\n%s\n", cases[i].text);
      g_autoptr (DomuimgDomain) domain = read_text (text);

      g_assert_cmpstr (domuimg_domain_get_firmware (domain), ==, cases[i].firmware);
    }
}

static void
test_what_xl_refuses_is_an_error (void)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
    { "name = 'a'\nmemory = \n", "t.cfg:2:10: " },
    { "memory = 128\n", "t.cfg: the guest has no name" },
    { "name='a'\n\ndisk=[\n'/a,raw,xvda,w',\n'/b,raw'\n]\n", "t.cfg:5: disk “/b,raw”: " },
    { "name='a'\ntype='xen'\n", "t.cfg:2: “xen” is not a type" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (domuimg_domain_new_from_xl_cfg (cases[i].text, "t.cfg", &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
      g_test_message ("%s", error->message);
      g_assert_true (g_str_has_prefix (error->message, cases[i].message));
    }
}

/* Whether both took it, and for the same disk. */
static gboolean
assert_same_disk (Judge *judge, const char *text)
{
  g_autofree char *problem = NULL;
  g_autoptr (DomuimgDomainDisk) disk = domuimg_xl_disk_parse (text, &problem);
  JudgeDisk judged = { NULL };
  gboolean taken = judge_disk (judge, text, &judged);
  guint number;
  /* libxl's own refusals, which libxlutil leaves to it. */
  gboolean refused_later
      = taken
        && (!domuimg_vdev_number (judged.vdev, &number)
            || (!judged.cdrom && (judged.target == NULL || *judged.target == '\0'))
            || (judged.empty && judged.target != NULL && *judged.target != '\0'));

  if ((disk != NULL) != (taken && !refused_later))
    g_error ("%s: %s by libxlutil, here %s", text, taken ? "taken" : "refused",
             disk != NULL ? "taken" : problem);
  if (disk != NULL)
    {
      const char *backend = domuimg_domain_disk_get_backendtype (disk);
      const char *target = domuimg_domain_disk_get_target (disk);

      g_assert_cmpstr (domuimg_domain_disk_get_vdev (disk), ==, judged.vdev);
      g_assert_cmpstr (target != NULL ? target : "", ==, judged.target != NULL ? judged.target : "");
      if (!judged.empty)
        g_assert_cmpstr (domuimg_domain_disk_get_format (disk), ==, judged.format);
      g_assert_cmpstr (backend != NULL ? backend : "unknown", ==, judged.backend);
      g_assert_true (domuimg_domain_disk_get_readonly (disk) == !judged.readwrite);
      g_assert_true (domuimg_domain_disk_get_cdrom (disk) == judged.cdrom);
    }
  judge_disk_clear (&judged);
  return disk != NULL;
}

static gboolean
skip_without_judge (void)
{
  if (judge_is_there ())
    return FALSE;
  g_test_skip ("libxlutil (libxen-dev) was not there when the tests were built");
  return TRUE;
}

static void
test_disks_are_judged_alike (void)
{
  static const struct {
    const char *text;
    gboolean good;
  } cases[] = {
    { "/dev/vg/guest-volume,,xvda", TRUE },
    { "/dev/vg/guest-volume,raw,xvda,rw", TRUE },
    { "format=raw, vdev=xvda, access=rw, target=/dev/vg/guest-volume", TRUE },
    { "raw:/dev/vg/guest-volume,xvda,w", TRUE },
    { "/root/image.iso,,hdc,cdrom", TRUE },
    { "/root/image.iso,,hdc,,cdrom", TRUE },
    { "/root/image.iso,raw,hdc,devtype=cdrom", TRUE },
    { "format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso", TRUE },
    { "raw:/root/image.iso,hdc:cdrom,ro", TRUE },
    { ",hdc:cdrom,r", TRUE },
    { ",,hdc,cdrom", TRUE },
    { "vdev=hdc,devtype=cdrom", TRUE },
    { "tap:aio:/a,xvda,w", TRUE },
    { "tap:qcow2:/a,xvda,w", TRUE },
    { "tap2:vhd:/a,xvda,w", TRUE },
    { "tapdisk:/a,xvda,w", TRUE },
    { "file:/a,xvda,w", TRUE },
    { "phy:vg/a,xvda,w", TRUE },
    { "ioemu:/a,xvda,w", TRUE },
    { "iscsi:iqn.2001-05.com.equallogic:0-8a0906,xvda,w", TRUE },
    { "nbd:192.0.2.1,xvda,w", TRUE },
    { "/a,qcow2,xvda,w,backendtype=qdisk,discard,direct-io-safe", TRUE },
    { "/a,raw,xvda,w,script=block-nbd,backend=storage", TRUE },
    { "vdev=xvda,target=/a=b,c,", TRUE },
    { "/a,raw,d0p1,w", TRUE },
    { "/a,raw,51712,w", TRUE },
    { "/a,raw,0xca00,w", TRUE },
    { "/a,raw,xvda,specification=virtio,backendtype=standalone", TRUE },
    { "/a,raw,xvda,w,=", TRUE },
    { "/a,raw,xvda,w=", TRUE },
    { "", FALSE },
    { "/a", FALSE },
    { "/a,raw", FALSE },
    { "/a,raw,xvda,w!", FALSE },
    { "/a,raw,xvda,w,x", FALSE },
    { "/a,aio,xvda,w", FALSE },
    { "/a,xvda,w", FALSE },
    { "/a=b,raw,xvda,w", FALSE },
    { "new:/a,xvda,w", FALSE },
    { "/a,raw,hdc:floppy,r", FALSE },
    { "/a,raw,xvda,format=qcow2", FALSE },
    { "/a,raw,xvda,vdev=xvdb", FALSE },
    { "/a,raw,xvda,mode=w", FALSE },
    { "/a,raw,xvda,devtype=tape", FALSE },
    { "/a,raw,xvda,backendtype=blktap", FALSE },
    { "/a,raw,vda,w", FALSE },
    { "/a,raw,sdq,w", FALSE },
    { "/a,raw,hde,w", FALSE },
    { "vdev=xvda", FALSE },
    { "/a,raw,xvda,script=x,script=y", FALSE },
  };
  g_autofree char *message = NULL;
  g_autoptr (Judge) judge = judge_read ("", &message);

  if (skip_without_judge ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].text);
      g_assert_true (assert_same_disk (judge, cases[i].text) == cases[i].good);
    }
}

static void
test_random_disks_are_judged_alike (void)
{
  static const char *const parts[]
      = { "/a",       ",",         ",",         ",",        "raw",          "qcow2",
          "xvda",     "hdc",       ":cdrom",    "cdrom",    "w",            "r",
          "vdev=xvdb", "format=vhd", "access=ro", "target=", "backendtype=qdisk", " ",
          "tap:",     "aio:",      "phy:",      "vhd:",     "x:",           "=",
          "discard",  "no-discard", "script=s", "devtype=disk", "devtype=cdrom", "vdev=",
          "foo=",     "-",         "1",         "colo-port=", "specification=virtio", "iscsi:",
          "e",        "B",         "\t",        "colo" };
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);
  g_autofree char *message = NULL;
  g_autoptr (Judge) judge = judge_read ("", &message);
  guint taken = 0;

  if (skip_without_judge ())
    return;
  for (guint i = 0; i < 80000; i++)
    {
      g_autoptr (GString) text
          = g_string_new (i % 3 == 0 ? "/a,raw,xvda" : i % 3 == 1 ? "vdev=hda,target=/t," : "");
      gint32 n = g_rand_int_range (rand, 0, 8);

      for (gint32 j = 0; j < n; j++)
        g_string_insert (text, g_rand_int_range (rand, 0, text->len + 1),
                         parts[g_rand_int_range (rand, 0, G_N_ELEMENTS (parts))]);
      taken += assert_same_disk (judge, text->str);
    }
  g_test_message ("%u taken", taken);
  g_assert_cmpuint (taken, >, 1000);
}

static void
test_rates_are_judged_alike (void)
{
  static const char *const rates[]
      = { "10Mb/s",     "1MB/s@20ms",   "250KB/s",  "1GB/s",       "10/s",         "b/s",
          "0Mb/s",      "08Mb/s",       "010Mb/s",  "4294967295b/s", "4294967296b/s", "10Mb/s@",
          "10Mb/s@20",  "10Mb/s@4294s", "10Mb/s@4295s", "10Mb/s@20us", "10Mb/s@20m", "10Mb/s@0ms",
          "10Mb/s@1@2", "10mb/s",       "",         "@20ms",       "99999999999999999999b/s" };
  g_autofree char *message = NULL;
  g_autoptr (Judge) judge = judge_read ("", &message);

  if (skip_without_judge ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_autofree char *text = g_strdup_printf ("rate=%s", rates[i]);
      g_autofree char *problem = NULL;
      g_autoptr (DomuimgDomainNic) nic = domuimg_xl_vif_parse (text, &problem);

      g_test_message ("%s", rates[i]);
      g_assert_true ((nic != NULL) == judge_rate (judge, rates[i]));
      g_assert_true ((nic == NULL) == (problem != NULL));
    }
}

static void
test_vifs (void)
{
  static const struct {
    const char *text;
    const char *mac;
    gboolean refused;
    gboolean problem;
  } cases[] = {
    { "", NULL, FALSE, FALSE },
    { " mac=0:16:3E:1:2:3 , bridge=b", "00:16:3e:01:02:03", FALSE, FALSE },
    { "mac=00-16-3e-00-00-01", "00:16:3e:00:00:01", FALSE, FALSE },
    { "mac=00:16:3e", "00:16:3e", FALSE, FALSE },
    { "mac=00:16:3e:00:00:100", "00:16:3e:00:00:100", FALSE, FALSE },
    { "trusted,backend=net", NULL, FALSE, FALSE },
    { "brige=b", NULL, FALSE, TRUE },
    { "bridge", NULL, FALSE, TRUE },
    { "type=pv", NULL, FALSE, TRUE },
    { "mtu=many", NULL, TRUE, TRUE },
    { "devid=x", NULL, TRUE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *problem = NULL;
      g_autoptr (DomuimgDomainNic) nic = domuimg_xl_vif_parse (cases[i].text, &problem);

      g_test_message ("%s: %s", cases[i].text, problem);
      g_assert_true ((nic == NULL) == cases[i].refused);
      g_assert_true ((problem != NULL) == cases[i].problem);
      if (nic != NULL)
        g_assert_cmpstr (domuimg_domain_nic_get_mac (nic), ==, cases[i].mac);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/domain/read/what-is-written-is-read", test_what_is_written_is_read);
  g_test_add_func ("/domain/read/old-hvm", test_old_hvm);
  g_test_add_func ("/domain/read/old-pv", test_old_pv);
  g_test_add_func ("/domain/read/nothing-is-lost", test_nothing_is_lost);
  g_test_add_func ("/domain/read/defaults-are-those-of-xl", test_defaults_are_those_of_xl);
  g_test_add_func ("/domain/read/the-last-of-two-settings-counts",
                   test_the_last_of_two_settings_counts);
  g_test_add_func ("/domain/read/firmware-goes-before-bios", test_firmware_goes_before_bios);
  g_test_add_func ("/domain/read/what-xl-refuses-is-an-error", test_what_xl_refuses_is_an_error);
  g_test_add_func ("/domain/read/disks-are-judged-alike", test_disks_are_judged_alike);
  g_test_add_func ("/domain/read/random-disks-are-judged-alike",
                   test_random_disks_are_judged_alike);
  g_test_add_func ("/domain/read/rates-are-judged-alike", test_rates_are_judged_alike);
  g_test_add_func ("/domain/read/vifs", test_vifs);
  return g_test_run ();
}
