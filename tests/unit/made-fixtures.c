/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/made-fixtures.h"

#include <string.h>

#include "tests/unit/kernel-fixtures.h"

static DomuimgDomain *
domain_new (void)
{
  g_autoptr (DomuimgDomainDisk) disk = domuimg_domain_disk_new ("/nowhere/web1.img", "xvda");
  g_autoptr (GError) error = NULL;
  DomuimgDomain *domain = domuimg_domain_new ("web1", &error);

  g_assert_no_error (error);
  domuimg_domain_set_guest_type (domain, DOMUIMG_GUEST_TYPE_PVH);
  domuimg_domain_set_memory (domain, 512);
  domuimg_domain_set_kernel (domain, MADE_KERNEL);
  domuimg_domain_set_ramdisk (domain, MADE_RAMDISK);
  domuimg_domain_set_cmdline (domain, "root=UUID=" ROOT_UUID " ro console=hvc0");
  domuimg_domain_add_disk (domain, disk);
  return domain;
}

void
made_init (Made *self, const char *fixture, const char *modules)
{
  g_autoptr (GBytes) bytes = bzimage_of_linux (MADE_VERSION, TRUE, TRUE);
  g_autoptr (GBytes) cpio
      = cpio_new ("init", "x", "lib/modules/" MADE_VERSION "/xen-blkfront.ko", "x",
                  "lib/modules/" MADE_VERSION "/modules.builtin", modules, NULL);
  g_autoptr (GError) error = NULL;

  memset (self, 0, sizeof *self);
  if (g_str_equal (fixture, SYSTEMD))
    guest_init_programs (&self->guest);
  else
    guest_init (&self->guest, fixture);
  self->domain = domain_new ();
  self->kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);
  g_assert_no_error (error);
  self->initramfs = domuimg_initramfs_new_for_bytes (cpio, "initrd", &error);
  g_assert_no_error (error);
  self->made = (DomuimgMade){ .domain = self->domain,
                              .devices = self->guest.machine->devices,
                              .kernel = self->kernel,
                              .initramfs = self->initramfs };
}

void
made_clear (Made *self)
{
  g_object_unref (self->domain);
  g_object_unref (self->kernel);
  domuimg_initramfs_free (self->initramfs);
  guest_clear (&self->guest);
}
