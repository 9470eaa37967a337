/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/domain-fixtures.h"

static DomuimgDomain *
guest (const char *name, DomuimgGuestType type)
{
  g_autoptr (GError) error = NULL;
  DomuimgDomain *self = domuimg_domain_new (name, &error);

  g_assert_no_error (error);
  domuimg_domain_set_uuid (self, "6F6D75E5-3C31-4E1F-9A60-21D0B5A3D6C1");
  domuimg_domain_set_guest_type (self, type);
  return self;
}

static void
add_disk (DomuimgDomain *self, const char *target, const char *vdev, const char *format)
{
  g_autoptr (DomuimgDomainDisk) disk = domuimg_domain_disk_new (target, vdev);

  domuimg_domain_disk_set_format (disk, format);
  domuimg_domain_add_disk (self, disk);
}

DomuimgDomain *
fixture_pv (void)
{
  DomuimgDomain *self = guest ("web1", DOMUIMG_GUEST_TYPE_PV);
  g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new ("00:16:3E:12:34:56");

  domuimg_domain_set_kernel (self, "/srv/xen/web1.vmlinuz");
  domuimg_domain_set_ramdisk (self, "/srv/xen/web1.initrd.img");
  domuimg_domain_set_cmdline (self, "root=/dev/xvda ro console=hvc0 module.opt=\"a b\"");
  add_disk (self, "/srv/xen/web1.img", "xvda", NULL);
  domuimg_domain_nic_set_bridge (nic, "xenbr0");
  domuimg_domain_add_nic (self, nic);
  return self;
}

DomuimgDomain *
fixture_pvh (void)
{
  static const char *const pins[] = { "0-3", "5", NULL };
  DomuimgDomain *self = guest ("db-2.example", DOMUIMG_GUEST_TYPE_PVH);
  g_autoptr (DomuimgDomainNic) first = domuimg_domain_nic_new ("00:16:3e:00:00:01");
  g_autoptr (DomuimgDomainNic) second = domuimg_domain_nic_new ("00:16:3e:00:00:02");

  domuimg_domain_set_memory (self, 1024);
  domuimg_domain_set_maxmem (self, 4096);
  domuimg_domain_set_vcpus (self, 2);
  domuimg_domain_set_maxvcpus (self, 8);
  domuimg_domain_set_kernel (self, "/srv/xen/db-2.vmlinuz");
  domuimg_domain_set_cmdline (self, "root=UUID=0b7c console=hvc0 <&> \"it's\" C:\\x");
  add_disk (self, "/dev/vg0/db,2:root", "xvda1", "raw");
  add_disk (self, "/srv/xen/db data,", "xvdb", "qcow2");
  domuimg_domain_nic_set_ip (first, "192.0.2.7 2001:db8::7");
  domuimg_domain_nic_set_script (first, "vif-route");
  domuimg_domain_nic_set_vifname (first, "db2.0");
  domuimg_domain_nic_set_rate (first, "10Mb/s@20ms");
  domuimg_domain_add_nic (self, first);
  domuimg_domain_add_nic (self, second);
  domuimg_domain_set_graphics (self, DOMUIMG_GRAPHICS_VNC, NULL, 0);
  domuimg_domain_set_on_crash (self, "coredump-restart");
  domuimg_domain_add_extra (self, "tsc_mode", "\"native\"");
  domuimg_domain_add_extra (self, "cpu_weight", "512");
  domuimg_domain_set_vcpu_cpus (self, pins);
  return self;
}

DomuimgDomain *
fixture_hvm (void)
{
  DomuimgDomain *self = guest ("old_box", DOMUIMG_GUEST_TYPE_HVM);
  g_autoptr (DomuimgDomainDisk) cdrom = domuimg_domain_disk_new (NULL, "hdc");
  g_autoptr (DomuimgDomainDisk) data = domuimg_domain_disk_new ("/srv/data.raw", "xvdb");
  g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new ("00:16:3e:00:00:03");

  add_disk (self, "/srv/xen/old.qcow2", "hda", "qcow2");
  domuimg_domain_disk_set_readonly (data, TRUE);
  domuimg_domain_disk_set_backendtype (data, "qdisk");
  domuimg_domain_add_disk (self, data);
  domuimg_domain_disk_set_cdrom (cdrom, TRUE);
  domuimg_domain_add_disk (self, cdrom);
  domuimg_domain_nic_set_bridge (nic, "br-lan");
  domuimg_domain_nic_set_model (nic, "e1000");
  domuimg_domain_add_nic (self, nic);
  domuimg_domain_set_firmware (self, "bios");
  domuimg_domain_set_graphics (self, DOMUIMG_GRAPHICS_VNC, "0.0.0.0", 5907);
  domuimg_domain_set_on_poweroff (self, "preserve");
  return self;
}

DomuimgDomain *
fixture_bootloader (void)
{
  DomuimgDomain *self = guest ("grub", DOMUIMG_GUEST_TYPE_PV);

  domuimg_domain_set_bootloader (self, "/usr/lib/xen-4.17/bin/pygrub");
  domuimg_domain_set_bootloader_args (self, "--offset=1048576");
  domuimg_domain_set_cmdline (self, "quiet");
  add_disk (self, "/srv/xen/grub.img", "xvda", NULL);
  domuimg_domain_set_graphics (self, DOMUIMG_GRAPHICS_SDL, NULL, 0);
  return self;
}

char *
golden_read (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "golden", "domain", name,
                                                 NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

void
golden_compare (const char *name, const char *text)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "golden", "domain", name,
                                                  NULL);
  g_autofree char *expected = NULL;
  g_autoptr (GError) error = NULL;

  if (g_getenv ("DOMUIMG_UPDATE_GOLDEN") != NULL)
    g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  expected = golden_read (name);
  g_assert_cmpstr (text, ==, expected);
}
