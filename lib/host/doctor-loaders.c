/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

/* What starts a guest's kernel, beside Xen itself. */

static const struct {
  const char *id;
  const char *name;
  const char *patterns[4];
  const char *why;
  const char *package;
} loaders[] = {
  { "loader-grub-pv", "GRUB for PV guests",
    { "/usr/lib/grub-xen/grub-x86_64-xen.bin", "/usr/lib/xen*/boot/pv-grub-x86_64.gz" },
    "--kernel pvgrub --type pv", "grub-xen-host" },
  { "loader-grub-pvh", "GRUB for PVH guests", { "/usr/lib/grub-xen/grub-i386-xen_pvh.bin" },
    "--kernel pvgrub --type pvh", "grub-xen-host" },
  { "loader-pygrub", "pygrub",
    { "/usr/lib/xen-*/bin/pygrub", "/usr/libexec/xen/bin/pygrub", "/usr/lib/xen/bin/pygrub",
      "/usr/bin/pygrub" },
    "--kernel pygrub", "xen-system-amd64" },
  { "loader-hvmloader", "hvmloader",
    { "/usr/lib/xen-*/boot/hvmloader", "/usr/libexec/xen/boot/hvmloader",
      "/usr/lib/xen/boot/hvmloader" },
    "guests of type hvm", "xen-system-amd64" },
  { "loader-qemu", "QEMU as a Xen device model",
    { "/usr/libexec/xen-qemu-system-i386", "/usr/lib/xen*/bin/qemu-system-i386",
      "/usr/bin/qemu-system-i386", "/usr/bin/qemu-system-x86_64" },
    "guests of type hvm, and disks that are not raw", "qemu-system-xen" },
  { "loader-seabios", "SeaBIOS",
    { "/usr/share/seabios/bios-256k.bin", "/usr/share/seabios/bios.bin",
      "/usr/lib/xen*/boot/seabios.bin" },
    "guests of type hvm", "seabios" },
  { "loader-ovmf", "OVMF",
    { "/usr/share/ovmf/OVMF.fd", "/usr/lib/xen*/boot/ovmf.bin", "/usr/libexec/xen/boot/ovmf.bin",
      "/usr/share/edk2/ovmf/OVMF.fd" },
    "guests of type hvm that start by UEFI", "ovmf" },
};

void
domuimg_doctor_look_at_loaders (DomuimgDoctor *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (loaders); i++)
    {
      g_autofree char *path = NULL;

      for (guint j = 0; path == NULL && j < G_N_ELEMENTS (loaders[i].patterns)
                        && loaders[i].patterns[j] != NULL; j++)
        path = domuimg_doctor_find_file (self, loaders[i].patterns[j]);
      domuimg_doctor_add (self, loaders[i].id, path != NULL, DOMUIMG_SEVERITY_INFO,
                          path != NULL ? g_strdup_printf ("%s: %s", loaders[i].name, path)
                                       : g_strdup_printf ("%s is not installed", loaders[i].name),
                          loaders[i].why, domuimg_doctor_install (self, loaders[i].package));
    }
}
